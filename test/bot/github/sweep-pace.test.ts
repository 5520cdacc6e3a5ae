// How often the sweep looks, on a clock that the test turns.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { pino } from 'pino';
import { startSweep, type SweepParts } from '../../../bot/github/sweep.ts';
import { openBotMetrics } from '../../../bot/observe/metrics.ts';
import { openStore } from '../../../bot/store/store.ts';
import { factsOf } from '../access/world.ts';

/** A sweep with nothing open, and how often it has asked for the rules. */
async function watched(current: () => Promise<ReturnType<typeof factsOf>>) {
  const store = await openStore(':memory:');
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  let looks = 0;
  const rules = {
    doubt: () => undefined,
    current() {
      looks += 1;
      return current();
    },
  };
  const parts = {
    store,
    rules,
    now: () => new Date(),
    log: pino({ level: 'silent' }),
    metrics: openBotMetrics(),
  };
  // Nothing is open, so that nobody is asked and nothing ends.
  const sweep = startSweep(parts as unknown as SweepParts);
  return {
    sweep,
    /** Lets time pass, and whatever follows from it. */
    async after(ms: number) {
      mock.timers.tick(ms);
      for (let turn = 0; turn < 50; turn += 1)
        await new Promise((resolve) => setImmediate(resolve));
      return looks;
    },
    async [Symbol.asyncDispose]() {
      await sweep[Symbol.asyncDispose]();
      mock.timers.reset();
      await store[Symbol.asyncDispose]();
    },
  };
}

test('while GitHub cannot be reached the sweep asks once a minute, and not all the time', async () => {
  await using sweeping = await watched(() => Promise.reject(new Error('GitHub is away')));
  assert.equal(await sweeping.after(0), 1);
  assert.equal(await sweeping.after(59_999), 1);
  assert.equal(await sweeping.after(1), 2);
  assert.equal(await sweeping.after(59_999), 2);
});

test('a team that is changed again and again has everything judged at once, and then every half minute', async () => {
  await using sweeping = await watched(async () => factsOf());
  const { hurry } = sweeping.sweep;
  assert.equal(await sweeping.after(0), 1);
  hurry('soon');
  assert.equal(await sweeping.after(0), 2);
  for (let change = 0; change < 20; change += 1) {
    hurry('soon');
    assert.equal(await sweeping.after(1_000), 2);
  }
  assert.equal(await sweeping.after(10_000), 3);
  assert.equal(await sweeping.after(29_000), 3);
  hurry('now');
  assert.equal(await sweeping.after(0), 4, 'a push is looked at at once');
});
