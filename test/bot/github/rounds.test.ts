import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { startRounds } from '../../../bot/github/rounds.ts';
import { openBotMetrics } from '../../../bot/observe/metrics.ts';

const log = pino({ level: 'silent' });

/** A clock that a test moves, and rounds on it; each call resolves with the errands done so far. */
function openRounds(fails: ReadonlySet<string>) {
  let nowMs = Date.parse('2026-11-24T00:00:00.000Z');
  const done: string[] = [];
  let told = (): void => undefined;
  const errand = (name: string) => async () => {
    done.push(name);
    told();
    if (fails.has(name)) throw new Error('GitHub did not answer');
  };
  const errands = { first: errand('first'), second: errand('second') };
  const rounds = startRounds({
    errands,
    log,
    metrics: openBotMetrics(),
    now: () => new Date(nowMs),
  });
  return {
    rounds,
    async until(count: number): Promise<string[]> {
      while (done.length < count) {
        await new Promise<void>((resolve) => {
          told = resolve;
        });
      }
      return [...done];
    },
    pass(ms: number): void {
      nowMs += ms;
      rounds.wake();
    },
  };
}

test('a round is made at once and then every five minutes, and one errand that fails stops no other', async () => {
  const { rounds, until, pass } = openRounds(new Set(['first']));
  await using _ = rounds;
  assert.deepEqual(await until(2), ['first', 'second']);
  pass(4 * 60_000);
  pass(60_000);
  assert.deepEqual(await until(4), ['first', 'second', 'first', 'second']);
});
