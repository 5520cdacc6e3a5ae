// How much was written to GitHub lately, read from the attempts of the outbox: what limits it knows nothing that a
// restart forgets.

import type { Posting } from './outbox.ts';
import type { Queries } from './store.ts';

/**
 * When the `nth` latest posting of an installation was last tried, counting those of `kinds` alone where they are given;
 * undefined where fewer were. What lies after `now` does not count: the clock was set back since.
 */
export async function attemptBefore(
  queries: Queries,
  asked: { installationId: number; nth: number; now: string; kinds?: readonly Posting['kind'][] },
): Promise<string | undefined> {
  let attempts = queries
    .selectFrom('outbox')
    .select('attemptedAt')
    .where('installationId', '=', asked.installationId)
    .where('attemptedAt', '<=', asked.now);
  if (asked.kinds) attempts = attempts.where('kind', 'in', asked.kinds);
  const row = await attempts
    .orderBy('attemptedAt', 'desc')
    .limit(1)
    .offset(asked.nth - 1)
    .executeTakeFirst();
  return row?.attemptedAt ?? undefined;
}
