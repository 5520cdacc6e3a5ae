// Accounts as GitHub writes them into answers and webhooks.
import type { components } from '@octokit/openapi-types';
import type { Instance } from '../instance.ts';
import { nodeId } from '../node-ids.ts';
import { present } from '../lookups.ts';
import { ghost, type Account, type Organization } from '../state.ts';
import { timestamp } from './timestamp.ts';

type Schemas = components['schemas'];

/** The short form; exact enough for answers and webhooks alike. A deleted account is GitHub's ghost. */
export function simpleUser(instance: Instance, written: Account) {
  const account = present(instance.state, written) ?? ghost;
  const { login, id, type } = account;
  const url = `${instance.origin()}/api/v3/users/${encodeURIComponent(login)}`;
  return {
    login,
    id,
    node_id: nodeId(type, id),
    avatar_url: `${instance.origin()}/avatars/u/${id}`,
    gravatar_id: '',
    url,
    html_url: htmlUrl(instance, account),
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    user_view_type: 'public',
    site_admin: false,
  } satisfies Schemas['simple-user'];
}

export function publicUser(instance: Instance, account: Account): Schemas['public-user'] {
  return {
    ...simpleUser(instance, account),
    name: account.name,
    company: null,
    blog: '',
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: timestamp(account.createdAt),
    updated_at: timestamp(account.createdAt),
  };
}

export function simpleOrganization(instance: Instance, { account }: Organization) {
  const url = `${instance.origin()}/api/v3/orgs/${account.login}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId('Organization', account.id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${instance.origin()}/avatars/u/${account.id}`,
    description: account.name,
  } satisfies Schemas['organization-simple'];
}

function htmlUrl(instance: Instance, { login, type }: Account): string {
  const path = type === 'Bot' ? `apps/${login.replace(/\[bot\]$/, '')}` : login;
  return `${instance.origin()}/${path}`;
}
