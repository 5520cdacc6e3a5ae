// Groups whose members are those of a GitHub team. Which teams a question leads to is found here, purely; what GitHub
// says of them is joined to the catalog for that one question and kept nowhere.

import type { Group } from './model.ts';
import type { People, Team } from './ownership.ts';

/** The catalog with the members of teams, by the refs of their groups. A team that is not here has no members. */
export function withTeams<Of extends People>(catalog: Of, teams: ReadonlyMap<string, Team>): Of {
  return teams.size === 0 ? catalog : { ...catalog, teams };
}

/** The groups tied to a team that are one of `refs` or lie below one: whoever is in them counts as `refs`. */
export function teamGroupsBelow(people: People, refs: readonly string[]): readonly Group[] {
  const wanted = new Set(refs);
  return [...people.teamGroups].filter(({ ref }) => leadsTo(people, ref, wanted));
}

function leadsTo(people: People, from: string, wanted: ReadonlySet<string>): boolean {
  const seen = new Set<string>();
  const waiting = [from];
  for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
    if (wanted.has(group)) return true;
    if (seen.has(group)) continue;
    seen.add(group);
    for (const parent of people.parentGroups.get(group) ?? []) waiting.push(parent);
  }
  return false;
}

/** The groups of whose members only GitHub knows all: those tied to a team, and all that these count as members of. */
export function refsAboveTeams({ teamGroups, groups, parentGroups }: People): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = teamGroups.map(({ ref }) => ref);
  for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
    if (found.has(group)) continue;
    found.add(group);
    for (const parent of parentGroups.get(group) ?? []) {
      // One that the catalog does not have breaks the chain, and of another team's members GitHub says who they are.
      if (groups.get(parent)?.team === null) waiting.push(parent);
    }
  }
  return found;
}
