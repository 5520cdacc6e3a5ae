// Works off the deliveries in the order they came. A delivery is done when its handler has finished. One whose handler
// fails, usually because GitHub did not answer, is tried again with growing pauses: at first everything waits for it,
// so that commands keep their order, also over a restart; then it is put off, so that it does not hold up the others
// for ever. Handlers may see the same delivery twice (a crash between the two) and must not act twice.

import type { Logger } from 'pino';
import type { BotMetrics } from '../observe/metrics.ts';
import { follow } from '../observe/trail.ts';
import {
  markDelivery,
  nextDelivery,
  nextDeliveryTime,
  putOff,
  type Delivery,
} from '../store/inbox.ts';
import type { Store } from '../store/store.ts';
import { startWorker, type Step, type Worker } from '../worker.ts';

/** So often everything behind a delivery waits for it. */
const patientAttempts = 6;
/** The pause after the first failure; it doubles with each. */
const firstPauseMs = 500;
/** The longest pause. */
const lastPauseMs = 30 * 60_000;
/** A delivery that failed this often, over more than a day, is set aside and told. */
const maxAttempts = 60;

export interface InboxParts {
  readonly store: Store;
  /** Hands one delivery to its handler. */
  dispatch(delivery: Delivery): Promise<void>;
  readonly log: Logger;
  readonly metrics: BotMetrics;
  now(): Date;
}

export function startInbox({ store, dispatch, log, metrics, now }: InboxParts): Worker {
  const { queries } = store;
  const count = (event: string, outcome: 'done' | 'retried' | 'set-aside') =>
    metrics.add('sallyport_bot_deliveries_total', { event, outcome });

  async function step(): Promise<Step> {
    const moment = now().toISOString();
    const delivery = await nextDelivery(queries, { now: moment, patientAttempts });
    if (delivery && delivery.notBefore > moment) {
      return { kind: 'idle', at: new Date(delivery.notBefore) };
    }
    if (!delivery) {
      const at = await nextDeliveryTime(queries);
      return { kind: 'idle', at: at === undefined ? undefined : new Date(at) };
    }
    return follow({ delivery: delivery.guid }, () => attempt(delivery));
  }

  async function attempt(delivery: Delivery): Promise<Step> {
    try {
      await dispatch(delivery);
    } catch (error) {
      return failed(delivery, error);
    }
    const attempts = delivery.attempts + 1;
    await markDelivery(queries, delivery.position, { state: 'done', attempts });
    log.info({ event: delivery.event, attempts }, 'a delivery was dealt with');
    count(delivery.event, 'done');
    return { kind: 'worked' };
  }

  async function failed({ position, event, ...before }: Delivery, error: unknown): Promise<Step> {
    const attempts = before.attempts + 1;
    const facts = { event, attempts, err: error };
    const fault = String(error);
    if (attempts >= maxAttempts) {
      log.error(facts, 'a delivery is set aside');
      count(event, 'set-aside');
      await markDelivery(queries, position, { state: 'failed', attempts, fault });
      return { kind: 'worked' };
    }
    log.warn(facts, 'a delivery will be tried again');
    count(event, 'retried');
    const pauseMs = Math.min(firstPauseMs * 2 ** (attempts - 1), lastPauseMs);
    const notBefore = new Date(now().getTime() + pauseMs).toISOString();
    await putOff(queries, position, { attempts, notBefore, fault });
    return { kind: 'worked' };
  }

  return startWorker({
    step,
    now,
    onFault(error) {
      log.error({ err: error }, 'inbox stopped short');
      metrics.add('sallyport_bot_worker_faults_total', { worker: 'inbox' });
    },
  });
}
