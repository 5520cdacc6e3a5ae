// The epochs of the bot: one at first, and another each time its database was restored from a backup.

import type { Queries } from './store.ts';

export interface Epoch {
  /** As on the control channel: 1, or the second since 1970 from which what the bot gives counts. */
  readonly number: number;
  /** What was written before this moment may have been acted on by a bot that is lost. */
  readonly openedAt: string;
  /** Requests have this number or a higher one: lower ones may have been given by a bot that is lost. */
  readonly firstRequest: number;
}

/** Nothing was lost before it. */
const firstEpoch: Epoch = {
  number: 1,
  openedAt: new Date(0).toISOString(),
  firstRequest: 1,
};

export async function currentEpoch(queries: Queries): Promise<Epoch> {
  const row = await queries
    .selectFrom('epochs')
    .select(['number', 'openedAt', 'firstRequest'])
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? firstEpoch;
}

export async function addEpoch(
  queries: Queries,
  epoch: Epoch & { readonly backupAt: string | null },
): Promise<void> {
  await queries.insertInto('epochs').values(epoch).execute();
}
