// What is in a repository at one commit, listed by GitHub's trees: all of it with one call, or, where that is more than
// GitHub lists, folder by folder. Everything is asked for by the hashes of the first answer, so that it is one commit
// also when somebody pushes meanwhile.

import { digest } from '../access/canonical.ts';
import type { TreeEntry } from '../catalog/checkout.ts';
import type { GitHub } from './app.ts';
import { split } from './calls.ts';
import { atMost } from './turns.ts';

/**
 * Folders that one reading asks for where GitHub does not list a repository whole. What it learned is remembered, and the
 * next reading goes on there; nobody's files can use up the calls that decisions need.
 */
const maxFolders = 1_000;

/** Folders that are asked for at a time. GitHub takes a hundred calls at once of everything that the bot does. */
const maxCallsAtOnce = 8;

export interface Listing {
  /** Another one where anything in the repository is different. */
  readonly revision: string;
  /** What is at a path; undefined where nothing is. */
  at(path: string): Promise<TreeEntry | undefined>;
  /** The files below a folder, empty for the top; undefined where GitHub does not list so many. */
  below(folder: string): Promise<ReadonlyMap<string, TreeEntry> | undefined>;
}

/** By the names of what was asked for. */
interface Folder {
  readonly sha: string;
  readonly entries: ReadonlyMap<string, TreeEntry>;
  readonly isTruncated: boolean;
}

/** What is remembered of a repository from one reading to the next. */
export interface TreeMemory {
  /** It has more than GitHub lists with one call, which is therefore not asked for any more. */
  isLarge: boolean;
  /**
   * Folders of a large one by what was asked for, as far as the last reading needed them: a hash is always the same
   * folder.
   */
  folders: Map<string, Promise<Folder>>;
}

export function rememberTrees(): TreeMemory {
  return { isLarge: false, folders: new Map() };
}

export interface ListedAt {
  readonly repository: string;
  readonly ref: string;
  /** Folders of a large one that are asked for at most. */
  readonly maxFolders?: number;
}

/** `ref` is a commit, a branch or HEAD. Rejects with TreeTooLarge where more than that would have to be asked for. */
export async function listTree(
  github: GitHub,
  { repository, ref, maxFolders: most = maxFolders }: ListedAt,
  memory: TreeMemory,
): Promise<Listing> {
  let folders = 0;
  const inLine = atMost(maxCallsAtOnce);
  const ask = (sha: string, isWhole: boolean) =>
    inLine(() => askFor(github, repository, { sha, isWhole }));
  const top = await ask(ref, false);
  let before: TreeMemory['folders'] | undefined;
  let whole: Promise<Folder | undefined> | undefined;

  async function askWhole(): Promise<Folder | undefined> {
    if (memory.isLarge) return undefined;
    const all = await ask(top.sha, true);
    memory.isLarge = all.isTruncated;
    return all.isTruncated ? undefined : all;
  }

  async function askAnew(sha: string, isWhole: boolean): Promise<Folder> {
    folders += 1;
    if (folders <= most) return ask(sha, isWhole);
    throw new TreeTooLarge(
      `The repository has more files than GitHub lists, and its Locations lead into more than ${most} folders.`,
    );
  }

  /** Asked for once, and not again by the next reading either. */
  function recall(sha: string, isWhole: boolean): Promise<Folder> {
    if (!before) {
      before = memory.folders;
      memory.folders = new Map();
    }
    const key = `${sha} ${isWhole}`;
    const found = memory.folders.get(key) ?? before.get(key) ?? askAnew(sha, isWhole);
    memory.folders.set(key, found);
    found.catch(() => memory.folders.delete(key));
    return found;
  }

  async function walk(path: string): Promise<TreeEntry | undefined> {
    const names = path.split('/');
    const last = names.pop() ?? '';
    let folder = top;
    for (const name of names) {
      const entry = entryIn(folder, name);
      if (entry?.kind !== 'folder') return undefined;
      folder = await recall(entry.revision, false);
    }
    return entryIn(folder, last);
  }

  async function at(path: string): Promise<TreeEntry | undefined> {
    if (!path.includes('/')) return entryIn(top, path);
    const all = await (whole ??= askWhole());
    return all ? all.entries.get(path) : walk(path);
  }

  return {
    revision: digest(Array.from(top.entries, ([name, entry]) => [name, { ...entry }])),
    at,
    async below(folder) {
      const all = await (whole ??= askWhole());
      const start = folder === '' ? '' : `${folder}/`;
      if (all) return filesOf(all, (path) => (path.startsWith(start) ? path : undefined));
      if (folder === '') return undefined;
      const entry = await at(folder);
      if (entry?.kind !== 'folder') return new Map();
      const inside = await recall(entry.revision, true);
      return inside.isTruncated ? undefined : filesOf(inside, (path) => start + path);
    },
  };
}

async function askFor(
  github: GitHub,
  repository: string,
  { sha, isWhole }: { sha: string; isWhole: boolean },
): Promise<Folder> {
  const { owner, repo } = split(repository);
  const asked = { owner, repo, tree_sha: sha, ...(isWhole && { recursive: '1' }) };
  const { data } = await github.rest.git.getTree(asked);
  const entries = data.tree.map(({ path, mode, sha: revision, size = 0 }) => {
    return [path, { kind: kindOf(mode), revision, bytes: size }] as const;
  });
  return { sha: data.sha, entries: new Map(entries), isTruncated: data.truncated };
}

/** By the modes of git. */
function kindOf(mode: string): TreeEntry['kind'] {
  if (mode === '040000') return 'folder';
  if (mode === '120000') return 'link';
  return mode === '160000' ? 'submodule' : 'file';
}

/** A folder that even by itself has more than GitHub lists cannot say what it has not. */
function entryIn({ entries, isTruncated }: Folder, name: string): TreeEntry | undefined {
  const entry = entries.get(name);
  if (entry || !isTruncated) return entry;
  throw new TreeTooLarge(`GitHub does not list all of the folder in which ${name} would be.`);
}

export class TreeTooLarge extends Error {
  readonly code = 'tree-too-large';
}

function filesOf({ entries }: Folder, pathOf: (path: string) => string | undefined) {
  const files = new Map<string, TreeEntry>();
  for (const [path, entry] of entries) {
    const full = pathOf(path);
    if (entry.kind === 'file' && full !== undefined) files.set(full, entry);
  }
  return files;
}
