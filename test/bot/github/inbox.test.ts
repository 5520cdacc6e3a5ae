import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { pino } from 'pino';
import { startInbox } from '../../../bot/github/inbox.ts';
import { keepDelivery } from '../../../bot/store/inbox.ts';
import { openStore } from '../../../bot/store/store.ts';

test('what fails is tried again before anything behind it, and after six times no longer holds up the others', async () => {
  await using store = await openStore(':memory:');
  let nowMs = Date.parse('2026-11-24T00:00:00.000Z');
  const now = () => new Date(nowMs);
  for (const guid of ['broken', 'fine']) {
    await keepDelivery(store.queries, {
      guid,
      event: 'push',
      payload: '{}',
      receivedAt: now().toISOString(),
    });
  }
  const tried: string[] = [];
  const events = new EventEmitter();
  await using inbox = startInbox({
    store,
    async dispatch({ guid }) {
      tried.push(guid);
      events.emit(guid);
      if (guid === 'broken') throw new Error('GitHub did not answer');
    },
    log: pino({ level: 'silent' }),
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
