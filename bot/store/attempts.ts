// How much was written to GitHub lately, read from the attempts of the outbox: what limits it knows nothing that a
// restart forgets.

import type { Lane, Posting } from './outbox.ts';
import type { Queries } from './store.ts';

export interface Asked {
  readonly installationId: number;
  readonly nth: number;
  readonly since: string;
  readonly now: string;
  /** Those alone that are counted, where they are given. */
  readonly kinds?: readonly Posting['kind'][];
  readonly lanes?: readonly Lane[];
}

/**
 * When the `nth` latest posting of an installation was last tried, of those after `since`; undefined where fewer were.
 * What lies after `now` does not count: the clock was set back since.
 */
export async function attemptBefore(queries: Queries, asked: Asked): Promise<string | undefined> {
  let attempts = queries
    .selectFrom('outbox')
    .select('attemptedAt')
    .where('installationId', '=', asked.installationId)
    .where('attemptedAt', '>', asked.since)
    .where('attemptedAt', '<=', asked.now);
  if (asked.kinds) attempts = attempts.where('kind', 'in', asked.kinds);
  if (asked.lanes) attempts = attempts.where('lane', 'in', asked.lanes);
  const row = await attempts
    .orderBy('attemptedAt', 'desc')
    .limit(1)
    .offset(asked.nth - 1)
    .executeTakeFirst();
  return row?.attemptedAt ?? undefined;
}
