// Reads the descriptor files of a repository. A file that breaks keeps its last good entities and points where it did; one
// that is not there any more counts for a minute. After a start the last good version of a broken file is known by what
// was kept (good-versions.ts), and read again when the file is found to be broken.

import type { Checkout } from './checkout.ts';
import { follow, type Followed } from './following.ts';
import { recall, versionsOf, withKept, type GoodVersions, type Known } from './good-versions.ts';
import { heldFile, unreadable, type HeldFile, type HeldSource, type Unread } from './held.ts';
import type { CatalogFault } from './snapshot.ts';

/** A repository. */
export interface Source {
  /** `owner/name`. */
  readonly repository: string;
  /**
   * The repository as it is now; undefined where it has no descriptor file. Rejects when that cannot be known, and with
   * SourceWithheld where GitHub says that it is not to be.
   */
  open(): Promise<Checkout | undefined>;
}

/** A file that is not there any more is waited for so long: GitHub says so for a moment of files that are. */
const missingMs = 60_000;

export interface Reading {
  readonly before: HeldSource | undefined;
  readonly versions: GoodVersions;
  readonly nowMs: number;
}

/** What is held of a repository once it was read again. Never rejects. */
export async function loadFiles(
  source: Source,
  { before, versions, nowMs }: Reading,
): Promise<HeldSource> {
  const repository = source.repository.toLowerCase();
  let known = before;
  try {
    const kept = await withKept(repository, before, versions);
    known = kept;
    const recalling = { before: kept, versions };
    const recalled = await readRecalling(repository, await source.open(), recalling);
    const loaded = waitForMissing(repository, recalled, { before: kept, nowMs });
    // Before it counts: otherwise a crash could bring back what it took the place of.
    await versions.keep(repository, versionsOf(loaded));
    return loaded;
  } catch (error) {
    const left = unreadable(repository, { what: 'The repository', error, before: known, nowMs });
    // Another than before only where it was withheld for too long. What the disk refuses, the next reading tries again.
    if (left.unread) await versions.keep(repository, versionsOf(left)).catch(() => undefined);
    return left;
  }
}

interface Recalled {
  readonly read: HeldSource;
  /** Good versions of broken files that could not be asked for; undefined where all could. */
  readonly unanswered?: Unread;
}

/** As `readFiles`, with good versions that were kept. What such a version leads to may be broken, too. */
async function readRecalling(
  repository: string,
  checkout: Checkout | undefined,
  { before, versions }: { before: Known; versions: GoodVersions },
): Promise<Recalled> {
  const asked = new Set<string>();
  const files = new Map(before.files);
  let { followed } = before;
  let unanswered: Unread | undefined;
  let failure: string | undefined;
  for (;;) {
    const known = { ...before, files, ...(followed && { followed }) };
    const read = await readFiles(repository, checkout, known);
    if (unanswered && failure !== undefined) {
      const faults = [...read.faults, notRecalled(repository, failure)];
      return { read: { ...read, faults }, unanswered };
    }
    const wanted = new Map(
      [...before.unread].filter(
        ([path, { hash }]) => !asked.has(path) && isBetter(read, path, hash),
      ),
    );
    if (wanted.size === 0) return { read };
    for (const path of wanted.keys()) asked.add(path);
    const recalled = await recall(repository, wanted, versions);
    ({ unanswered, failure } = recalled);
    for (const [path, file] of recalled.files) files.set(path, file);
    // All of it is followed once more: it may lead further now.
    followed = read.followed && { ...read.followed, tree: null };
  }
}

/** Whether a file is broken, and not by the very version that was good before. */
function isBetter(read: HeldSource, path: string, hash: string): boolean {
  const now = read.followed?.files.get(path);
  return now?.reading.kind === 'broken' && now.revision !== hash && !read.files.has(path);
}

function notRecalled(repository: string, why: string): CatalogFault {
  const message = `What its broken files defined when they were good last could not be read, and is asked for again: ${why}`;
  const place = { repository, path: '', line: 1 };
  return { code: 'unreadable', ref: null, place, message };
}

/** Files that are not there count for a minute yet. Those that counted before the start do not; they may be back in it. */
function waitForMissing(
  repository: string,
  { read, unanswered }: Recalled,
  { before, nowMs }: { before: Known; nowMs: number },
): HeldSource {
  const isThere = (path: string) => read.followed?.files.has(path) === true;
  const gone = [...before.unread].filter(([path]) => !isThere(path));
  // They may be behind a file whose good version is not known yet.
  const missing = unanswered ? [] : gone.map(([path]) => path);
  const held = [...before.files.keys()].filter((path) => !isThere(path));
  const missedAt = new Map(
    [...held, ...missing]
      .map((path) => [path, before.missedAt?.get(path) ?? nowMs] as const)
      .filter(([, since]) => nowMs - since < missingMs),
  );
  const unread = new Map(
    unanswered ? [...unanswered, ...gone] : gone.filter(([path]) => missedAt.has(path)),
  );
  const files = new Map(read.files);
  const faults = [...read.faults];
  for (const path of missedAt.keys()) {
    const file = before.files.get(path);
    if (file) files.set(path, file);
    const counts = file
      ? 'What it defined, and no other file does, counts for a minute yet.'
      : 'What it defined before the start does not count; for a minute yet it is waited for.';
    const message = `The file is not there any more, or nothing leads to it. ${counts}`;
    faults.push({ code: 'missing-file', ref: null, place: { repository, path, line: 1 }, message });
  }
  return { ...read, files, faults, missedAt, unread, isLacking: read.isLacking || unread.size > 0 };
}

/** What the files of a checkout define; in place of one that is broken what it defined `before`. */
export async function readFiles(
  // A source speaks for its own repository: the origin decides what an entity may be.
  repository: string,
  checkout: Checkout | undefined,
  before: HeldSource | undefined,
): Promise<HeldSource> {
  const readings = (before?.readings ?? 0) + 1;
  const pointersOf = (path: string) => before?.files.get(path)?.pointers ?? [];
  const followed = checkout
    ? await follow(checkout, repository, { followed: before?.followed, pointersOf })
    : nothing;
  const files = new Map<string, HeldFile>();
  const faults: CatalogFault[] = [];
  let isLacking = followed.isIncomplete;
  for (const { path, revision, reading } of followed.files.values()) {
    if (reading.kind === 'read') {
      files.set(path, heldFile({ path, revision, reading }, readings));
      continue;
    }
    const { place, message } = reading;
    faults.push({ code: 'broken-file', ref: null, place, message });
    const lastGood = before?.files.get(path);
    if (lastGood) files.set(path, lastGood);
    else isLacking = true;
  }
  // What takes something away stands before what was never there.
  return { files, faults: [...faults, ...followed.faults], followed, isLacking, readings };
}

const nothing: Followed = { files: new Map(), faults: [], isIncomplete: false, tree: null };
