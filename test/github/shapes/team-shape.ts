// Teams as GitHub writes them into answers and webhooks.
import type { components } from '@octokit/openapi-types';
import type { Instance } from '../instance.ts';
import { teamMembers } from '../membership.ts';
import { nodeId } from '../node-ids.ts';
import type { Organization, Team } from '../state.ts';
import { publicUser, simpleOrganization } from './account-shape.ts';
import { timestamp } from './timestamp.ts';

export function teamUrl(instance: Instance, { account }: Organization, team: Team): string {
  return `${instance.origin()}/api/v3/organizations/${account.id}/team/${team.id}`;
}

/** The short form, without what stands above it. */
export function simpleTeam(instance: Instance, organization: Organization, team: Team) {
  const { account } = organization;
  const url = teamUrl(instance, organization, team);
  return {
    id: team.id,
    node_id: nodeId('Team', team.id),
    url,
    html_url: `${instance.origin()}/orgs/${account.login}/teams/${team.slug}`,
    name: team.name,
    slug: team.slug,
    description: null,
    privacy: team.privacy,
    notification_setting: team.notifies
      ? ('notifications_enabled' as const)
      : ('notifications_disabled' as const),
    permission: 'pull',
    members_url: `${url}/members{/member}`,
    repositories_url: `${url}/repos`,
    type: 'organization' as const,
    organization_id: account.id,
  } satisfies components['schemas']['team-simple'];
}

export function fullTeam(
  instance: Instance,
  organization: Organization,
  team: Team,
): components['schemas']['team-full'] {
  const { account } = organization;
  return {
    ...simpleTeam(instance, organization, team),
    parent: team.parent && simpleTeam(instance, organization, team.parent),
    members_count: teamMembers(organization, team).size,
    repos_count: team.repositories.size,
    created_at: timestamp(team.createdAt),
    updated_at: timestamp(team.createdAt),
    organization: {
      ...publicUser(instance, account),
      ...simpleOrganization(instance, organization),
      name: account.name ?? account.login,
      company: '',
      blog: '',
      location: '',
      email: '',
      has_organization_projects: false,
      has_repository_projects: false,
      type: 'Organization',
      archived_at: null,
    },
  };
}
