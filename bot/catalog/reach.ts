// What one target of a Location reaches in the tree of its repository: files, or nothing and why. It reads no content.

import type { Tree, TreeEntry } from './checkout.ts';
import { destinationOf, type Home } from './destination.ts';
import type { Pointer } from './location.ts';
import { folderOf, matcherOf } from './pattern.ts';

export type Reach =
  | { readonly kind: 'files'; readonly files: ReadonlyMap<string, TreeEntry> }
  /** It will never be followed; `why` is sentences that say what to do. */
  | { readonly kind: 'refused'; readonly why: string }
  /** There may be files, and which cannot be known. */
  | { readonly kind: 'unknown'; readonly why: string };

export async function reachOf(tree: Tree, pointer: Pointer, home: Home): Promise<Reach> {
  const { target, type = 'url', place, isOptional } = pointer;
  if (type !== 'url') {
    // Backstage reads its own disk for `file`, and refuses that of a file that it read from GitHub.
    return refused(`Leave spec.type out, or write url: files of a repository have no other.`);
  }
  const destination = destinationOf(target, place.path, home);
  if (destination.kind === 'nowhere') return refused(destination.why);
  const reach =
    destination.kind === 'file'
      ? await reachFile(tree, destination.path)
      : await reachFitting(tree, destination.pattern);
  return reach ?? (isOptional ? files([]) : refused('There is no such file in the repository.'));
}

/** Undefined where nothing is there. */
async function reachFile(tree: Tree, path: string): Promise<Reach | undefined> {
  const entry = await tree.at(path);
  if (entry?.kind === 'file') return files([[path, entry]]);
  const names = path.split('/');
  for (let length = 1; length <= names.length; length += 1) {
    const part = names.slice(0, length).join('/');
    const there = part === path ? entry : await tree.at(part);
    if (!there) return undefined;
    const why = reasonAgainst(part, there, part === path);
    if (why !== undefined) return refused(why);
  }
  return undefined;
}

/** Why a target does not lead to this, or through it where it is not the end. */
function reasonAgainst(path: string, { kind }: TreeEntry, isEnd: boolean): string | undefined {
  if (kind === 'submodule') {
    return `${path} is a submodule, and so of another repository: name that one in catalog.repositories instead.`;
  }
  if (kind === 'link') return `${path} is a symbolic link: name the path that it leads to.`;
  return kind === 'folder' && isEnd ? `${path} is a folder.` : undefined;
}

/** Undefined where no file fits. */
async function reachFitting(tree: Tree, pattern: string): Promise<Reach | undefined> {
  const folder = folderOf(pattern);
  const all = await tree.below(folder);
  if (!all) {
    const where = folder === '' ? 'The repository' : folder;
    const why = `${where} has more files than GitHub lists: begin the pattern with a smaller folder, or name the files.`;
    return { kind: 'unknown', why };
  }
  const fits = matcherOf(pattern);
  const fitting = Array.from(all).filter(([path]) => fits(path));
  // By path, so that a limit cuts off the same ones whatever order they are listed in.
  return fitting.length === 0 ? undefined : files(fitting.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function files(entries: readonly (readonly [string, TreeEntry])[]): Reach {
  return { kind: 'files', files: new Map(entries) };
}

function refused(why: string): Reach {
  return { kind: 'refused', why };
}
