// Until when GitHub asked an installation not to write. Kept on disk, because whoever goes on writing is shut out for
// longer: a bot that is started again and again would do just that.

import type { Queries } from './store.ts';

/**
 * When the pause of an installation is over; undefined where it has none. One that was named after `now` does not count:
 * the clock was set back since.
 */
export async function pausedUntil(
  queries: Queries,
  installationId: number,
  now: string,
): Promise<string | undefined> {
  const row = await queries
    .selectFrom('pauses')
    .select('endsAt')
    .where('installationId', '=', installationId)
    .where('namedAt', '<=', now)
    .where('endsAt', '>', now)
    .executeTakeFirst();
  return row?.endsAt;
}

/** Keeps a pause, unless a longer one holds. */
export async function keepPause(
  queries: Queries,
  { installationId, now, endsAt }: { installationId: number; now: string; endsAt: string },
): Promise<void> {
  const longer = await pausedUntil(queries, installationId, now);
  if (longer !== undefined && longer >= endsAt) return;
  await queries
    .insertInto('pauses')
    .values({ installationId, namedAt: now, endsAt })
    .onConflict((conflict) =>
      conflict.column('installationId').doUpdateSet({ namedAt: now, endsAt }),
    )
    .execute();
}
