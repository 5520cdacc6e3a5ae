// Repositories, their commits and files, and what a person may do in them.
import { posix } from 'node:path';
import type { components } from '@octokit/openapi-types';
import { z } from 'zod';
import { atLeast, isCoveredBy, roleOf } from '../access.ts';
import type { Call } from '../call.ts';
import { endpoint, type Api } from '../endpoint.ts';
import type { Blob, Commit } from '../git-objects.ts';
import type { Instance } from '../instance.ts';
import { commitAt } from '../lookups.ts';
import { writerOf } from '../issue-actions.ts';
import { nodeId } from '../node-ids.ts';
import { refuse } from '../refusals.ts';
import { putFile, removeFile } from '../repository-actions.ts';
import { simpleUser } from '../shapes/account-shape.ts';
import {
  apiUrl,
  base64Lines,
  fileEntry,
  fullRepository,
  webUrl,
} from '../shapes/repository-shape.ts';
import { findAccount, findInstallation, type Repository, type Role } from '../state.ts';
import { repositoryFor } from './subjects.ts';
import { timestamp } from '../shapes/timestamp.ts';

const newContent = z.object({
  message: z.string().min(1),
  content: z.base64(),
  sha: z.string().optional(),
  branch: z.string().min(1).optional(),
});
const oldContent = z.object({
  message: z.string().min(1),
  sha: z.string(),
  branch: z.string().min(1).optional(),
});
/** A larger file comes without its content in JSON: only the raw media type has it. */
const maxInlineBytes = 1024 * 1024;
/** A larger one this route does not give at all (docs, "Get repository content", both limits). */
const maxContentBytes = 100 * 1024 * 1024;
const repo = '/repos/{owner}/{repo}';
const metadata = { permission: 'metadata', level: 'read' } as const;

export function mountRepositoryRoutes(api: Api): void {
  mountCommits(api);
  mountCollaborators(api);

  endpoint(api, 'get', repo, async (call) => {
    const repository = repositoryFor(call, metadata);
    return { status: 200, body: fullRepository(call.instance, repository) };
  });

  endpoint(api, 'get', `${repo}/contents/{path}`, async (call) => {
    const repository = repositoryFor(call, { permission: 'contents', level: 'read' });
    const ref = call.url.searchParams.get('ref') ?? repository.defaultBranch;
    const commit = commitAt(repository, ref);
    const { path } = call.params;
    const blob = commit && behindLink(commit, path);
    if (commit && !blob) return { status: 200, body: folderAt(call, repository, { ref, commit }) };
    if (!blob) throw refuse.notFound();
    if (blob.bytes.length > maxContentBytes) throw refuse.tooLarge();
    if (call.accepts('raw')) {
      const type = 'application/vnd.github.raw+json; charset=utf-8';
      return { status: 200, raw: blob.bytes, type };
    }
    return { status: 200, body: contentFile(call.instance, repository, { path, ref, blob }) };
  });

  endpoint(api, 'put', `${repo}/contents/{path}`, async (call) => {
    const need = { permission: 'contents', level: 'write', role: 'write' } as const;
    return written(call, repositoryFor(call, need));
  });

  endpoint(api, 'delete', `${repo}/contents/{path}`, async (call) => {
    const need = { permission: 'contents', level: 'write', role: 'write' } as const;
    return removed(call, repositoryFor(call, need));
  });
}

async function removed(call: Call<'path'>, repository: Repository) {
  const { message, sha, branch = repository.defaultBranch } = await call.body(oldContent);
  const { path } = call.params;
  const known = repository.branches.get(branch)?.files.get(path);
  if (!known) throw refuse.notFound();
  if (sha !== known.sha) throw refuse.conflict(`${path} does not match ${sha}`);
  const { account } = writerOf(call.actor);
  const commit = removeFile(call.instance, repository, { path, branch, message, account });
  const body = { content: null, commit: gitCommit(call.instance, repository, commit) };
  return { status: 200 as const, body };
}

function mountCommits(api: Api): void {
  endpoint(api, 'get', `${repo}/commits/{ref}`, async (call) => {
    const repository = repositoryFor(call, { permission: 'contents', level: 'read' });
    const { ref } = call.params;
    const commit = commitAt(repository, ref);
    if (!commit) throw refuse.unprocessable(`No commit found for SHA: ${ref}`);
    if (call.accepts('sha')) {
      const type = 'application/vnd.github.sha; charset=utf-8';
      return { status: 200, raw: Buffer.from(commit.sha), type };
    }
    return { status: 200, body: commitShape(call.instance, repository, commit) };
  });
}

function mountCollaborators(api: Api): void {
  endpoint(api, 'get', `${repo}/collaborators/{username}/permission`, async (call) => {
    const repository = repositoryFor(call, metadata);
    const { instance, params } = call;
    requireInsight(call, repository);
    const account = findAccount(instance.state, params.username);
    if (account?.type !== 'User') throw refuse.notFound();
    const role = roleOf(instance.state, repository, account);
    const permission = foldedRoles[role];
    const user = { ...simpleUser(instance, account), role_name: role, permissions: flags(role) };
    return { status: 200, body: { permission, role_name: role, user } };
  });
}

/** A link to a file of the repository is answered as that file (docs, "Get repository content"). */
function behindLink({ files }: Commit, path: string): Blob | undefined {
  const found = files.get(path);
  if (found?.mode !== '120000') return found;
  return files.get(posix.join(posix.dirname(path), found.bytes.toString())) ?? found;
}

/** The older scale, into which GitHub folds the newer roles. */
const foldedRoles: Readonly<Record<Role, string>> = {
  none: 'none',
  read: 'read',
  triage: 'read',
  write: 'write',
  maintain: 'write',
  admin: 'admin',
};

async function written(call: Call<'path'>, repository: Repository) {
  const wanted = await call.body(newContent);
  const branch = wanted.branch ?? repository.defaultBranch;
  const head = repository.branches.get(branch);
  if (!head && repository.branches.size > 0) throw refuse.notFound();
  const { path } = call.params;
  const known = head?.files.get(path);
  // Whoever replaces a file says which one they have seen.
  if (known && wanted.sha === undefined) {
    throw refuse.unprocessable(`Invalid request.\n\n"sha" wasn't supplied.`);
  }
  if (wanted.sha !== undefined && wanted.sha !== known?.sha) {
    throw refuse.conflict(`${path} does not match ${wanted.sha}`);
  }
  const { account } = writerOf(call.actor);
  const bytes = Buffer.from(wanted.content, 'base64');
  const file = { path, bytes, branch, message: wanted.message, account };
  const { commit, blob, isNew } = putFile(call.instance, repository, file);
  const content = fileEntry(call.instance, repository, { path, ref: branch, blob });
  const body = { content, commit: gitCommit(call.instance, repository, commit) };
  return isNew ? { status: 201 as const, body } : { status: 200 as const, body };
}

/** Who may do what is told to those who may push, and to an App that was given the repository. */
function requireInsight({ instance: { state }, actor }: Call, repository: Repository): void {
  if (actor.kind === 'anonymous') throw refuse.requiresAuthentication();
  if (actor.kind === 'user') {
    const isReached = actor.app === null || findInstallation(state, repository, actor.app);
    if (isReached && atLeast(roleOf(state, repository, actor.account), 'write')) return;
    throw refuse.forbidden('Must have push access to view collaborator permission.');
  }
  if (actor.kind === 'installation' && isCoveredBy(actor, repository)) return;
  throw refuse.notAccessible({ metadata: 'read' });
}

function contentFile(
  instance: Instance,
  repository: Repository,
  file: { path: string; ref: string; blob: Blob },
): components['schemas']['content-file'] {
  const entry = fileEntry(instance, repository, file);
  if (entry.size > maxInlineBytes) return { ...entry, encoding: 'none', content: '' };
  return { ...entry, encoding: 'base64', content: base64Lines(file.blob.bytes) };
}

function folderAt(
  call: Call<'path'>,
  repository: Repository,
  { ref, commit }: { ref: string; commit: Commit },
): components['schemas']['content-directory'] {
  const prefix = `${call.params.path.replace(/\/$/, '')}/`;
  const inside = [...commit.files].filter(([path]) => path.startsWith(prefix));
  if (inside.length === 0) throw refuse.notFound();
  // Only the files: no caller here walks folders, so the folders below are left out.
  return inside
    .filter(([path]) => !path.slice(prefix.length).includes('/'))
    .map(([path, blob]) => fileEntry(call.instance, repository, { path, ref, blob }));
}

function gitCommit(instance: Instance, repository: Repository, commit: Commit) {
  const { name, email, at } = commit.author;
  const who = { name, email, date: timestamp(at) };
  const url = `${apiUrl(instance, repository)}/git/commits/${commit.sha}`;
  const treeUrl = `${apiUrl(instance, repository)}/git/trees/${commit.tree.sha}`;
  return {
    sha: commit.sha,
    node_id: nodeId('Commit', commit.sha),
    url,
    html_url: `${webUrl(instance, repository)}/commit/${commit.sha}`,
    author: who,
    committer: who,
    message: commit.message,
    tree: { sha: commit.tree.sha, url: treeUrl },
    comment_count: 0,
    parents: parentsOf(instance, repository, commit),
  };
}

function commitShape(instance: Instance, repository: Repository, commit: Commit) {
  const url = `${apiUrl(instance, repository)}/commits/${commit.sha}`;
  return {
    url,
    sha: commit.sha,
    node_id: nodeId('Commit', commit.sha),
    html_url: `${webUrl(instance, repository)}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    commit: gitCommit(instance, repository, commit),
    author: null,
    committer: null,
    parents: parentsOf(instance, repository, commit),
  } satisfies components['schemas']['commit'];
}

function parentsOf(instance: Instance, repository: Repository, { parent }: Commit) {
  if (parent === null) return [];
  const url = `${apiUrl(instance, repository)}/commits/${parent}`;
  return [{ sha: parent, url, html_url: `${webUrl(instance, repository)}/commit/${parent}` }];
}

function flags(role: Role) {
  return {
    pull: atLeast(role, 'read'),
    triage: atLeast(role, 'triage'),
    push: atLeast(role, 'write'),
    maintain: atLeast(role, 'maintain'),
    admin: atLeast(role, 'admin'),
  };
}
