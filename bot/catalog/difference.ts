// What one catalog has that another has not, for whoever could connect: a person who merges a change should see what it
// takes away, and what it opens.

import type { CatalogFault, Snapshot } from './snapshot.ts';

export interface Difference {
  /** What cannot be connected to any more, by ref, with the reason; null where it is not defined any more. */
  readonly lost: readonly { readonly ref: string; readonly why: CatalogFault | null }[];
  /** What can be connected to now, by ref. */
  readonly gained: readonly string[];
}

/** Both sorted by ref. */
export function differenceOf(before: Snapshot, after: Snapshot): Difference {
  const missing = (from: Snapshot, there: Snapshot) =>
    [...there.resources.keys()].filter((ref) => !from.resources.has(ref)).toSorted();
  return {
    lost: missing(after, before).map((ref) => ({ ref, why: after.refused.get(ref) ?? null })),
    gained: missing(before, after),
  };
}
