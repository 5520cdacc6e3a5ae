// The cards of requests: which comment is the card, and every text that it was ever given.

import type { Queries } from './store.ts';

/** The number of the request whose card a comment is. */
export async function requestOfCard(
  queries: Queries,
  commentId: number,
): Promise<number | undefined> {
  const row = await queries
    .selectFrom('requests')
    .select('number')
    .where('cardCommentId', '=', commentId)
    .executeTakeFirst();
  return row?.number;
}

export async function rememberCard(
  queries: Queries,
  number: number,
  cardCommentId: number,
): Promise<void> {
  await queries
    .updateTable('requests')
    .set({ cardCommentId })
    .where('number', '=', number)
    .execute();
}

/**
 * Keeps the digest of a text the card is about to be given. Kept before it is written: after a crash it may stand
 * there.
 */
export async function rememberCardText(
  queries: Queries,
  number: number,
  hash: string,
): Promise<void> {
  await queries
    .insertInto('cards')
    .values({ requestNumber: number, hash })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Whether the card was ever given a text with this digest. */
export async function isCardText(queries: Queries, number: number, hash: string): Promise<boolean> {
  const row = await queries
    .selectFrom('cards')
    .select('hash')
    .where('requestNumber', '=', number)
    .where('hash', '=', hash)
    .executeTakeFirst();
  return row !== undefined;
}

/** Notes that somebody else changed the card. */
export async function noteCardChanged(queries: Queries, number: number): Promise<void> {
  await queries
    .updateTable('requests')
    .set({ cardChanged: 1 })
    .where('number', '=', number)
    .execute();
}

/** Notes that a changed card is put back; `at` by GitHub's clock. */
export async function noteCardRestored(
  queries: Queries,
  number: number,
  at: string,
): Promise<void> {
  await queries
    .updateTable('requests')
    .set({ cardChanged: 0, cardRestoredAt: at })
    .where('number', '=', number)
    .execute();
}
