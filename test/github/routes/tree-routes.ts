// Trees and blobs of git: what a folder of a repository has, or all that is below it, and a file by its hash.
import type { components } from '@octokit/openapi-types';
import type { Call } from '../call.ts';
import { endpoint, type Api } from '../endpoint.ts';
import type { Blob, Tree, TreeEntry } from '../git-objects.ts';
import { commitAt, findBlob } from '../lookups.ts';
import { nodeId } from '../node-ids.ts';
import { refuse } from '../refusals.ts';
import { apiUrl, base64Lines } from '../shapes/repository-shape.ts';
import type { Repository } from '../state.ts';
import { repositoryFor } from './subjects.ts';

/** A recursive listing is cut off at either (docs, "Get a tree"). */
const maxEntries = 100_000;
const maxBytes = 7 * 1024 * 1024;

type Listed = components['schemas']['git-tree']['tree'][number];

export function mountTreeRoutes(api: Api): void {
  endpoint(api, 'get', '/repos/{owner}/{repo}/git/trees/{tree_sha}', async (call) => {
    const repository = repositoryFor(call, { permission: 'contents', level: 'read' });
    const { tree_sha: wanted } = call.params;
    const commit = commitAt(repository, wanted);
    const tree = commit?.tree ?? findTree(repository, wanted);
    if (!tree && findBlob(repository, wanted)) {
      const message = 'Invalid object requested. SHA must identify a commit or a tree.';
      throw refuse.unprocessable(message);
    }
    if (!tree) throw refuse.notFound();
    // Whatever its value is.
    const isRecursive = call.url.searchParams.has('recursive');
    const { listed, truncated } = list(call, repository, { tree, isRecursive });
    const sha = commit?.sha ?? tree.sha;
    const url = `${apiUrl(call.instance, repository)}/git/trees/${sha}`;
    return { status: 200, body: { sha, url, tree: listed, truncated } };
  });
  endpoint(api, 'get', '/repos/{owner}/{repo}/git/blobs/{file_sha}', async (call) => {
    const repository = repositoryFor(call, { permission: 'contents', level: 'read' });
    const { file_sha: wanted } = call.params;
    if (!/^[0-9a-f]{40}$/.test(wanted)) {
      const message = 'The sha parameter must be exactly 40 characters and contain only [0-9a-f].';
      throw refuse.unprocessable(message);
    }
    const blob = findBlob(repository, wanted);
    if (!blob) throw refuse.notFound();
    return { status: 200, body: blobShape(call, repository, blob) };
  });
}

function blobShape(call: Call, repository: Repository, { sha, bytes }: Blob) {
  return {
    sha,
    node_id: nodeId('Blob', sha),
    size: bytes.length,
    url: `${apiUrl(call.instance, repository)}/git/blobs/${sha}`,
    content: base64Lines(bytes),
    encoding: 'base64',
  } satisfies components['schemas']['blob'];
}

function list(
  call: Call,
  repository: Repository,
  { tree, isRecursive }: { tree: Tree; isRecursive: boolean },
): { listed: Listed[]; truncated: boolean } {
  const listed: Listed[] = [];
  let bytes = 0;
  for (const { path, entry } of isRecursive ? allOf(tree, '') : inside(tree, '')) {
    const item = shape(call, repository, { path, entry });
    bytes += isRecursive ? JSON.stringify(item).length : 0;
    if (isRecursive && (listed.length === maxEntries || bytes > maxBytes)) {
      return { listed, truncated: true };
    }
    listed.push(item);
  }
  return { listed, truncated: false };
}

interface Placed {
  readonly path: string;
  readonly entry: TreeEntry;
}

function inside(tree: Tree, prefix: string): Placed[] {
  return tree.entries.map((entry) => ({ path: prefix + entry.name, entry }));
}

function* allOf(tree: Tree, prefix: string): Generator<Placed> {
  for (const placed of inside(tree, prefix)) {
    yield placed;
    if (placed.entry.kind === 'folder') yield* allOf(placed.entry.tree, `${placed.path}/`);
  }
}

function shape({ instance }: Call, repository: Repository, { path, entry }: Placed): Listed {
  const git = `${apiUrl(instance, repository)}/git`;
  if (entry.kind === 'folder') {
    const { sha } = entry.tree;
    return { path, mode: '040000', type: 'tree', sha, url: `${git}/trees/${sha}` };
  }
  const { mode, sha, bytes } = entry.blob;
  if (mode === '160000') return { path, mode, type: 'commit', sha };
  return { path, mode, type: 'blob', sha, size: bytes.length, url: `${git}/blobs/${sha}` };
}

function findTree(repository: Repository, sha: string): Tree | undefined {
  for (const commit of [...repository.commits.values()].toReversed()) {
    const found = within(commit.tree, sha);
    if (found) return found;
  }
  return undefined;
}

function within(tree: Tree, sha: string): Tree | undefined {
  if (tree.sha === sha) return tree;
  for (const entry of tree.entries) {
    const found = entry.kind === 'folder' ? within(entry.tree, sha) : undefined;
    if (found) return found;
  }
  return undefined;
}
