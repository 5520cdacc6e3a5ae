// How much of everything there is, counted when somebody looks: for the figures and the conditions, and for no
// decision.

import { sql } from 'kysely';
import type { Lane } from './outbox.ts';
import type { Queries, Store } from './store.ts';

interface Backlog {
  readonly waiting: number;
  /** ISO 8601; null where nothing waits. */
  readonly oldestSince: string | null;
}

export interface Figures {
  readonly inbox: Backlog;
  readonly outbox: Readonly<Record<Lane, Backlog>>;
  readonly requestsPending: number;
  readonly grantsActive: number;
}

export async function readFigures(queries: Queries, now: string): Promise<Figures> {
  return {
    inbox: await inbox(queries),
    outbox: {
      reactions: await outbox(queries, 'reactions', now),
      decisions: await outbox(queries, 'decisions', now),
      replies: await outbox(queries, 'replies', now),
      checks: await outbox(queries, 'checks', now),
    },
    requestsPending: await inState(queries, 'requests', 'pending'),
    grantsActive: await inState(queries, 'grants', 'active'),
  };
}

/**
 * Rejects when the database takes no write. It writes a number that SQLite keeps for programs, and that means nothing
 * here.
 */
export async function proveWritable({ transaction }: Store): Promise<void> {
  await transaction(async (queries) => void (await sql`pragma user_version = 1`.execute(queries)));
}

async function inbox(queries: Queries): Promise<Backlog> {
  return queries
    .selectFrom('deliveries')
    .select(({ fn }) => [
      fn.countAll<number>().as('waiting'),
      fn.min<string | null>('receivedAt').as('oldestSince'),
    ])
    .where('state', '=', 'waiting')
    .executeTakeFirstOrThrow();
}

/**
 * What is due. What shall be shown later, such as the sessions of a live grant, waits for nothing; what cannot be written
 * because an owner shut its repository waits for them.
 */
async function outbox(queries: Queries, lane: Lane, now: string): Promise<Backlog> {
  // A posting that was tried is put off again and again; since when it is due stands in its body.
  const since = sql<string | null>`min(coalesce(json_extract(body, '$.due'), not_before))`;
  return queries
    .selectFrom('outbox')
    .select(({ fn }) => [fn.countAll<number>().as('waiting'), since.as('oldestSince')])
    .where('state', '=', 'waiting')
    .where('lane', '=', lane)
    .where(({ or, eb }) => or([eb('attempts', '>', 0), eb('notBefore', '<=', now)]))
    .where('repositoryId', 'not in', ({ selectFrom }) =>
      selectFrom('shutRepositories').select('repositoryId'),
    )
    .executeTakeFirstOrThrow();
}

async function inState(
  queries: Queries,
  table: 'requests' | 'grants',
  state: 'pending' | 'active',
): Promise<number> {
  const { count } = await queries
    .selectFrom(table)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('state', '=', state)
    .executeTakeFirstOrThrow();
  return count;
}
