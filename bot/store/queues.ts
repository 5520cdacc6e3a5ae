// What of the outbox is written next. Postings of one thread and lane leave in the order in which they were decided,
// replies after what was decided before them, and what waits for a repository that is shut holds up nothing elsewhere.

import type { Lane, OutboxRow } from './outbox.ts';
import type { Queries } from './store.ts';

/** A reply may be about what was decided just before it on its issue; nothing that was decided waits for a reply. */
const waitsFor: Readonly<Record<Lane, readonly Lane[]>> = {
  reactions: ['reactions'],
  decisions: ['decisions'],
  replies: ['decisions', 'replies'],
  checks: ['checks'],
};

/** Rows that are written one after the other. */
export interface Queue {
  readonly installationId: number;
  readonly lane: Lane;
}

/** The queues in which something waits. */
export function waitingQueues(queries: Queries): Promise<Queue[]> {
  return queries
    .selectFrom('outbox')
    .select(['installationId', 'lane'])
    .distinct()
    .where('state', '=', 'waiting')
    .execute();
}

/** The oldest row of a queue whose time has come and before which nothing of its thread waits, or undefined. */
export async function nextPosting(
  queries: Queries,
  queue: Queue,
  now: string,
): Promise<OutboxRow | undefined> {
  const row = await headsOfThreads(queries, queue, now)
    .select(['position', 'key', 'body', 'attempts', 'installationId'])
    .where('notBefore', '<=', now)
    .orderBy('position')
    .limit(1)
    .executeTakeFirst();
  if (!row) return undefined;
  // Written by queuePosting alone.
  const { thread: asQueued, posting, cause } = JSON.parse(row.body) as OutboxRow;
  const { position, key, attempts, installationId } = row;
  const thread = { ...asQueued, installationId };
  return { position, key, attempts, thread, posting, ...(cause && { cause }) };
}

/** When the next row of a queue may be tried, or undefined when none waits. */
export async function nextPostingTime(
  queries: Queries,
  queue: Queue,
  now: string,
): Promise<string | undefined> {
  const next = await headsOfThreads(queries, queue, now)
    .select('notBefore as at')
    .orderBy('at')
    .limit(1)
    .executeTakeFirst();
  const look = await nextLook(queries, queue, now);
  return [next?.at, look?.at].filter((at) => at !== undefined).toSorted()[0];
}

/** When a repository is looked at again for which something waits. */
function nextLook(queries: Queries, { installationId, lane }: Queue, now: string) {
  return queries
    .selectFrom('shutRepositories as shut')
    .innerJoin('outbox', 'outbox.repositoryId', 'shut.repositoryId')
    .select('shut.lookAt as at')
    .where('state', '=', 'waiting')
    .where('installationId', '=', installationId)
    .where('lane', '=', lane)
    .where('shut.lookAt', '>', now)
    .orderBy('at')
    .limit(1)
    .executeTakeFirst();
}

/**
 * The waiting rows of a queue before which nothing of their thread waits: whatever stands behind one that has to be
 * tried again has to wait, however long it is due. One that is not due yet holds up nothing. What is shut waits whole,
 * unless it was found so after `now`: the clock was set back since.
 */
function headsOfThreads(queries: Queries, { installationId, lane }: Queue, now: string) {
  return queries
    .selectFrom('outbox as row')
    .where('state', '=', 'waiting')
    .where('installationId', '=', installationId)
    .where('lane', '=', lane)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('shutRepositories as shut')
            .select('shut.repositoryId')
            .whereRef('shut.repositoryId', '=', 'row.repositoryId')
            .where('shut.lookedAt', '<=', now)
            .where('shut.lookAt', '>', now),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('outbox as earlier')
            .select('earlier.position')
            .whereRef('earlier.thread', '=', 'row.thread')
            .whereRef('earlier.position', '<', 'row.position')
            .where('earlier.state', '=', 'waiting')
            .where('earlier.lane', 'in', waitsFor[lane])
            .where(({ or, eb }) =>
              or([eb('earlier.attempts', '>', 0), eb('earlier.notBefore', '<=', now)]),
            ),
        ),
      ),
    );
}
