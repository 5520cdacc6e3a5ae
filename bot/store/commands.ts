// Which comments have been acted on. A comment acts once, however often it is delivered and wherever the bot was
// killed: this row is written in the transaction of whatever the comment caused.

import type { Queries } from './store.ts';

export async function isSettled(queries: Queries, commentId: number): Promise<boolean> {
  const row = await queries
    .selectFrom('commands')
    .select('commentId')
    .where('commentId', '=', commentId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Marks a comment as acted on. Throws when it was before: the transaction around it must then not happen. */
export async function settle(
  queries: Queries,
  command: { commentId: number; authorId: number | null; at: string; outcome: string },
): Promise<void> {
  await queries.insertInto('commands').values(command).execute();
}

/** Notes what became of a comment that was acted on in two steps. */
export async function resettle(
  queries: Queries,
  { commentId, outcome }: { commentId: number; outcome: string },
): Promise<void> {
  await queries
    .updateTable('commands')
    .set({ outcome })
    .where('commentId', '=', commentId)
    .execute();
}

/** How many of a person's comments were acted on since then, those left out that were not answered. */
export async function countCommands(
  queries: Queries,
  asked: { authorId: number; since: string },
): Promise<number> {
  const row = await queries
    .selectFrom('commands')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('authorId', '=', asked.authorId)
    .where('at', '>', asked.since)
    .where('outcome', '!=', unanswered)
    .executeTakeFirst();
  return row?.count ?? 0;
}

/** The outcome of a command that was too many, and after the one that said so. */
export const unanswered = 'not-answered';
