// The descriptor files of a repository as GitHub has them: the one that reading begins with, and what is needed to follow
// its Locations. A file without one costs a single call; a repository that is as it was before, two.

import { posix } from 'node:path';
import type { Checkout, FileText, FileUnread, Tree } from '../catalog/checkout.ts';
import type { Home } from '../catalog/destination.ts';
import type { GitHub } from './app.ts';
import { FileTooLong, readFile, split } from './calls.ts';
import { readTexts } from './texts.ts';
import { listTree, rememberTrees, type ListedAt, type TreeMemory } from './trees.ts';

/** Which descriptors. */
export interface DescriptorsAt {
  readonly path: string;
  /** A commit or ref; left out, the default branch. */
  readonly ref?: string;
  /** Folders that are asked for at most where GitHub does not list the repository whole. */
  readonly maxFolders?: number;
  /** What the last reading of the same repository learned of its trees. */
  readonly memory?: TreeMemory;
}

/**
 * The repository as it is there; undefined when the file is not. Addresses that lead to the default branch lead to the
 * same files at any commit: that is where it will be merged.
 */
export async function readDescriptors(
  github: GitHub,
  repository: string,
  { path: asked, ref, maxFolders, memory = rememberTrees() }: DescriptorsAt,
): Promise<Checkout | undefined> {
  // As a tree spells it: otherwise a Location could bring the same file in a second time.
  const path = posix.normalize(asked).replace(/^\/+/, '');
  const root = await readRoot(github, repository, { path, ...(ref !== undefined && { ref }) });
  if (!root) return undefined;
  const at = { repository, ref: ref ?? 'HEAD', ...(maxFolders !== undefined && { maxFolders }) };
  let tree: Promise<Tree> | undefined;
  return {
    roots: [root],
    // One, however often it is asked for: otherwise it could be another commit the second time.
    tree: () => (tree ??= openTree(github, at, memory)),
  };
}

async function readRoot(
  github: GitHub,
  repository: string,
  at: { readonly path: string; readonly ref?: string },
): Promise<FileText | FileUnread | undefined> {
  const { path } = at;
  try {
    const file = await readFile(github, repository, at);
    return file && { path, ...file };
  } catch (error) {
    // A broken file, and no repository that cannot be read: what it defined when it was shorter stands in for it.
    if (error instanceof FileTooLong) return { path, revision: error.revision, why: error.message };
    throw error;
  }
}

async function openTree(github: GitHub, at: ListedAt, memory: TreeMemory): Promise<Tree> {
  const { repository } = at;
  let home: Promise<Home> | undefined;
  return {
    ...(await listTree(github, at, memory)),
    async read(files) {
      const blobs = Array.from(files.values(), ({ revision: sha, bytes }) => ({ sha, bytes }));
      const texts = await readTexts(github, repository, blobs);
      return new Map(
        Array.from(files).flatMap(([path, { revision }]) => {
          const text = texts.get(revision);
          return text === undefined ? [] : [[path, text] as const];
        }),
      );
    },
    home: () => (home ??= homeOf(github, repository)),
  };
}

async function homeOf(github: GitHub, repository: string): Promise<Home> {
  const { data } = await github.rest.repos.get(split(repository));
  return { repository, site: new URL(data.html_url).origin, branch: data.default_branch };
}
