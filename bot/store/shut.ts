// Repositories to which nothing can be written for now. What is to be written there waits, and one posting at a time looks
// whether it can be again: however many threads a repository has, the others of its installation lose no time to it.

import type { Queries } from './store.ts';

export type ShutCause = 'suspended' | 'archived' | 'out-of-reach';

/**
 * Keeps that a repository was found shut at `now`, and when it is looked at again. Gives since when it has been found so,
 * for this cause, without a posting in between that could be written.
 */
export async function shutRepository(
  queries: Queries,
  found: { repositoryId: number; cause: ShutCause; now: string; lookAt: string },
): Promise<string> {
  const { repositoryId, cause, now, lookAt } = found;
  const before = await queries
    .selectFrom('shutRepositories')
    .select(['cause', 'since'])
    .where('repositoryId', '=', repositoryId)
    .executeTakeFirst();
  const isSame = before !== undefined && before.cause === cause && before.since <= now;
  const row = { cause, since: isSame ? before.since : now, lookedAt: now, lookAt };
  await queries
    .insertInto('shutRepositories')
    .values({ repositoryId, ...row })
    .onConflict((conflict) => conflict.column('repositoryId').doUpdateSet(row))
    .execute();
  return row.since;
}

/** Something was written there, or nothing is to be written any more. */
export async function forgetShut(queries: Queries, repositoryId: number): Promise<void> {
  await queries.deleteFrom('shutRepositories').where('repositoryId', '=', repositoryId).execute();
}

/** Has repositories looked at now: those, or all to which something is to be written as this installation. */
export async function lookAgain(
  queries: Queries,
  at: { repositoryIds: readonly number[] } | { installationId: number },
): Promise<void> {
  const update = queries.updateTable('shutRepositories').set({ lookAt: '' });
  if ('repositoryIds' in at) {
    await update.where('repositoryId', 'in', at.repositoryIds).execute();
    return;
  }
  const { installationId } = at;
  await update
    .where('repositoryId', 'in', ({ selectFrom }) =>
      selectFrom('outbox')
        .select('repositoryId')
        .where('state', '=', 'waiting')
        .where('installationId', '=', installationId),
    )
    .execute();
}
