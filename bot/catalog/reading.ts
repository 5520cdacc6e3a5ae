// Reads the descriptor files of a repository. A file that breaks keeps its last good entities and points where it did; one
// that is not there any more counts for a minute. The first reading after a start knows of the last good version of a
// file by what was kept (good-versions.ts), and only of broken files: one that is gone by then is gone.

import type { Checkout } from './checkout.ts';
import { follow, type Followed } from './following.ts';
import { heldBefore, recall, versionsOf, type GoodVersions } from './good-versions.ts';
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

/** A file that is not there any more counts for so long: GitHub says so for a moment of files that are. */
const missingMs = 60_000;

export interface Reading {
  readonly before: HeldSource | undefined;
  readonly versions: GoodVersions;
  readonly nowMs: number;
}

/** What is held of a repository once it was read again. Never rejects. */
export async function loadFiles(
  source: Source,
  { before: known, versions, nowMs }: Reading,
): Promise<HeldSource> {
  const repository = source.repository.toLowerCase();
  let before = known;
  try {
    before ??= await heldBefore(repository, versions);
    const checkout = await source.open();
    const read = await readRecalling(repository, checkout, { before, versions });
    const loaded = standInForMissing(repository, read, { before, nowMs });
    // Before it counts: otherwise a crash could bring back what it took the place of.
    await versions.keep(repository, versionsOf(loaded));
    return loaded;
  } catch (error) {
    return unreadable(repository, { what: 'The repository', error, before, nowMs });
  }
}

function standInForMissing(
  repository: string,
  read: HeldSource,
  { before, nowMs }: { before: HeldSource; nowMs: number },
): HeldSource {
  const files = new Map(read.files);
  const faults = [...read.faults];
  const missedAt = missing(before, { read, nowMs });
  for (const path of missedAt.keys()) {
    const file = before.files.get(path);
    if (!file) continue;
    files.set(path, file);
    const message =
      'The file is not there any more, or nothing leads to it. What it defined, and no other file does, counts for a minute yet.';
    faults.push({ code: 'missing-file', ref: null, place: { repository, path, line: 1 }, message });
  }
  return { ...read, files, faults, missedAt };
}

/** The files that were held and are not there, since when, but for those that have been missed for long enough. */
function missing(
  before: HeldSource,
  { read, nowMs }: { read: HeldSource; nowMs: number },
): ReadonlyMap<string, number> {
  const missed = [...before.files.keys()]
    .filter((path) => read.followed?.files.has(path) !== true)
    .map((path) => [path, before.missedAt?.get(path) ?? nowMs] as const);
  return new Map(missed.filter(([, since]) => nowMs - since < missingMs));
}

/** As `readFiles`, with good versions that were kept. What such a version leads to may be broken, too. */
async function readRecalling(
  repository: string,
  checkout: Checkout | undefined,
  { before, versions }: { before: HeldSource; versions: GoodVersions },
): Promise<HeldSource> {
  const { unread = new Map() as Unread } = before;
  const asked = new Set<string>();
  const files = new Map(before.files);
  let { followed } = before;
  let failure: string | undefined;
  for (;;) {
    const known = { ...before, files, ...(followed && { followed }) };
    const read = await readFiles(repository, checkout, known);
    if (failure !== undefined) {
      return { ...read, unread, faults: [...read.faults, notRecalled(repository, failure)] };
    }
    const wanted = new Map(
      [...unread].filter(([path, { hash }]) => !asked.has(path) && isBetter(read, path, hash)),
    );
    if (wanted.size === 0) return read;
    for (const path of wanted.keys()) asked.add(path);
    const recalled = await recall(repository, wanted, versions);
    ({ failure } = recalled);
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
