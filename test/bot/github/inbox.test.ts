import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { pino } from 'pino';
import { startInbox } from '../../../bot/github/inbox.ts';
import { openBotMetrics } from '../../../bot/observe/metrics.ts';
import { keepDelivery } from '../../../bot/store/inbox.ts';
import { openStore, type Store } from '../../../bot/store/store.ts';

const quiet = pino({ level: 'silent' });

async function kept(store: Store, now: Date, ...guids: readonly string[]): Promise<void> {
  const delivery = { event: 'push', payload: '{}', receivedAt: now.toISOString() };
  for (const guid of guids) await keepDelivery(store.queries, { guid, ...delivery });
}

test('what fails is tried again before anything behind it, and after six times no longer holds up the others', async () => {
  await using store = await openStore(':memory:');
  let nowMs = Date.parse('2026-11-24T00:00:00.000Z');
  const now = () => new Date(nowMs);
  await kept(store, now(), 'broken', 'fine');
  const tried: string[] = [];
  const events = new EventEmitter();
  await using inbox = startInbox({
    store,
    async dispatch({ guid }) {
      tried.push(guid);
      events.emit(guid);
      if (guid === 'broken') throw new Error('GitHub did not answer');
    },
    log: quiet,
    metrics: openBotMetrics(),
    now,
  });
  const waking = setInterval(() => {
    // Long enough for every pause of the first six.
    nowMs += 20_000;
    inbox.wake();
  }, 5);
  await once(events, 'fine');
  clearInterval(waking);
  assert.deepEqual(tried, ['broken', 'broken', 'broken', 'broken', 'broken', 'broken', 'fine']);
});

test('a restart lets nothing pass a delivery that is to be tried again first', async () => {
  await using store = await openStore(':memory:');
  let nowMs = Date.parse('2026-11-24T00:00:00.000Z');
  const now = () => new Date(nowMs);
  await kept(store, now(), 'connect', 'approve');
  const tried: string[] = [];
  const events = new EventEmitter();
  const start = (fails: boolean) =>
    startInbox({
      store,
      async dispatch({ guid }) {
        tried.push(guid);
        events.emit(guid);
        if (fails) throw new Error('GitHub did not answer');
      },
      log: quiet,
      metrics: openBotMetrics(),
      now,
    });
  {
    const failed = once(events, 'connect');
    await using _inbox = start(true);
    await failed;
  }
  // Within the pause of the first: the bot is back before its time has come.
  const settled = once(events, 'approve');
  await using inbox = start(false);
  await new Promise((resolve) => setImmediate(resolve));
  nowMs += 60_000;
  inbox.wake();
  await settled;
  assert.deepEqual(tried, ['connect', 'connect', 'approve']);
});
