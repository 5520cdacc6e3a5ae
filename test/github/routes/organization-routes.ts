// Organisations, their members, teams and memberships; and the accounts themselves.
// Teams are also asked for by numeric ids: server.ts leads `/organizations/{org_id}/team/…` here.
import { requireMembersRead } from '../access.ts';
import type { Call } from '../call.ts';
import { endpoint, type Api } from '../endpoint.ts';
import { writerOf } from '../issue-actions.ts';
import { membershipOf, teamMembers, teamMembershipOf } from '../membership.ts';
import { pageOf } from '../paging.ts';
import { refuse } from '../refusals.ts';
import { publicUser, simpleOrganization, simpleUser } from '../shapes/account-shape.ts';
import { fullTeam, teamUrl } from '../shapes/team-shape.ts';
import { findAccount, findOrganization, type Organization, type Team } from '../state.ts';
import { timestamp } from '../shapes/timestamp.ts';

export function mountOrganizationRoutes(api: Api): void {
  mountMembers(api);
  mountTeams(api);
  mountAccounts(api);
}

function mountMembers(api: Api): void {
  endpoint(api, 'get', '/orgs/{org}/members/{username}', async (call) => {
    const organization = organizationFor(call);
    const account = findAccount(call.instance.state, call.params.username);
    if (!account || !membershipOf(organization, account)) throw refuse.notFound();
    return { status: 204, body: null };
  });

  endpoint(api, 'get', '/orgs/{org}/memberships/{username}', async (call) => {
    const organization = organizationFor(call);
    const { instance, params } = call;
    const account = findAccount(instance.state, params.username);
    const membership = account && organization.members.get(account.id);
    if (!account || !membership) throw refuse.notFound();
    const shape = simpleOrganization(instance, organization);
    return {
      status: 200,
      body: {
        url: `${shape.url}/memberships/${account.login}`,
        state: membership.state,
        role: membership.role,
        organization_url: shape.url,
        organization: shape,
        user: simpleUser(instance, account),
      },
    };
  });
}

function mountTeams(api: Api): void {
  endpoint(api, 'get', '/orgs/{org}/teams/{team_slug}', async (call) => {
    const { organization, team } = teamFor(call);
    return { status: 200, body: fullTeam(call.instance, organization, team) };
  });

  endpoint(api, 'get', '/orgs/{org}/teams/{team_slug}/members', async (call) => {
    const { organization, team } = teamFor(call);
    const wanted = call.url.searchParams.get('role') ?? 'all';
    const members = [...teamMembers(organization, team)]
      .filter(([, { role }]) => wanted === 'all' || role === wanted)
      .flatMap(([id]) => call.instance.state.accounts.get(id) ?? []);
    const body = pageOf(call, members).map((one) => simpleUser(call.instance, one));
    return { status: 200, body };
  });

  endpoint(api, 'get', '/orgs/{org}/teams/{team_slug}/memberships/{username}', async (call) => {
    const { organization, team } = teamFor(call);
    const account = findAccount(call.instance.state, call.params.username);
    const membership = account && teamMembershipOf(organization, team, account);
    if (!account || !membership) throw refuse.notFound();
    const url = `${teamUrl(call.instance, organization, team)}/memberships/${account.login}`;
    return { status: 200, body: { url, ...membership } };
  });
}

function mountAccounts(api: Api): void {
  endpoint(api, 'get', '/user', async ({ instance, actor }) => {
    if (actor.kind === 'anonymous') throw refuse.requiresAuthentication();
    if (actor.kind !== 'user') throw refuse.notAccessible({});
    return { status: 200, body: publicUser(instance, actor.account) };
  });

  endpoint(api, 'get', '/user/{account_id}', async ({ instance, params }) => {
    const account = instance.state.accounts.get(Number(params.account_id));
    if (!account) throw refuse.notFound();
    return { status: 200, body: publicUser(instance, account) };
  });

  endpoint(api, 'get', '/users/{username}', async ({ instance, params }) => {
    const account = findAccount(instance.state, params.username);
    if (!account) throw refuse.notFound();
    return { status: 200, body: publicUser(instance, account) };
  });

  endpoint(api, 'get', '/users/{username}/keys', async (call) => {
    const account = findAccount(call.instance.state, call.params.username);
    if (!account) throw refuse.notFound();
    const body = pageOf(call, account.keys).map(({ id, key, createdAt }) => ({
      id,
      key,
      created_at: timestamp(createdAt),
    }));
    return { status: 200, body };
  });
}

/** The organisation, when the caller may know who is in it. */
function organizationFor(call: Call<'org'>): Organization {
  const found = findOrganization(call.instance.state, call.params.org);
  if (!found) throw refuse.notFound();
  requireMembersRead(call.instance.state, call.actor, found);
  return found;
}

function teamFor(call: Call<'org' | 'team_slug'>): { organization: Organization; team: Team } {
  writerOf(call.actor);
  const organization = organizationFor(call);
  const team = organization.teams.get(call.params.team_slug);
  if (!team) throw refuse.notFound();
  return { organization, team };
}
