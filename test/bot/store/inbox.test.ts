import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { keptDeliveries, openKeeper } from '../../../bot/store/inbox.ts';
import { openStore } from '../../../bot/store/store.ts';

const delivery = (guid: string) => ({
  guid,
  event: 'issue_comment',
  payload: '{}',
  receivedAt: '2026-11-24T00:00:00.000Z',
});
const guids = ['a', 'b', 'c'];

test('deliveries that come together are all kept when they are answered', async () => {
  await using store = await openStore(':memory:');
  const keep = openKeeper(store);
  await Promise.all([...guids, 'a'].map((guid) => keep(delivery(guid))));
  assert.deepEqual(await keptDeliveries(store.queries, guids), new Set(guids));
});

test('one that comes while others are being kept is kept as well', async () => {
  await using store = await openStore(':memory:');
  const keep = openKeeper(store);
  const first = keep(delivery('a'));
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([first, keep(delivery('b'))]);
  assert.deepEqual(await keptDeliveries(store.queries, ['a', 'b']), new Set(['a', 'b']));
});

test('when the disk takes one of them not, none of them is answered as kept', async () => {
  await using store = await openStore(':memory:');
  const keep = openKeeper(store);
  await sql`create trigger full before insert on deliveries when new.guid = 'b'
    begin select raise(abort, 'disk full'); end`.execute(store.queries);
  const kept = await Promise.allSettled(guids.map((guid) => keep(delivery(guid))));
  assert.deepEqual(
    kept.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
  assert.deepEqual(await keptDeliveries(store.queries, guids), new Set());
  await keep(delivery('c'));
  assert.deepEqual(await keptDeliveries(store.queries, ['c']), new Set(['c']));
});
