// What is looked after every few minutes because nobody would tell of it: deliveries that GitHub could not make, and
// threads with something open on which a command may stand that never was delivered.

import type { Logger } from 'pino';
import type { BotMetrics } from '../observe/metrics.ts';
import { follow } from '../observe/trail.ts';
import { startWorker, type Worker } from '../worker.ts';

/** From one round to the next. The first is made at once. */
const everyMs = 5 * 60_000;

export interface RoundsParts {
  /** Each is tried in every round, whatever became of the others. */
  readonly errands: Readonly<Record<string, () => Promise<void>>>;
  readonly log: Logger;
  readonly metrics: BotMetrics;
  now(): Date;
}

export function startRounds({ errands, log, metrics, now }: RoundsParts): Worker {
  let next = 0;
  return startWorker({
    async step() {
      const startedAt = now().getTime();
      if (startedAt >= next) {
        next = startedAt + everyMs;
        for (const [errand, run] of Object.entries(errands)) {
          await tryErrand(errand, run);
        }
      }
      return { kind: 'idle', at: new Date(next) };
    },
    now,
    onFault(error) {
      log.error({ err: error }, 'a round failed');
      metrics.add('sallyport_bot_worker_faults_total', { worker: 'rounds' });
    },
  });

  async function tryErrand(errand: string, run: () => Promise<void>): Promise<void> {
    const count = (outcome: 'done' | 'failed') =>
      metrics.add('sallyport_bot_errands_total', { errand, outcome });
    try {
      await follow({}, run);
      count('done');
    } catch (error) {
      // GitHub may be down: the next round asks again.
      log.error({ err: error, errand }, 'an errand failed');
      count('failed');
    }
  }
}
