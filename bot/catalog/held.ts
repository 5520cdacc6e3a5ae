// What is held of a source, and which of it counts. A file that is broken now, or not there any more, stands in with
// what it defined when it was read last, and only with what no file defines that was read after it: an entity that moved
// to another file would otherwise be defined twice, and nobody would be left with access to it.

import type { FaultyEntity, FileReading } from './file.ts';
import type { Followed } from './following.ts';
import type { Pointer } from './location.ts';
import type { Descriptor } from './model.ts';
import type { CatalogFault } from './snapshot.ts';
import { SourceWithheld, withhold } from './withheld.ts';

/** A file; or all of a Backstage, whose path is empty. */
export interface HeldFile {
  readonly path: string;
  readonly revision: string;
  readonly descriptors: readonly Descriptor[];
  readonly faulty: readonly FaultyEntity[];
  readonly pointers: readonly Pointer[];
  /** The number of the last reading that found it there and good. */
  readonly goodIn: number;
  /**
   * It was read again by its hash since the start, and never as it stands in the repository. What was pushed while the
   * bot was down, the bot did not see: what of this was moved elsewhere by then, it cannot know.
   */
  readonly isRecalled: boolean;
}

/** A file as it was read, with the number of the reading. */
export function heldFile({ path, revision, reading }: GoodFile, goodIn: number): HeldFile {
  const { descriptors, faulty, pointers } = reading;
  return { path, revision, descriptors, faulty, pointers, goodIn, isRecalled: false };
}

interface GoodFile {
  readonly path: string;
  readonly revision: string;
  readonly reading: FileReading & { readonly kind: 'read' };
}

/** By path, the versions of files that counted when the bot last ran, each with the last reading that found it. */
export type Unread = ReadonlyMap<string, { readonly hash: string; readonly goodIn: number }>;

export interface HeldSource {
  readonly files: ReadonlyMap<string, HeldFile>;
  readonly faults: readonly CatalogFault[];
  /** What was read last of a repository, the broken files included. */
  readonly followed?: Followed;
  /** There is more than is held: something could not be read, and never was before. */
  readonly isLacking: boolean;
  /** When each file that is held was first missed, in ms since 1970. */
  readonly missedAt?: ReadonlyMap<string, number>;
  /** Since when GitHub says that it is not to be read, in ms since 1970. */
  readonly withheldSinceMs?: number;
  /** What counted when the bot last ran and may yet be needed; undefined until it was looked up. */
  readonly unread?: Unread;
  /**
   * The number of the last reading, of those that succeeded. They are counted over restarts, as far as what is kept tells
   * of them.
   */
  readonly readings: number;
}

type Counted = Pick<HeldFile, 'descriptors' | 'faulty' | 'isRecalled'>;

/** What counts of each file. */
export function countedOf({ files, readings }: HeldSource): readonly Counted[] {
  const all = [...files.values()];
  if (all.every(({ goodIn }) => goodIn === readings)) return all;
  const lastIn = new Map<string, number>();
  for (const { descriptors, faulty, goodIn } of all) {
    for (const { ref } of [...descriptors, ...faulty]) {
      if (ref !== null) lastIn.set(ref, Math.max(goodIn, lastIn.get(ref) ?? goodIn));
    }
  }
  return all.map(({ descriptors, faulty, goodIn, isRecalled }) => {
    const isLast = ({ ref }: { readonly ref: string | null }) =>
      ref === null || lastIn.get(ref) === goodIn;
    return { descriptors: descriptors.filter(isLast), faulty: faulty.filter(isLast), isRecalled };
  });
}

/** What is held of a source that could not be read now, and the fault that says why. */
export function unreadable(
  repository: string,
  failure: { what: string; error: unknown; before: HeldSource | undefined; nowMs: number },
): HeldSource {
  const { what, error, before, nowMs } = failure;
  const why = `${what} could not be read: ${error instanceof Error ? error.message : String(error)}`;
  const place = { repository, path: '', line: 1 };
  const fault = { code: 'unreadable', ref: null, place } as const;
  if (!(error instanceof SourceWithheld)) {
    // With the files that are missing since when: otherwise one reading in two that fails would keep them for ever.
    const faults = [{ ...fault, message: why }];
    return { files: new Map(), isLacking: true, readings: 0, ...before, faults };
  }
  const isHeld = before !== undefined && before.files.size > 0;
  const { sinceMs, isOver, isForgotten, sentence } = withhold(
    { sinceMs: before?.withheldSinceMs, isHeld },
    nowMs,
  );
  const faults = [{ ...fault, message: `${why} ${sentence}` }];
  if (!isOver && before) return { ...before, withheldSinceMs: sinceMs, faults };
  const { readings = 0 } = before ?? {};
  const unread = isForgotten ? new Map() : before?.unread;
  const nothing = { files: new Map(), isLacking: true, readings, ...(unread && { unread }) };
  return { ...nothing, withheldSinceMs: sinceMs, faults };
}
