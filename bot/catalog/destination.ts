// Where a target of a Location leads: to a file of the same repository, to all that fit a pattern, or nowhere, and why.
// A target is a path from the file that holds the Location, a path from the top of the repository (`/…`), or an address
// on the website. Nothing is followed out of the repository and its default branch: whoever points at what somebody else
// wrote chooses which of it counts. What could be understood in two ways is refused, so that Backstage and the bot never
// read different files for one target.

import { isPattern } from './pattern.ts';
import { foldAscii } from './ref.ts';

/** What addresses that lead to a repository look like. */
export interface Home {
  /** `owner/name`. */
  readonly repository: string;
  /** The website's origin; null where it is not known, and is not looked at. */
  readonly site: string | null;
  /** The default branch; null where it is not known, and any name will do. */
  readonly branch: string | null;
}

export type Destination =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'pattern'; readonly pattern: string }
  /** `why` is one or more sentences that say what to do. */
  | { readonly kind: 'nowhere'; readonly why: string };

/** A longer target is a slip of the pen: 500 UTF-16 units. */
const maxTargetChars = 500;
/** More stars than these in one pattern are there to take time. */
const maxStars = 10;
/** The ways GitHub's website shows a file. */
const views = new Set(['blob', 'tree', 'edit', 'raw']);

/** Whether a target is an address, and so needs a Home to be understood. */
export function isAddress(target: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(target);
}

/** `from` is the path of the file that holds the Location, without a slash at its beginning. */
export function destinationOf(target: string, from: string, home: Home): Destination {
  try {
    if (target.length > maxTargetChars) throw new Nowhere('It is too long.');
    const names = isAddress(target) ? namesOfAddress(target, home) : namesOfPath(target, from);
    return leadTo(names);
  } catch (error) {
    if (!(error instanceof Nowhere)) throw error;
    return { kind: 'nowhere', why: error.message };
  }
}

/** Thrown while a target is read, and caught where that began. */
class Nowhere extends Error {
  readonly code = 'nowhere';
}

function namesOfPath(target: string, from: string): readonly string[] {
  const isFromTop = target.startsWith('/');
  const above = isFromTop ? [] : from.split('/').slice(0, -1);
  return descend(above, namesIn(isFromTop ? target.slice(1) : target));
}

/** Follows a path from a folder; never above the top. */
function descend(folder: readonly string[], names: readonly string[]): readonly string[] {
  const path = [...folder];
  for (const name of names) {
    if (name === '.') continue;
    if (name !== '..') path.push(name);
    else if (path.pop() === undefined) throw new Nowhere('It leads out of the repository.');
  }
  return path;
}

function namesOfAddress(target: string, { repository, site, branch }: Home): readonly string[] {
  // Compared as text: what an address is resolved to may be elsewhere than it looks.
  const [, origin = '', path = ''] = /^(https?:\/\/[^/]+)\/(.*)$/is.exec(target) ?? [];
  const isHere = site === null ? /^https:/i.test(origin) : foldAscii(origin) === foldAscii(site);
  if (!isHere) {
    const only = site === null ? 'Only addresses with https' : `Only addresses at ${site}/`;
    throw new Nowhere(`${only} lead to files of ${repository}. Use one, or a path from this file.`);
  }
  const [owner = '', name = '', view = '', ...rest] = namesIn(path);
  const other = `${owner}/${name}`;
  if (foldAscii(other) !== foldAscii(repository)) {
    throw new Nowhere(
      `It is in ${other}, and whoever points at what somebody else wrote chooses which of it counts. Name ${other} in catalog.repositories instead.`,
    );
  }
  if (!views.has(view)) {
    throw new Nowhere(`Expected an address such as ${origin}/${other}/blob/${branch ?? 'main'}/….`);
  }
  if (rest.some(isDots)) throw new Nowhere('Write the address without . and .. in it.');
  return afterBranch(rest, branch);
}

/** GitHub shows the default branch as HEAD as well. */
function afterBranch(names: readonly string[], branch: string | null): readonly string[] {
  if (names[0] === 'HEAD') return names.slice(1);
  if (branch === null) return names.slice(1);
  const expected = branch.split('/');
  if (expected.every((name, index) => name === names[index])) return names.slice(expected.length);
  throw new Nowhere(
    `It is on another branch than ${branch}, and only the default branch counts. Use a path from this file.`,
  );
}

/** The names of a path, decoded as in an address. None of them leads anywhere but to itself, save `.` and `..`. */
function namesIn(path: string): readonly string[] {
  if (/[?#]/.test(path)) throw new Nowhere('Leave out what begins with ? or #.');
  return path.split('/').map((written) => {
    const name = decoded(written);
    if (name === '') throw new Nowhere('Expected the path of a file.');
    if (name !== written && (isDots(name) || /[/*?#%]/.test(name))) {
      throw new Nowhere(`${written} could be understood in two ways.`);
    }
    if (/[[\]{}()|!\\]/.test(name)) {
      throw new Nowhere('Of patterns only * and ** are understood. Write out the others.');
    }
    if (/\p{C}/u.test(name) || name !== name.trim()) throw new Nowhere('Expected plain text.');
    return name;
  });
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw new Nowhere('Expected a % to begin an encoded character, such as %20.');
  }
}

function isDots(name: string): boolean {
  return name === '.' || name === '..';
}

function leadTo(names: readonly string[]): Destination {
  const path = names.join('/');
  if (!/[^/]\.ya?ml$/.test(path)) {
    throw new Nowhere(
      'Expected files that end in .yaml or .yml. Name a folder’s files, or a pattern such as */catalog-info.yaml.',
    );
  }
  if (path.split('*').length > maxStars + 1) {
    throw new Nowhere(`A pattern has no more than ${maxStars} stars.`);
  }
  return isPattern(path) ? { kind: 'pattern', pattern: path } : { kind: 'file', path };
}
