// Follows the Locations of a repository, from its first files to all that they lead to, breadth first. Each file counts
// once, however often it is pointed at, so that circles do no harm. What cannot be followed is a fault at the line that
// says so. All is read from one tree, that is, from one commit. A file that is broken now points where it did when it was
// last good: otherwise a slip of the pen in it would take away what other files define.

import type { Checkout, FileText, FileUnread, Tree, TreeEntry } from './checkout.ts';
import { isAddress } from './destination.ts';
import { readFile, type FileReading } from './file.ts';
import type { Pointer } from './location.ts';
import type { Place } from './model.ts';
import { isPattern } from './pattern.ts';
import { reachOf } from './reach.ts';
import type { CatalogFault } from './snapshot.ts';

/** What the Locations of one repository may lead to. What is beyond is not read, and a fault says so. */
export const followingLimits = {
  /** Files, the first ones not counted. */
  maxFiles: 1_000,
  /** Text of all of them: 4 MiB of UTF-8, which takes a second or two to be understood. */
  maxAllBytes: 4_194_304,
  /** Text of one of them: what GitHub gives out whole where it is asked for many. */
  maxFileBytes: 512_000,
  /** Locations behind each other: each is a round of reading. */
  maxDepth: 10,
  /** Targets of all Locations together. */
  maxTargets: 2_000,
  /** Patterns among them: each is compared with every file. */
  maxPatterns: 100,
} as const;

/** A file that was read, good or broken. */
interface ReadFile {
  readonly path: string;
  readonly revision: string;
  readonly reading: FileReading;
}

export interface Followed {
  /** By path. */
  readonly files: ReadonlyMap<string, ReadFile>;
  readonly faults: readonly CatalogFault[];
  /** Something was left out that may define entities. */
  readonly isIncomplete: boolean;
  /** The tree that it was read from; null where there was nothing to follow, or the tree has no revision. */
  readonly tree: string | null;
}

export interface Before {
  /** What was read last: what has not changed is not read again. */
  readonly followed: Followed | undefined;
  /** Where a file pointed when it was last good. */
  pointersOf(path: string): readonly Pointer[];
}

export async function follow(
  checkout: Checkout,
  repository: string,
  before: Before,
): Promise<Followed> {
  const { followed } = before;
  const run = openRun(repository, before);
  const roots = checkout.roots.map((root) => run.parse(root));
  roots.forEach(run.add);
  if (roots.every((root) => run.pointersOf(root).length === 0)) return run.result(null);

  const tree = await checkout.tree();
  const isSame = roots.every(({ path, revision }) => run.known(path)?.revision === revision);
  // Then whatever follows from it is the same, too.
  if (followed && tree.revision !== null && tree.revision === followed.tree && isSame) {
    return followed;
  }
  let fresh = await settleRoots(tree, roots, run);
  for (let depth = 1; fresh.length > 0; depth += 1) {
    const pointers = fresh.flatMap(run.pointersOf);
    const [first] = pointers;
    if (first && depth > followingLimits.maxDepth) {
      const { maxDepth } = followingLimits;
      const why = `No more than ${maxDepth} Locations may stand behind each other, and this is one more.`;
      run.leaveOut(first, why);
      break;
    }
    fresh = await readAll(tree, await find(tree, pointers, run), run);
  }
  return run.result(tree.revision);
}

/** What was read is of two commits. It is read again the next time, and until then everything stays as it was. */
class ChangedMeanwhile extends Error {
  readonly code = 'changed-meanwhile';
}

type Run = ReturnType<typeof openRun>;

/** What has been read so far, and what was wrong with it. */
function openRun(repository: string, before: Before) {
  const files = new Map<string, ReadFile>();
  const faults: CatalogFault[] = [];
  const count = { files: 0, bytes: 0, targets: 0, patterns: 0 };
  let isIncomplete = false;

  const known = (path: string) => before.followed?.files.get(path);
  const fault = (code: 'location-refused' | 'location-left-out', place: Place, message: string) =>
    void faults.push({ code, ref: null, place, message });
  return {
    repository,
    files,
    count,
    /** What was read last at this path. */
    known,
    parse(file: FileText | FileUnread): ReadFile {
      const { path, revision } = file;
      const found = known(path);
      if (found?.revision === revision) return found;
      return { path, revision, reading: understand(repository, file) };
    },
    add: (file: ReadFile) => void files.set(file.path, file),
    pointersOf: ({ path, reading }: ReadFile) =>
      reading.kind === 'read' ? reading.pointers : before.pointersOf(path),
    refuse: ({ target, place }: Pointer, why: string) =>
      fault('location-refused', place, `${shown(target)} is not followed. ${why}`),
    refuseLink: (path: string) =>
      fault(
        'location-refused',
        { repository, path, line: 1 },
        'The file is a symbolic link, and its Locations are not followed. Put a file in its place.',
      ),
    leaveOut({ target, place }: Pointer, why: string) {
      isIncomplete = true;
      fault('location-left-out', place, `${shown(target)} is not followed. ${why}`);
    },
    result: (tree: string | null): Followed => ({ files, faults, isIncomplete, tree }),
  };
}

function understand(repository: string, file: FileText | FileUnread): FileReading {
  if ('text' in file) return readFile({ repository, ...file });
  const place = { repository, path: file.path, line: 1 };
  return { kind: 'broken', place, message: file.why };
}

/** Those of the first files that may be followed. Rejects when the tree has others: something was pushed in between. */
async function settleRoots(
  tree: Tree,
  roots: readonly ReadFile[],
  run: Run,
): Promise<readonly ReadFile[]> {
  const settled: ReadFile[] = [];
  for (const root of roots) {
    const entry = await tree.at(root.path);
    if (entry?.kind === 'link') run.refuseLink(root.path);
    else if (entry?.revision === root.revision) settled.push(root);
    else throw new ChangedMeanwhile(`${root.path} changed while the repository was read.`);
  }
  return settled;
}

interface Found {
  readonly entry: TreeEntry;
  /** The first that leads to it. */
  readonly pointer: Pointer;
}

/** The files that these lead to, and that were not read yet. */
async function find(
  tree: Tree,
  pointers: readonly Pointer[],
  run: Run,
): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>();
  const home = pointers.some(({ target }) => isAddress(target))
    ? await tree.home()
    : { repository: run.repository, site: null, branch: null };
  const { allowed, next } = withinLimits(pointers, run);
  // Files may each take a call. Patterns come one after the other: all files of a hundred of them would fill the memory.
  const direct = await Promise.all(
    allowed.map(async (each) =>
      isPattern(each.target) ? undefined : await reachOf(tree, each, home),
    ),
  );
  for (const [index, pointer] of allowed.entries()) {
    const reach = direct[index] ?? (await inBetween(() => reachOf(tree, pointer, home)));
    if (reach.kind === 'refused') run.refuse(pointer, reach.why);
    else if (reach.kind === 'unknown') run.leaveOut(pointer, reach.why);
    else if (!collect(reach.files, pointer, { found, run })) return found;
  }
  if (next) run.leaveOut(next.pointer, next.why);
  return found;
}

/** Those that may be looked at, and the first that may not. */
function withinLimits(pointers: readonly Pointer[], { count, repository }: Run) {
  const { maxTargets, maxPatterns } = followingLimits;
  for (const [index, pointer] of pointers.entries()) {
    count.targets += 1;
    if (isPattern(pointer.target)) count.patterns += 1;
    if (count.targets <= maxTargets && count.patterns <= maxPatterns) continue;
    const why = `The Locations of ${repository} may have ${maxTargets} targets, ${maxPatterns} of them patterns. This one and all after it are beyond.`;
    return { allowed: pointers.slice(0, index), next: { pointer, why } };
  }
  return { allowed: pointers, next: undefined };
}

/** Whether all of them may be read. */
function collect(
  files: ReadonlyMap<string, TreeEntry>,
  pointer: Pointer,
  { found, run }: { found: Map<string, Found>; run: Run },
): boolean {
  const { count, repository } = run;
  const { maxFiles, maxAllBytes } = followingLimits;
  for (const [path, entry] of files) {
    if (run.files.has(path) || found.has(path)) continue;
    count.files += 1;
    count.bytes += entry.bytes;
    if (count.files > maxFiles || count.bytes > maxAllBytes) {
      const why = `The Locations of ${repository} may lead to ${maxFiles} files with ${maxAllBytes} bytes, and ${path} is beyond, like all that comes after it. Spread them over several repositories.`;
      run.leaveOut(pointer, why);
      return false;
    }
    found.set(path, { entry, pointer });
  }
  return true;
}

async function readAll(
  tree: Tree,
  found: ReadonlyMap<string, Found>,
  run: Run,
): Promise<readonly ReadFile[]> {
  const { maxFileBytes } = followingLimits;
  const fit = new Map<string, TreeEntry>();
  const others: ReadFile[] = [];
  for (const [path, { entry, pointer }] of found) {
    const { bytes, revision } = entry;
    if (bytes <= maxFileBytes) {
      fit.set(path, entry);
      continue;
    }
    const message = `${path} has ${bytes} bytes, and ${maxFileBytes} are the most. Spread it over several files.`;
    others.push({ path, revision, reading: { kind: 'broken', place: pointer.place, message } });
  }
  others.forEach(run.add);
  return [...(await readTexts(tree, fit, run)), ...others];
}

/** Reads what has changed; what has not was read before. */
async function readTexts(
  tree: Tree,
  entries: ReadonlyMap<string, TreeEntry>,
  run: Run,
): Promise<readonly ReadFile[]> {
  const isNew = ([path, { revision }]: readonly [string, TreeEntry]) =>
    run.known(path)?.revision !== revision;
  const texts = await tree.read(new Map(Array.from(entries).filter(isNew)));
  const read = async (path: string, { revision }: TreeEntry): Promise<ReadFile> => {
    const text = texts.get(path);
    const known = run.known(path);
    if (known?.revision === revision) return known;
    if (text !== undefined) return inBetween(() => run.parse({ path, revision, text }));
    const place = { repository: run.repository, path, line: 1 };
    return { path, revision, reading: { kind: 'broken', place, message: 'It is not text.' } };
  };
  const files: ReadFile[] = [];
  for (const [path, entry] of entries) files.push(await read(path, entry));
  files.forEach(run.add);
  return files;
}

/** Computes once all that waits had its turn: a repository may take seconds, and a relay waits for its lease. */
export async function inBetween<T>(compute: () => T | Promise<T>): Promise<T> {
  await new Promise<void>((go) => void setImmediate(go));
  return compute();
}

function shown(target: string): string {
  return JSON.stringify(target.length > 100 ? `${target.slice(0, 100)}…` : target);
}
