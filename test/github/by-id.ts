// Paths that name things by their numeric ids, which survive a renaming: `/repositories/{id}/…`, where a
// redirect leads, and `/organizations/{org_id}/team/{team_id}/…`. Both are the routes by name over again,
// so they are led there; an id that nothing has leads to a name that nothing has, and so to a 404.
import type { State } from './state.ts';

const nobody = '-';

/** The path by name; any other path as it is. */
export function pathByName(state: State, path: string): string {
  const repository = /^\/api\/v3\/repositories\/(\d+)(.*)$/.exec(path);
  if (repository) {
    const found = state.repositories.get(Number(repository[1]));
    const name = found ? `${found.owner.login}/${found.name}` : `${nobody}/${nobody}`;
    return `/api/v3/repos/${name}${repository[2]}`;
  }
  const team = /^\/api\/v3\/organizations\/(\d+)\/team\/(\d+)(.*)$/.exec(path);
  if (!team) return path;
  const organization = state.organizations.get(Number(team[1]));
  const found = organization?.teams.values().find(({ id }) => id === Number(team[2]));
  const login = organization?.account.login ?? nobody;
  return `/api/v3/orgs/${login}/teams/${found?.slug ?? nobody}${team[3]}`;
}
