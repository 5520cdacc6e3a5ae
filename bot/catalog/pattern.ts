// Patterns of paths, as a Location may have them: `*` stands for any part of a name, `**` for any number of folders. A
// name that begins with a dot has to be named with its dot, as in a shell. What Backstage's patterns know besides is
// refused where a target is read. Matching never tries one thing after another, so that no pattern takes long.

/** Whether a path is a pattern. */
export function isPattern(path: string): boolean {
  return path.includes('*');
}

/** The folder below which everything lies that a pattern can stand for; empty for the whole repository. */
export function folderOf(pattern: string): string {
  const names = pattern.split('/');
  const first = names.findIndex(isPattern);
  return names.slice(0, first).join('/');
}

/**
 * Whether a path, without a slash at its beginning, is one of those that a pattern stands for. What was found of a folder
 * is kept for all that lies in it, so that a deep folder with many files is gone through once.
 */
export function matcherOf(pattern: string): (path: string) => boolean {
  const wanted = pattern.split('/').map(partsOf);
  // By folder: how many names of the pattern may stand for it, each a way to go on; ascending.
  const known = new Map<string, readonly number[]>([['', after(wanted)]]);

  function reachedIn(folder: string): readonly number[] {
    const found = known.get(folder) ?? reachedBy(folder);
    known.set(folder, found);
    return found;
  }
  function reachedBy(path: string): readonly number[] {
    const slash = path.lastIndexOf('/');
    const reached = reachedIn(path.slice(0, Math.max(slash, 0)));
    return reached.length === 0 ? reached : after(wanted, reached, path.slice(slash + 1));
  }
  const last = wanted.at(-1) ?? anyFolders;
  return (path) =>
    fitsName(last, path.slice(path.lastIndexOf('/') + 1)) &&
    reachedBy(path).at(-1) === wanted.length;
}

/** What stands between the stars of a name. */
type Parts = readonly string[];

const anyFolders: Parts = [];

function partsOf(name: string): Parts {
  return name === '**' ? anyFolders : name.split('*');
}

/**
 * How many names of the pattern may stand for a path, when these may for the folder that it is in; left out, for the
 * top.
 */
function after(wanted: readonly Parts[], reached: readonly number[] = [], name = '') {
  const next: number[] = [];
  const reach = (count: number) => {
    // `**` stands for no folder as well. What is not above the highest is there already.
    for (let each = count; ; each += 1) {
      if (each > (next.at(-1) ?? -1)) next.push(each);
      if (wanted[each] !== anyFolders) return;
    }
  };
  if (name === '') reach(0);
  for (const count of reached) {
    const each = wanted[count];
    if (each === anyFolders && !name.startsWith('.')) reach(count);
    else if (each !== undefined && each !== anyFolders && fitsName(each, name)) reach(count + 1);
  }
  return next;
}

function fitsName(wanted: Parts, name: string): boolean {
  const [start = ''] = wanted;
  if (wanted.length === 1) return start === name;
  const end = wanted.at(-1) ?? '';
  if (start === '' && name.startsWith('.')) return false;
  if (name.length < start.length + end.length) return false;
  if (!name.startsWith(start) || !name.endsWith(end)) return false;
  // What lies between is found from the left: the earliest place leaves the most to what follows.
  let from = start.length;
  for (const part of wanted.slice(1, -1)) {
    const at = name.indexOf(part, from);
    if (at < 0 || at + part.length > name.length - end.length) return false;
    from = at + part.length;
  }
  return true;
}
