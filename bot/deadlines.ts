// What time alone does: a pending request lapses, so does an approval that nobody confirms, a grant expires, used or not, a
// review becomes overdue. The relays cut an expired grant by their own clocks; this is how the thread and the log learn of
// it. It reads the store for what comes next, so that a bot that was down at the moment catches up when it starts.

import { judgeInTime } from './access/confirm.ts';
import { startTrail, type Refused } from './access/explain.ts';
import { expiresAt } from './access/grant-time.ts';
import { judgeOpen } from './access/pending.ts';
import { judgeActive } from './access/standing.ts';
import type { Ledger } from './ledger/ledger.ts';
import { recordOverdue } from './ledger/glass.ts';
import { recordExpiry } from './ledger/grants.ts';
import { closeRequest } from './ledger/closing.ts';
import { recordWaitingLapse } from './ledger/waiting.ts';
import { grantOfRequest, nextToExpire } from './store/grants.ts';
import { nextToLapse } from './store/requests.ts';
import { nextWaitingToLapse, type WaitingApproval } from './store/waiting.ts';
import { nextDueReview, type Review } from './store/reviews.ts';
import { startWorker, type Step, type Worker } from './worker.ts';

export interface DeadlineParts {
  readonly ledger: Ledger;
  onFault(error: unknown): void;
}

/** Starts watching. Wake it when a request was opened or a grant was given. */
export function watchDeadlines({ ledger, onFault }: DeadlineParts): Worker {
  const { store, now } = ledger;

  async function step(): Promise<Step> {
    const grant = await nextToExpire(store.queries);
    const expired = grant && judgeActive(grant, now(), startTrail());
    if (expired) {
      await recordExpiry(ledger, grant, expired.derivation);
      return { kind: 'worked' };
    }
    const pending = await nextToLapse(store.queries);
    const lapsed = pending && judgeOpen(pending.request, now(), startTrail());
    if (lapsed) {
      await closeRequest(ledger, pending.request, {
        event: 'lapse',
        actor: { kind: 'bot' },
        origin: { kind: 'bot' },
        by: 'the bot',
        reason: '',
        derivation: lapsed.derivation,
      });
      return { kind: 'worked' };
    }
    const waiting = await nextWaitingToLapse(store.queries);
    const late = waiting && judgeWaiting(waiting);
    if (late) {
      await recordWaitingLapse(ledger, waiting, late.derivation);
      return { kind: 'worked' };
    }
    const review = await nextDueReview(store.queries);
    if (review && review.dueAt <= now().toISOString()) {
      await tellOverdue(review);
      return { kind: 'worked' };
    }
    const ends = [grant && expiresAt(grant), pending?.request.lapsesAt];
    const moments = [...ends, waiting?.until, review?.dueAt];
    const times = moments.filter((time) => time !== undefined);
    if (times.length === 0) return { kind: 'idle' };
    return { kind: 'idle', at: new Date(Math.min(...times.map((time) => Date.parse(time)))) };
  }

  function judgeWaiting({ requestNumber, until }: WaitingApproval): Refused | undefined {
    return judgeInTime({ request: `r${requestNumber}`, until }, now(), startTrail());
  }

  async function tellOverdue(review: Review): Promise<void> {
    const grant = await grantOfRequest(store.queries, review.requestNumber);
    if (!grant) throw new Error(`there is no grant of request ${review.requestNumber} to review`);
    await recordOverdue(ledger, { grant, review });
  }

  return startWorker({ step, onFault, now });
}
