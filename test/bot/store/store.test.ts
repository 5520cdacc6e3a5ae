import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { sql } from 'kysely';
import {
  keptDeliveries,
  keepDelivery,
  markDelivery,
  nextDelivery,
} from '../../../bot/store/inbox.ts';
import { addRecord } from '../../../bot/store/records.ts';
import { reserveSequence } from '../../../bot/store/relays.ts';
import { openStore } from '../../../bot/store/store.ts';
import { createTemporaryFolder } from '../../support/folders.ts';

const later = '2027-01-01T00:00:00.000Z';
const turn = { now: later, patientAttempts: 6 };
const delivery = {
  guid: 'a-b-c',
  event: 'issue_comment',
  payload: '{"secret":1}',
  receivedAt: '2026-11-24T00:00:00.000Z',
};

test(
  'the database can be read by its user alone',
  { skip: process.platform === 'win32' && 'no file modes here' },
  async () => {
    await using folder = await createTemporaryFolder('store');
    await using _store = await openStore(folder.at('db'));
    assert.equal(statSync(folder.at('db')).mode & 0o777, 0o600);
  },
);

test('what a transaction did is undone when it fails', async () => {
  await using store = await openStore(':memory:');
  const failing = store.transaction(async (queries) => {
    await keepDelivery(queries, delivery);
    throw new Error('no');
  });
  await assert.rejects(failing, /no/);
  assert.equal(await nextDelivery(store.queries, turn), undefined);
});

test('an audit record can be neither changed nor taken out nor replaced', async () => {
  await using store = await openStore(':memory:');
  await addRecord(store.queries, { seq: 0, body: '{}', leaf: 'x' });
  const attempts = [
    sql`update records set body = '{"forged":true}'`,
    sql`delete from records`,
    sql`insert or replace into records (seq, body, leaf) values (0, '{"forged":true}', 'y')`,
  ];
  for (const attempt of attempts)
    await assert.rejects(attempt.execute(store.queries), /append-only/);
});

test('a redelivery of what is done changes nothing; of what was set aside, it is tried again', async () => {
  await using store = await openStore(':memory:');
  await keepDelivery(store.queries, delivery);
  const first = await nextDelivery(store.queries, turn);
  assert.ok(first);
  await markDelivery(store.queries, first.position, { state: 'failed', attempts: 6, fault: 'x' });
  assert.deepEqual(await keptDeliveries(store.queries, ['a-b-c']), new Set());
  await keepDelivery(store.queries, delivery);
  assert.equal((await nextDelivery(store.queries, turn))?.attempts, 0);
  await markDelivery(store.queries, first.position, { state: 'done', attempts: 1 });
  await keepDelivery(store.queries, delivery);
  assert.equal(await nextDelivery(store.queries, turn), undefined);
  assert.deepEqual(await keptDeliveries(store.queries, ['a-b-c']), new Set(['a-b-c']));
});

test("people's words do not lie about once they were acted on", async () => {
  await using store = await openStore(':memory:');
  await keepDelivery(store.queries, delivery);
  const kept = await nextDelivery(store.queries, turn);
  assert.ok(kept);
  await markDelivery(store.queries, kept.position, { state: 'done', attempts: 1 });
  const row = await store.queries.selectFrom('deliveries').select('payload').executeTakeFirst();
  assert.equal(row?.payload, '');
});

test('no sequence number is ever reserved twice', async () => {
  await using store = await openStore(':memory:');
  const firsts = await Promise.all(
    Array.from({ length: 20 }, () => reserveSequence(store.queries, 'eu-1', 1000)),
  );
  assert.equal(new Set(firsts).size, 20);
  const sorted = firsts.toSorted((a, b) => a - b);
  assert.ok(
    sorted.every((first, index) => index === 0 || first - (sorted[index - 1] ?? 0) >= 1000),
  );
});
