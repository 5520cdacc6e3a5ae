// Repositories, files and labels as GitHub writes them into answers and webhooks.
import type { components } from '@octokit/openapi-types';
import type { Blob } from '../git-objects.ts';
import type { Instance } from '../instance.ts';
import { nodeId } from '../node-ids.ts';
import type { Label, Repository } from '../state.ts';
import { simpleUser } from './account-shape.ts';
import { timestamp } from './timestamp.ts';

type Schemas = components['schemas'];

export function apiUrl(instance: Instance, { owner, name }: Repository): string {
  return `${instance.origin()}/api/v3/repos/${owner.login}/${name}`;
}

export function webUrl(instance: Instance, { owner, name }: Repository): string {
  return `${instance.origin()}/${owner.login}/${name}`;
}

export function repositoryShape(instance: Instance, repository: Repository) {
  const { id, name, owner } = repository;
  const html = webUrl(instance, repository);
  const openIssues = repository.issues.filter((issue) => issue.state === 'open').length;
  return {
    id,
    node_id: nodeId('Repository', id),
    name,
    full_name: `${owner.login}/${name}`,
    private: repository.private,
    owner: simpleUser(instance, owner),
    html_url: html,
    description: repository.description,
    fork: false,
    ...linkUrls(apiUrl(instance, repository)),
    git_url: `${html.replace(/^https?/, 'git')}.git`,
    ssh_url: `git@${new URL(html).hostname}:${owner.login}/${name}.git`,
    clone_url: `${html}.git`,
    svn_url: html,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    size: 0,
    stargazers_count: 0,
    watchers_count: 0,
    watchers: 0,
    forks_count: 0,
    forks: 0,
    open_issues_count: openIssues,
    open_issues: openIssues,
    has_issues: true,
    has_projects: false,
    has_downloads: false,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    archived: repository.archived,
    disabled: false,
    allow_forking: false,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    visibility: repository.private ? ('private' as const) : ('public' as const),
    default_branch: repository.defaultBranch,
    created_at: timestamp(repository.createdAt),
    updated_at: timestamp(repository.updatedAt),
    pushed_at: timestamp(repository.pushedAt),
  } satisfies Schemas['repository'];
}

export function fullRepository(
  instance: Instance,
  repository: Repository,
): Schemas['full-repository'] {
  return {
    ...repositoryShape(instance, repository),
    organization: simpleUser(instance, repository.owner),
    network_count: 0,
    subscribers_count: 0,
  };
}

export function labelShape(instance: Instance, repository: Repository, label: Label) {
  return {
    id: label.id,
    node_id: nodeId('Label', label.id),
    url: `${apiUrl(instance, repository)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    default: false,
    description: label.description,
  } satisfies Schemas['label'];
}

/** A file without its content, as directories list it. */
export function fileEntry(
  instance: Instance,
  repository: Repository,
  file: { path: string; ref: string; blob: Blob },
) {
  const { path, ref, blob } = file;
  const self = `${apiUrl(instance, repository)}/contents/${encodeURI(path)}?ref=${ref}`;
  const git = `${apiUrl(instance, repository)}/git/blobs/${blob.sha}`;
  const html = `${webUrl(instance, repository)}/blob/${ref}/${encodeURI(path)}`;
  return {
    type: 'file' as const,
    name: path.slice(path.lastIndexOf('/') + 1),
    path,
    sha: blob.sha,
    size: blob.bytes.length,
    url: self,
    git_url: git,
    html_url: html,
    download_url: `${webUrl(instance, repository)}/raw/${ref}/${encodeURI(path)}`,
    _links: { self, git, html },
  };
}

/** GitHub breaks base64 into lines of 60 characters. */
export function base64Lines(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,60}/g) ?? [];
  return lines.map((line) => `${line}\n`).join('');
}

function linkUrls(url: string) {
  return {
    url,
    archive_url: `${url}/{archive_format}{/ref}`,
    assignees_url: `${url}/assignees{/user}`,
    blobs_url: `${url}/git/blobs{/sha}`,
    branches_url: `${url}/branches{/branch}`,
    collaborators_url: `${url}/collaborators{/collaborator}`,
    comments_url: `${url}/comments{/number}`,
    commits_url: `${url}/commits{/sha}`,
    compare_url: `${url}/compare/{base}...{head}`,
    contents_url: `${url}/contents/{+path}`,
    contributors_url: `${url}/contributors`,
    deployments_url: `${url}/deployments`,
    downloads_url: `${url}/downloads`,
    events_url: `${url}/events`,
    forks_url: `${url}/forks`,
    git_commits_url: `${url}/git/commits{/sha}`,
    git_refs_url: `${url}/git/refs{/sha}`,
    git_tags_url: `${url}/git/tags{/sha}`,
    hooks_url: `${url}/hooks`,
    issue_comment_url: `${url}/issues/comments{/number}`,
    issue_events_url: `${url}/issues/events{/number}`,
    issues_url: `${url}/issues{/number}`,
    keys_url: `${url}/keys{/key_id}`,
    labels_url: `${url}/labels{/name}`,
    languages_url: `${url}/languages`,
    merges_url: `${url}/merges`,
    milestones_url: `${url}/milestones{/number}`,
    notifications_url: `${url}/notifications{?since,all,participating}`,
    pulls_url: `${url}/pulls{/number}`,
    releases_url: `${url}/releases{/id}`,
    stargazers_url: `${url}/stargazers`,
    statuses_url: `${url}/statuses/{sha}`,
    subscribers_url: `${url}/subscribers`,
    subscription_url: `${url}/subscription`,
    tags_url: `${url}/tags`,
    teams_url: `${url}/teams`,
    trees_url: `${url}/git/trees{/sha}`,
  };
}
