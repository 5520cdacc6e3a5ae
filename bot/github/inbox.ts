// Works off the deliveries in the order they came. A delivery is done when its handler has finished; one whose
// handler fails, usually because GitHub did not answer, is tried again with growing pauses, then set aside and told.
// Handlers may see the same delivery twice (a crash between the two) and must not act twice.

import type { Logger } from 'pino';
import { markDelivery, nextDelivery, type Delivery } from '../store/inbox.ts';
import type { Store } from '../store/store.ts';
import { startWorker, type Step, type Worker } from '../worker.ts';

/** A delivery that failed this often is set aside: it must not hold up the others for ever. */
const maxAttempts = 6;
/** The pause after the first failure; it doubles with each. */
const firstPauseMs = 500;

export interface InboxParts {
  readonly store: Store;
  /** Hands one delivery to its handler. */
  dispatch(delivery: Delivery): Promise<void>;
  readonly log: Logger;
  now(): Date;
}

export function startInbox(parts: InboxParts): Worker {
  let pausedUntil: Date | undefined;

  async function step(): Promise<Step> {
    const now = parts.now();
    if (pausedUntil && now < pausedUntil) return { kind: 'idle', at: pausedUntil };
    const delivery = await nextDelivery(parts.store.queries);
    if (!delivery) return { kind: 'idle' };
    const log = parts.log.child({ delivery: delivery.guid, event: delivery.event });
    try {
      await parts.dispatch(delivery);
    } catch (error) {
      return failed(delivery, error, log);
    }
    await markDelivery(parts.store.queries, delivery.position, {
      state: 'done',
      attempts: delivery.attempts + 1,
    });
    log.debug('delivery done');
    return { kind: 'worked' };
  }

  async function failed(delivery: Delivery, error: unknown, log: Logger): Promise<Step> {
    const attempts = delivery.attempts + 1;
    const gaveUp = attempts >= maxAttempts;
    const fault = String(error);
    await markDelivery(parts.store.queries, delivery.position, {
      state: gaveUp ? 'failed' : 'waiting',
      attempts,
      fault,
    });
    log[gaveUp ? 'error' : 'warn'](
      { err: error, attempts },
      gaveUp ? 'delivery set aside' : 'delivery will be tried again',
    );
    if (gaveUp) return { kind: 'worked' };
    pausedUntil = new Date(parts.now().getTime() + firstPauseMs * 2 ** (attempts - 1));
    return { kind: 'idle', at: pausedUntil };
  }

  return startWorker({
    step,
    now: parts.now,
    onFault: (error) => parts.log.error({ err: error }, 'inbox stopped short'),
  });
}
