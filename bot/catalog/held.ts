// What is held of a source, and which of it counts. A file that is broken now, or not there any more, stands in with
// what it defined when it was read last, and only with what no file defines that was read after it: an entity that moved
// to another file would otherwise be defined twice, and nobody would be left with access to it.

import type { FaultyEntity } from './file.ts';
import type { Followed } from './following.ts';
import type { Pointer } from './location.ts';
import type { Descriptor } from './model.ts';
import type { CatalogFault } from './snapshot.ts';

/** A file; or all of a Backstage, whose path is empty. */
export interface HeldFile {
  readonly path: string;
  readonly revision: string;
  readonly descriptors: readonly Descriptor[];
  readonly faulty: readonly FaultyEntity[];
  readonly pointers: readonly Pointer[];
  /** The number of the last reading that found it there and good. */
  readonly goodIn: number;
}

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
  /** How many readings of the source there were, this one included; those that failed are not counted. */
  readonly readings: number;
}

type Counted = Pick<HeldFile, 'descriptors' | 'faulty'>;

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
  return all.map(({ descriptors, faulty, goodIn }) => {
    const isLast = ({ ref }: { readonly ref: string | null }) =>
      ref === null || lastIn.get(ref) === goodIn;
    return { descriptors: descriptors.filter(isLast), faulty: faulty.filter(isLast) };
  });
}
