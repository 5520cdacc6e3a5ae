// The epochs of the bot: one at first, and another each time its database was restored from a backup. Also the mark that
// makes a database one that was restored: it stands in the database itself, so that it cannot be lost on the way.

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

/** What the database says of itself when it is a copy that took the place of one that is lost. */
export interface Restored {
  /** When the copy was made; null where the copy does not say. */
  readonly madeAt: string | null;
  readonly restoredAt: string;
}

/** Takes the mark of a restored database off. Undefined where there is none. */
export async function takeRestoredMark(queries: Queries): Promise<Restored | undefined> {
  const row = await queries.deleteFrom('backup').returningAll().executeTakeFirst();
  if (!row) return undefined;
  const { madeAt, restoredAt } = row;
  if (restoredAt === null) throw new Error('a backup was opened that nobody has restored');
  return { madeAt, restoredAt };
}
