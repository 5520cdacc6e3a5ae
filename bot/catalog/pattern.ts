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

/** Whether a path, without a slash at its beginning, is one of those that a pattern stands for. */
export function fits(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  // For each beginning of the path: whether the pattern so far stands for it.
  const given = path.split('/');
  let reached = [true, ...given.map(() => false)];
  for (const each of wanted) {
    reached = each === '**' ? anywhereAfter(reached, given) : oneAfter(reached, given, each);
  }
  return reached.at(-1) === true;
}

function oneAfter(reached: readonly boolean[], given: readonly string[], wanted: string) {
  return [false, ...given.map((name, index) => reached[index] === true && fitsName(wanted, name))];
}

function anywhereAfter(reached: readonly boolean[], given: readonly string[]) {
  const after = [reached[0] === true];
  for (const [index, name] of given.entries()) {
    const goesOn = after[index] === true && !name.startsWith('.');
    after.push(reached[index + 1] === true || goesOn);
  }
  return after;
}

function fitsName(wanted: string, name: string): boolean {
  const [start = '', ...rest] = wanted.split('*');
  const end = rest.pop();
  if (end === undefined) return wanted === name;
  if (start === '' && name.startsWith('.')) return false;
  if (name.length < start.length + end.length) return false;
  if (!name.startsWith(start) || !name.endsWith(end)) return false;
  // What lies between is found from the left: the earliest place leaves the most to what follows.
  let from = start.length;
  for (const part of rest) {
    const at = name.indexOf(part, from);
    if (at < 0 || at + part.length > name.length - end.length) return false;
    from = at + part.length;
  }
  return true;
}
