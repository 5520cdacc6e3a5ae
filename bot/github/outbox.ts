// Writes to GitHub what the store holds to be written, in order for each issue and lane. Each installation has workers of
// its own, one a lane, so that nobody waits for another's limits, and they keep GitHub's pace. An attempt is counted
// before it is made; a posting that was attempted before may be on GitHub already, so a comment is first looked for by
// its marker and by our own authorship. What GitHub refuses for good is set aside and told; what failed on the way is
// tried again, and what an owner has shut waits until they open it.

import type { Logger } from 'pino';
import type { BotMetrics } from '../observe/metrics.ts';
import { follow, type Trail } from '../observe/trail.ts';
import {
  beginAttempt,
  laneOf,
  markRefused,
  markSent,
  moveToInstallation,
  postpone,
  putBack,
  refuseAll,
  type OutboxRow,
  type Posting,
} from '../store/outbox.ts';
import { keepPause, pausedUntil } from '../store/pauses.ts';
import { nextPosting, nextPostingTime, waitingQueues, type Queue } from '../store/queues.ts';
import { forgetShut, shutRepository, type ShutCause } from '../store/shut.ts';
import type { Store } from '../store/store.ts';
import { startWorker, type Step, type Worker } from '../worker.ts';
import { waitMs, type WriteLimits } from './pace.ts';
import { writeFault } from './write-faults.ts';

const firstPauseMs = 1_000;
const maxPauseMs = 5 * 60_000;
/** From one look to the next at a repository that an owner has shut, which they may undo. */
const shutPauseMs = 15 * 60_000;
/** The App may be put back into a repository that it was taken out of; after so long nobody waits for that any more. */
const outOfReachMs = 30 * 24 * 60 * 60_000;
/** So often is absence answered, over three seconds, before it is believed. */
const attemptsBeforeAbsence = 2;
/**
 * What is said at a commit is given up when it failed so often, over a quarter of an hour: whoever pushed what cannot
 * be judged would otherwise hold up what is to be said at all later commits of the repository. Somebody may ask for it
 * again.
 */
const attemptsForCheck = 12;
/** However they ended: the bot itself may have died of each, and would die of the next. */
const maxAttemptsForCheck = 24;

const refusedForGood = 'GitHub refused a posting for good; it is set aside';
const givenUp = 'a check failed too often; it is set aside';

export interface OutboxParts {
  readonly store: Store;
  readonly limits: WriteLimits;
  /** Writes one posting. `mayExist` says that an earlier attempt may have succeeded. */
  post(row: OutboxRow, mayExist: boolean): Promise<void>;
  readonly log: Logger;
  readonly metrics: BotMetrics;
  now(): Date;
}

/** Starts writing. Disposing waits for the postings under way. */
export function startOutbox(parts: OutboxParts): Worker {
  const { store, log, metrics, now } = parts;
  const writers = new Map<string, Worker>();
  const onFault = (error: unknown) => {
    log.error({ err: error }, 'outbox stopped short');
    metrics.add('sallyport_bot_worker_faults_total', { worker: 'outbox' });
  };

  const finder = startWorker({
    async step() {
      for (const queue of await waitingQueues(store.queries)) {
        const name = `${queue.installationId}/${queue.lane}`;
        const writer = writers.get(name);
        if (writer) writer.wake();
        else
          writers.set(
            name,
            startWriter(parts, { queue, onFault, findQueues: () => finder.wake() }),
          );
      }
      return { kind: 'idle' };
    },
    now,
    onFault,
  });

  return {
    wake: finder.wake,
    async [Symbol.asyncDispose]() {
      await finder[Symbol.asyncDispose]();
      await Promise.all([...writers.values()].map((writer) => writer[Symbol.asyncDispose]()));
    },
  };
}

interface WriterParts {
  readonly queue: Queue;
  onFault(error: unknown): void;
  /** Called when something waits in another queue. */
  findQueues(): void;
}

/** Works off one queue, one posting at a time. */
function startWriter(parts: OutboxParts, { queue, onFault, findQueues }: WriterParts): Worker {
  const { store, limits, log, metrics } = parts;
  const { installationId } = queue;
  const count = (kind: Posting['kind'], outcome: 'sent' | 'retried' | 'refused') =>
    metrics.add('sallyport_bot_postings_total', { kind, outcome });
  const tellOf = (row: OutboxRow, error: unknown) => ({ err: error, posting: row.key });

  async function step(): Promise<Step> {
    const now = parts.now();
    const moment = now.toISOString();
    const paused = await pausedUntil(store.queries, installationId, moment);
    if (paused !== undefined) return { kind: 'idle', at: new Date(paused) };
    const row = await nextPosting(store.queries, queue, moment);
    if (!row) {
      const at = await nextPostingTime(store.queries, queue, moment);
      return { kind: 'idle', at: at === undefined ? undefined : new Date(at) };
    }
    const wait = await waitMs(store.queries, limits, { ...row, now });
    if (wait > 0) return { kind: 'idle', at: new Date(now.getTime() + wait) };
    await beginAttempt(store.queries, row, moment);
    await follow(idsOf(row), () => attempt(row));
    return { kind: 'worked' };
  }

  async function attempt(row: OutboxRow): Promise<void> {
    if (laneOf(row.posting) === 'checks' && row.attempts >= maxAttemptsForCheck) {
      return setAside(row, new Error('it was begun too often'), givenUp);
    }
    try {
      await parts.post(row, row.attempts > 0);
    } catch (error) {
      return failed(row, error);
    }
    await markSent(store.queries, row.position);
    await forgetShut(store.queries, row.thread.repositoryId);
    log.info({ posting: row.key }, 'a posting was written');
    wakeReplies();
    count(row.posting.kind, 'sent');
  }

  async function failed(row: OutboxRow, error: unknown): Promise<void> {
    const fault = writeFault(error);
    switch (fault.kind) {
      case 'shut':
        return waitForRepository(row, fault.cause, error);
      case 'covered-anew':
        return move(row, fault.installationId, error);
      case 'limit':
        // It is the installation's, not the posting's: whoever goes on writing is shut out for longer.
        await keepPause(store.queries, { installationId, ...until(fault.waitMs) });
        return again(row, error, fault.waitMs);
      case 'refused': {
        const isClosed = fault.status === 403 && mustBeTold(row);
        if (!isClosed && !mayBeBehind(row, fault.status)) return setAside(row, error);
        if (isClosed) log.error(tellOf(row, error), 'GitHub refused what has to be told');
        break;
      }
      case 'lost':
        if (laneOf(row.posting) === 'checks' && row.attempts + 1 >= attemptsForCheck) {
          return setAside(row, error, givenUp);
        }
    }
    return again(row, error, Math.min(firstPauseMs * 2 ** row.attempts, maxPauseMs));
  }

  function until(ms: number): { now: string; endsAt: string } {
    const now = parts.now();
    return { now: now.toISOString(), endsAt: new Date(now.getTime() + ms).toISOString() };
  }

  async function again(row: OutboxRow, error: unknown, pauseMs: number): Promise<void> {
    log.warn({ ...tellOf(row, error), pauseMs }, 'a posting will be tried again');
    count(row.posting.kind, 'retried');
    const { endsAt: notBefore } = until(pauseMs);
    await postpone(store.queries, row.position, { notBefore, fault: String(error) });
  }

  async function setAside(row: OutboxRow, error: unknown, said = refusedForGood): Promise<void> {
    log.error(tellOf(row, error), said);
    count(row.posting.kind, 'refused');
    await markRefused(store.queries, row.position, String(error));
    wakeReplies();
  }

  /** A reply may have waited for what was decided. */
  function wakeReplies(): void {
    if (queue.lane === 'decisions') findQueues();
  }

  /** Written as the other installation, with all that waits for the repository. */
  async function move(row: OutboxRow, covering: number, error: unknown): Promise<void> {
    log.info({ posting: row.key, covering }, 'the App was installed anew; a repository is moved');
    count(row.posting.kind, 'retried');
    const { repositoryId } = row.thread;
    await putBack(store.queries, row.position, String(error));
    await moveToInstallation(store.queries, { repositoryId, installationId: covering });
    findQueues();
  }

  async function waitForRepository(
    row: OutboxRow,
    cause: ShutCause,
    error: unknown,
  ): Promise<void> {
    const { repositoryId } = row.thread;
    const { now, endsAt: lookAt } = until(shutPauseMs);
    await putBack(store.queries, row.position, String(error));
    const since = await shutRepository(store.queries, { repositoryId, cause, now, lookAt });
    if (cause !== 'out-of-reach' || Date.parse(now) - Date.parse(since) < outOfReachMs) {
      log.warn({ ...tellOf(row, error), cause }, 'a repository is shut; what is to be said waits');
      return count(row.posting.kind, 'retried');
    }
    log.error(
      tellOf(row, error),
      'a repository stays out of reach; what was to be said is set aside',
    );
    const refused = await refuseAll(store.queries, repositoryId, String(error));
    for (const kind of refused) count(kind, 'refused');
    await forgetShut(store.queries, repositoryId);
  }

  return startWorker({ step, now: parts.now, onFault });
}

/** What a posting is about: what it was queued for, and the request that it shows. */
function idsOf({ posting, cause }: OutboxRow): Trail {
  const shown = 'telling' in posting ? posting.telling : posting;
  return { ...cause, ...('request' in shown && { request: `r${shown.request}` }) };
}

/** A broken glass is never kept quiet: whoever can close the thread for a while must not gain by it. */
function mustBeTold({ posting }: OutboxRow): boolean {
  if (posting.kind !== 'comment') return false;
  return posting.telling.about === 'glass-broken' || posting.telling.about === 'review-overdue';
}

/**
 * Just taken out of a repository, the App may for a moment be said to cover it still; nothing that was decided is given up
 * for such an answer.
 */
function mayBeBehind({ posting, attempts }: OutboxRow, status: number): boolean {
  return status === 404 && laneOf(posting) === 'decisions' && attempts < attemptsBeforeAbsence;
}
