// Writes to GitHub what the store holds to be written, in order for each issue and lane. Each installation has workers of
// its own, one a lane, so that nobody waits for another's limits, and they keep GitHub's pace. An
// attempt is counted before it is made; a posting that was attempted before may be on GitHub already, so a comment is
// first looked for by its marker and by our own authorship. What GitHub refuses for good is set aside and told; what
// failed on the way is tried again.

import type { Logger } from 'pino';
import type { BotMetrics } from '../observe/metrics.ts';
import { follow, type Trail } from '../observe/trail.ts';
import {
  beginAttempt,
  markRefused,
  markSent,
  nextPosting,
  nextPostingTime,
  postpone,
  waitingQueues,
  type OutboxRow,
  type Queue,
} from '../store/outbox.ts';
import { keepPause, pausedUntil } from '../store/pauses.ts';
import type { Store } from '../store/store.ts';
import { startWorker, type Step, type Worker } from '../worker.ts';
import { waitMs, type WriteLimits } from './pace.ts';

const firstPauseMs = 1_000;
const maxPauseMs = 5 * 60_000;
/** Where an owner has suspended the App or archived the repository, which they may undo. */
const shutPauseMs = 15 * 60_000;
/** After a limit that does not say when it ends: GitHub's documentation asks for a minute at least. */
const limitPauseMs = 60_000;

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
        else writers.set(name, startWriter(parts, { queue, onFault }));
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
}

/** Works off one queue, one posting at a time. */
function startWriter(parts: OutboxParts, { queue, onFault }: WriterParts): Worker {
  const { store, limits, log, metrics } = parts;
  const { installationId } = queue;
  const count = ({ posting: { kind } }: OutboxRow, outcome: 'sent' | 'retried' | 'refused') =>
    metrics.add('sallyport_bot_postings_total', { kind, outcome });

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
    try {
      await parts.post(row, row.attempts > 0);
    } catch (error) {
      return failed(row, error);
    }
    await markSent(store.queries, row.position);
    log.info({ posting: row.key }, 'a posting was written');
    count(row, 'sent');
  }

  async function failed(row: OutboxRow, error: unknown): Promise<void> {
    const fault = String(error);
    const isClosed = (error as ApiError).status === 403 && mustBeTold(row);
    const isShut = isShutForNow(error);
    if (isFinal(error) && !isClosed && !isShut) {
      log.error(
        { err: error, posting: row.key },
        'GitHub refused a posting for good; it is set aside',
      );
      count(row, 'refused');
      await markRefused(store.queries, row.position, fault);
      return;
    }
    const limitMs = retryAfterMs(error);
    const growingMs = Math.min(firstPauseMs * 2 ** row.attempts, maxPauseMs);
    const pauseMs = limitMs ?? (isShut ? shutPauseMs : growingMs);
    const facts = { err: error, posting: row.key, pauseMs };
    if (isClosed) log.error(facts, 'GitHub refused what has to be told; it is tried again');
    else log.warn(facts, 'a posting will be tried again');
    count(row, 'retried');
    const now = parts.now();
    const notBefore = new Date(now.getTime() + pauseMs).toISOString();
    // A limit is the installation's, not the posting's: whoever goes on writing is shut out for longer.
    if (limitMs !== undefined) {
      const pause = { installationId, now: now.toISOString(), endsAt: notBefore };
      await keepPause(store.queries, pause);
    }
    await postpone(store.queries, row.position, { notBefore, fault });
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

interface ApiError {
  status?: number;
  message?: string;
  response?: { headers?: Record<string, string | number | undefined> };
}

/** A locked issue, a deleted one, a body GitHub will not have: asking again changes nothing. Limits also answer 403. */
function isFinal(error: unknown): boolean {
  const { status } = error as ApiError;
  if (status === 403) return retryAfterMs(error) === undefined;
  return status === 404 || status === 410 || status === 422;
}

/**
 * What an owner can undo: what was said meanwhile is then still to be shown, or the thread would go on telling of access
 * that has ended. GitHub tells the two from a missing permission by its words alone.
 */
function isShutForNow(error: unknown): boolean {
  const { status, message = '' } = error as ApiError;
  return status === 403 && /installation has been suspended|was archived/i.test(message);
}

/** How long GitHub asks to wait; undefined when its answer is about something else than a limit. */
function retryAfterMs(error: unknown): number | undefined {
  const { status, message = '', response } = error as ApiError;
  const { headers = {} } = response ?? {};
  const seconds = Number(headers['retry-after']);
  if (headers['retry-after'] !== undefined && Number.isFinite(seconds)) return seconds * 1_000;
  if (String(headers['x-ratelimit-remaining']) === '0') {
    const resetMs =
      Number(headers['x-ratelimit-reset']) * 1_000 - Date.parse(String(headers['date']));
    return Number.isFinite(resetMs) ? Math.max(resetMs, firstPauseMs) : limitPauseMs;
  }
  // A secondary limit need not say how long it lasts, and only its words tell it from a missing permission.
  return status === 429 || /secondary rate limit|abuse/i.test(message) ? limitPauseMs : undefined;
}
