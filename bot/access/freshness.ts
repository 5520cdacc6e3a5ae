// Whether something may still be given by what a Backstage said. It tells of no change: while it does not answer, what
// it said last stands in for a while, and then somebody may have lost there what would be given to them.

import { startTrail, type Refused } from './explain.ts';
import { refuse } from './reasons.ts';

/** How old what is known of a Backstage is, and how old it may be. */
export interface Freshness {
  /** When it was last read whole; where it never was, since when that is tried. */
  readonly since: Date;
  readonly maxAgeMs: number;
}

export function isFresh({ since, maxAgeMs }: Freshness, now: Date): boolean {
  return now.getTime() - since.getTime() < maxAgeMs;
}

/** The no to whoever wants something given, which nothing else has to be looked at for. */
export function refuseStale({ since, maxAgeMs }: Freshness): Refused {
  const reason = refuse('catalog-stale', { sinceAt: since.toISOString(), maxAgeMs });
  return startTrail().unmet('catalog-is-fresh', reason);
}
