// A loop that works off what waits in the store, one step at a time, and sleeps until it is woken or its next time
// has come. The inbox, the outbox and the deadlines are three of these. It holds no state of its own: a step reads
// the store, so a worker that is killed and started again goes on where the store stands.

/** What a step found: something done (look again at once), or nothing until `at` (undefined: until woken). */
export type Step =
  { readonly kind: 'worked' } | { readonly kind: 'idle'; readonly at?: Date | undefined };

export interface Worker extends AsyncDisposable {
  /** Says that something may wait now. Cheap, may be called at any time. */
  wake(): void;
}

/** Node fires a longer timer at once; a worker looks again at the latest after this. */
const maxSleepMs = 60_000;
/** After a step that failed unexpectedly: the store may be busy or the disk full. It is tried again, never given up. */
const pauseAfterFaultMs = 1_000;

export interface WorkerParts {
  step(): Promise<Step>;
  /** A step that throws is a surprise; the worker tells it and goes on. */
  onFault(error: unknown): void;
  now(): Date;
}

/** Starts the loop. Disposing waits for the step under way. */
export function startWorker(parts: WorkerParts): Worker {
  let stopped = false;
  let woken = true;
  let awaken = (): void => undefined;
  const loop = run();

  async function run(): Promise<void> {
    while (!stopped) {
      woken = false;
      const sleepMs = await stepOnce();
      if (sleepMs > 0 && !woken && !stopped) await sleep(sleepMs);
    }
  }

  async function stepOnce(): Promise<number> {
    try {
      const step = await parts.step();
      if (step.kind === 'worked') return 0;
      if (!step.at) return maxSleepMs;
      return Math.min(Math.max(step.at.getTime() - parts.now().getTime(), 1), maxSleepMs);
    } catch (error) {
      parts.onFault(error);
      return pauseAfterFaultMs;
    }
  }

  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      awaken = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  function wake(): void {
    woken = true;
    awaken();
  }

  return {
    wake,
    async [Symbol.asyncDispose]() {
      stopped = true;
      wake();
      await loop;
    },
  };
}
