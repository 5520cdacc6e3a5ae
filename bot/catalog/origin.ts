// Where an entity is from, as policy may name it: a repository, `owner/name`, or a location that a Backstage gives,
// `type:target`. A repository stands for one file alone, the one the bot would read there itself; every other place has
// to be named by its whole location. Locations are compared and never interpreted: what is not spelled as expected is
// another place, so that no way of writing an address passes for a believed one.

import { foldAscii } from './ref.ts';

/** What the name of a repository stands for in a Backstage. */
export interface RepositoryFiles {
  /** The website of the GitHub the bot works with: `https://github.com`. */
  readonly site: string;
  /** The branch that counts, since whoever may push can make another one. */
  readonly branch: string;
  readonly path: string;
}

/** The origin of what no location is given for. Policy cannot name it, so that nothing counts that is from nowhere. */
export const nowhere = 'unknown';

/** The repository, `owner/name` in lower case, if this is the location of its file; otherwise the location itself. */
export function originOf(location: unknown, { site, branch, path }: RepositoryFiles): string {
  // Without a type it is no location, and could look like the name of a repository.
  if (typeof location !== 'string' || !location.includes(':')) return nowhere;
  for (const form of ['blob', 'tree']) {
    const rest = between(location, `url:${site}/`, `/${form}/${branch}/${path}`);
    if (rest !== undefined && /^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/.test(rest)) {
      return foldAscii(rest);
    }
  }
  return location;
}

/** Which file of a repository a location is, where it is one on the branch that counts. */
export function fileAt(
  location: string,
  { site, branch }: Pick<RepositoryFiles, 'site' | 'branch'>,
): { readonly repository: string; readonly path: string } | undefined {
  const start = `url:${site}/`;
  if (!location.startsWith(start)) return undefined;
  const [owner = '', name = '', form = '', ...rest] = location.slice(start.length).split('/');
  const below = rest.join('/');
  if (!['blob', 'tree'].includes(form) || !below.startsWith(`${branch}/`)) return undefined;
  const path = below.slice(branch.length + 1);
  return { repository: foldAscii(`${owner}/${name}`), path: decoded(path) };
}

/** Whether one of the names that policy lists is this origin's. In a location each `*` stands for one whole segment. */
export function isNamed(names: readonly string[], origin: string): boolean {
  return names.some((name) => name === origin || (isLocation(name) && fits(name, origin)));
}

/** Whether policy may name this location: a type, a beginning that is fixed, and `*` for whole segments alone. */
export function isLocation(name: string): boolean {
  if (!/^[a-z][a-z0-9+.-]{0,30}:[\x21-\x7e]{1,500}$/.test(name)) return false;
  if (/^[^:]*:(https?:\/\/)?\*/.test(name)) return false;
  // An address is no type: a Backstage has what is there as `url:https://…`, and nothing would ever be from this.
  if (/^https?:/.test(name)) return false;
  return name.split('/').every((segment) => segment === '*' || !segment.includes('*'));
}

function fits(name: string, origin: string): boolean {
  const wanted = name.split('/');
  const given = origin.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((segment, index) => {
      const there = given[index] ?? '';
      return segment === '*' ? isPlain(there) : segment === there;
    })
  );
}

/** A segment that leads nowhere else when somebody decodes it or resolves it as a path. */
function isPlain(segment: string): boolean {
  // `.`, `/`, `\`, `%` and NUL stay encoded here, and so are refused.
  const decoded = segment.replaceAll(/%(?!2[5ef]|5c|00)[0-9a-f]{2}/gi, '_');
  return /^[A-Za-z0-9._~@,=+-]+$/.test(decoded) && !/^\.{1,2}$/.test(segment);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function between(text: string, start: string, end: string): string | undefined {
  if (!text.startsWith(start) || !text.endsWith(end)) return undefined;
  return text.length > start.length + end.length
    ? text.slice(start.length, text.length - end.length)
    : undefined;
}
