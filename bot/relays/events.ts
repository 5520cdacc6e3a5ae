// Takes a relay's numbered events to the record: each once, in order, without a gap, in batches, so that a thousand
// ends after one revocation cost a few writes to disk. A relay keeps an event until it is told that it was recorded.

import type { RelayEvent } from '../../relay/control.ts';

export interface RecorderDeps {
  /** The number of the last event that is recorded. */
  readonly recorded: number;
  /** The first to come may leave out numbers: those events were acknowledged by a bot that is lost. */
  readonly mayMiss: boolean;
  /** Writes them durably, skips those it has, and resolves with the number of the last one recorded. */
  record(events: readonly RelayEvent[]): Promise<number>;
  acknowledge(n: number): void;
}

export interface Recorder {
  /** `gap` when an event before it is missing; otherwise resolves when it is recorded. */
  add(event: RelayEvent): Promise<void> | 'gap';
}

/** The most events that are written in one go: a transaction of this size stays short. */
const maxBatch = 500;

export function openRecorder(deps: RecorderDeps): Recorder {
  let taken = deps.recorded;
  let { mayMiss } = deps;
  let waiting: { event: RelayEvent; settle: PromiseWithResolvers<void> }[] = [];
  let isWriting = false;

  async function write(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch);
      waiting = waiting.slice(maxBatch);
      try {
        deps.acknowledge(await deps.record(batch.map(({ event }) => event)));
        for (const { settle } of batch) settle.resolve();
      } catch (error) {
        // What came after it must not be written either: the record would have a hole where this batch belongs.
        for (const { settle } of [...batch, ...waiting]) settle.reject(error);
        waiting = [];
        return;
      }
    }
    isWriting = false;
  }

  return {
    add(event) {
      if (event.n <= taken) return Promise.resolve();
      if (event.n !== taken + 1 && !mayMiss) return 'gap';
      taken = event.n;
      mayMiss = false;
      const settle = Promise.withResolvers<void>();
      waiting.push({ event, settle });
      if (!isWriting) void write();
      return settle.promise;
    },
  };
}
