// A repository as it lies on this disk, for the catalog: what GitHub would list of it once it is pushed, as far as a disk
// can know. Links are not followed and submodules not entered; packages are taken to be
// ignored. Which branch and which website this is nobody knows here, so that every address of the repository leads to it.

import { existsSync, readdirSync, readFileSync, statSync, type Dirent } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { whyUnreadable } from '../../relay/setting-files.ts';
import { digest } from '../access/canonical.ts';
import type { Checkout, FileText, Tree, TreeEntry } from '../catalog/checkout.ts';
import { StartFault } from '../start-fault.ts';

/** Folders that hold no descriptors of the repository's own. */
const leftOut = new Set(['.git', 'node_modules']);

/** The repository whose top is this folder, read from this file of it on: its path from there, with slashes. */
export function checkoutAt(
  top: string,
  repository: string,
  { path, text }: { readonly path: string; readonly text: string },
): Checkout {
  return { roots: [withRevision(path, text)], tree: async () => treeAt(top, repository) };
}

/** The top of the repository that a file belongs to; where there is no `.git`, the folder that it is in. */
export function topOf(file: string): string {
  const folder = dirname(resolve(file));
  return foldersAbove(folder).find((each) => existsSync(join(each, '.git'))) ?? folder;
}

/** As UTF-8. Throws a StartFault for a file that cannot be read. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartFault([`${file} ${whyUnreadable(error)}.`], { cause: error });
  }
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The folder itself and all those that it is in, the nearest first. */
function foldersAbove(folder: string): readonly string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...foldersAbove(above)];
}

function fileText(file: string, path: string): FileText {
  return withRevision(path, readFileSync(file, 'utf8'));
}

function withRevision(path: string, text: string): FileText {
  return { path, text, revision: digest(text.toWellFormed()) };
}

function treeAt(top: string, repository: string): Tree {
  const onDisk = (path: string) => join(top, ...path.split('/'));
  return {
    revision: null,
    at: async (path) => entryAt(top, path.split('/')),
    async below(folder) {
      const entry = folder === '' ? 'top' : entryAt(top, folder.split('/'))?.kind;
      const isThere = entry === 'top' || entry === 'folder';
      return new Map(isThere ? filesBelow(folder === '' ? top : onDisk(folder), folder) : []);
    },
    async read(files) {
      const texts = Array.from(files.keys(), (path) => fileText(onDisk(path), path));
      // What git and GitHub take for binary.
      const plain = texts.filter(({ text }) => !text.includes('\0'));
      return new Map(plain.map(({ path, text }) => [path, text]));
    },
    home: async () => ({ repository, site: null, branch: null }),
  };
}

/** Name by name, because some disks take a name in any case, and none tells of a link on the way. */
function entryAt(folder: string, [name = '', ...rest]: readonly string[]): TreeEntry | undefined {
  const found = readdirSync(folder, { withFileTypes: true }).find((each) => each.name === name);
  const entry = found && entryOf(found);
  if (rest.length === 0) return entry;
  return entry?.kind === 'folder' ? entryAt(join(folder, name), rest) : undefined;
}

function* filesBelow(folder: string, path: string): Generator<readonly [string, TreeEntry]> {
  for (const found of readdirSync(folder, { withFileTypes: true })) {
    if (leftOut.has(found.name)) continue;
    const entry = entryOf(found);
    const inside = path === '' ? found.name : `${path}/${found.name}`;
    if (entry?.kind === 'file') yield [inside, entry];
    if (entry?.kind === 'folder') yield* filesBelow(join(folder, found.name), inside);
  }
}

function entryOf(found: Dirent): TreeEntry | undefined {
  const file = join(found.parentPath, found.name);
  if (found.isSymbolicLink()) return { kind: 'link', revision: '', bytes: 0 };
  if (found.isDirectory()) {
    const kind = existsSync(join(file, '.git')) ? 'submodule' : 'folder';
    return { kind, revision: '', bytes: 0 };
  }
  if (!found.isFile()) return undefined;
  return {
    kind: 'file',
    // Read only of those files that are looked at.
    get revision() {
      return fileText(file, '').revision;
    },
    get bytes() {
      return statSync(file).size;
    },
  };
}
