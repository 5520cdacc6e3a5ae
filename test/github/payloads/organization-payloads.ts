// The payloads of what happens in an organisation: who belongs to it, to its teams, and the teams themselves.
import type { components } from '@octokit/openapi-webhooks-types';
import { simpleOrganization, simpleUser } from '../shapes/account-shape.ts';
import { simpleTeam } from '../shapes/team-shape.ts';
import type { Account, Membership, Organization, Team } from '../state.ts';
import { inOrganization, type Happening, type Payload } from './happening.ts';

export function organizationPayload(
  happening: Happening,
  organization: Organization,
  news: {
    action: 'member_added' | 'member_removed';
    account: Account;
    membership: Membership;
  },
): Payload<'webhook-organization-member-added'> | Payload<'webhook-organization-member-removed'> {
  const { instance } = happening;
  const { account } = news;
  const { url } = simpleOrganization(instance, organization);
  const membership = {
    url: `${url}/memberships/${account.login}`,
    organization_url: url,
    role: news.membership.role,
    state: news.membership.state,
    user: simpleUser(instance, account),
  };
  return { action: news.action, membership, ...inOrganization(happening, organization) };
}

/** `from`: its login until now. */
export function renamedPayload(
  happening: Happening,
  organization: Organization,
  from: string,
): Payload<'webhook-organization-renamed'> {
  const changes = { login: { from } };
  return { action: 'renamed', changes, ...inOrganization(happening, organization) };
}

export function membershipPayload(
  happening: Happening,
  organization: Organization,
  { action, account, team }: { action: 'added' | 'removed'; account: Account; team: Team },
): Payload<'webhook-membership-added'> | Payload<'webhook-membership-removed'> {
  const { instance } = happening;
  return {
    action,
    scope: 'team',
    member: simpleUser(instance, account),
    team: webhookTeam(happening, organization, team),
    ...inOrganization(happening, organization),
  };
}

export type TeamNews =
  { action: 'created' | 'deleted' } | { action: 'edited'; changes: { name?: { from: string } } };

export function teamPayload(
  happening: Happening,
  { organization, team, news }: { organization: Organization; team: Team; news: TeamNews },
):
  | Payload<'webhook-team-created'>
  | Payload<'webhook-team-deleted'>
  | Payload<'webhook-team-edited'> {
  const body = {
    team: webhookTeam(happening, organization, team),
    ...inOrganization(happening, organization),
  };
  return { ...news, ...body };
}

function webhookTeam(
  { instance }: Happening,
  organization: Organization,
  team: Team,
): components['schemas']['webhooks_team'] {
  const parent = team.parent && simpleTeam(instance, organization, team.parent);
  return { ...simpleTeam(instance, organization, team), parent };
}
