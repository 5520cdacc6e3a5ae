// Reads the files of a repository, and lets what they were before stand in for those that are broken: what is held of
// them, or, where nothing is, as after a restart, the last good version in their history. A broken file that was never
// good has no entities. Histories are looked into for what is to be held, and not for what anybody proposes.

import type { Checkout } from './checkout.ts';
import { readFile } from './file.ts';
import { follow, followingLimits, type Followed } from './following.ts';
import type { HeldFile, HeldSource } from './held.ts';
import type { CatalogFault } from './snapshot.ts';

/**
 * Files of one repository whose history is looked into, each once, until the bot starts again. Each takes a few calls,
 * and nobody's broken files can use up those that decisions need.
 */
const maxFilesInPast = 50;

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
      const { descriptors, faulty, pointers } = reading;
      files.set(path, { path, revision, descriptors, faulty, pointers, goodIn: readings });
      continue;
    }
    const { place, message } = reading;
    faults.push({ code: 'broken-file', ref: null, place, message });
    const lastGood = before?.files.get(path);
    if (lastGood) files.set(path, lastGood);
    else isLacking = true;
  }
  const lookedBack = before?.lookedBack ?? new Set();
  return {
    files,
    // What takes something away stands before what was never there.
    faults: [...faults, ...followed.faults],
    followed,
    isLacking,
    readings,
    lookedBack,
  };
}

const nothing: Followed = { files: new Map(), faults: [], isIncomplete: false, tree: null };

/** The same, and where nothing is held of a broken file, what the last good version of it defined. */
export async function readWithPast(
  repository: string,
  checkout: Checkout | undefined,
  before: HeldSource | undefined,
): Promise<HeldSource> {
  let read = await readFiles(repository, checkout, before);
  const files = new Map(before?.files);
  const lookedBack = new Set(before?.lookedBack);
  for (;;) {
    const broken = [...(read.followed?.files.keys() ?? [])]
      .filter((path) => !read.files.has(path) && !lookedBack.has(path))
      .slice(0, maxFilesInPast - lookedBack.size);
    if (!checkout || broken.length === 0) return read;
    for (const path of broken) lookedBack.add(path);
    const found = await Promise.all(broken.map((path) => lastGood(checkout, repository, path)));
    for (const file of found) if (file) files.set(file.path, file);
    // Once more, because it leads to files that nothing leads to now, and they may be broken as well.
    const followed = { ...(read.followed ?? nothing), tree: null };
    read = await readFiles(repository, checkout, {
      ...(before ?? read),
      files,
      followed,
      lookedBack,
    });
  }
}

async function lastGood(
  checkout: Checkout,
  repository: string,
  path: string,
): Promise<HeldFile | undefined> {
  const isRoot = checkout.roots.some((root) => root.path === path);
  return checkout.newestUsable(path, ({ revision, text }) => {
    // It was never good: only the first files may be longer.
    if (!isRoot && Buffer.byteLength(text) > followingLimits.maxFileBytes) return undefined;
    const reading = readFile({ repository, path, revision, text });
    if (reading.kind === 'broken') return undefined;
    const { descriptors, faulty, pointers } = reading;
    return { path, revision, descriptors, faulty, pointers, goodIn: 0 };
  });
}
