import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  beginAttempt,
  markSent,
  nextPosting,
  nextPostingTime,
  postpone,
  queuePosting,
  type Posting,
} from '../../../bot/store/outbox.ts';
import { openStore, type Store } from '../../../bot/store/store.ts';

const now = '2026-11-24T00:00:00.000Z';
const later = '2026-11-24T00:01:00.000Z';
const thread = (number: number) => ({
  installationId: 1,
  repositoryId: 2,
  owner: 'acme',
  repo: 'access',
  number,
});
const comment: Posting = { kind: 'comment', telling: { about: 'granted', request: 1 } };
const card: Posting = { kind: 'card', request: 1 };

const queue = (store: Store, key: string, posting: Posting, issue = 1) =>
  queuePosting(store.queries, { thread: thread(issue), key, posting, now });

test('postings of one issue leave in the order they were decided, also when the first is postponed', async () => {
  await using store = await openStore(':memory:');
  await queue(store, 'one', comment);
  await queue(store, 'two', comment);
  await queue(store, 'other', comment, 2);
  const first = await nextPosting(store.queries, now);
  assert.equal(first?.key, 'one');
  await postpone(store.queries, first.position, { notBefore: later, fault: '502' });
  assert.equal(
    (await nextPosting(store.queries, now))?.key,
    'other',
    'other issues do not wait for it',
  );
  await markSent(store.queries, (await nextPosting(store.queries, now))?.position ?? 0);
  assert.equal(await nextPosting(store.queries, now), undefined);
  assert.equal(
    await nextPostingTime(store.queries),
    later,
    'what waits behind it is no reason to look',
  );
  assert.equal((await nextPosting(store.queries, later))?.key, 'one');
});

test('a thing is said once, however often it is queued', async () => {
  await using store = await openStore(':memory:');
  await queue(store, 'r1:granted', comment);
  await queue(store, 'r1:granted', comment);
  const row = await nextPosting(store.queries, now);
  assert.ok(row);
  await markSent(store.queries, row.position);
  await queue(store, 'r1:granted', comment);
  assert.equal(await nextPosting(store.queries, now), undefined);
});

test('a card that still waits is written once for all changes; one under way is written again', async () => {
  await using store = await openStore(':memory:');
  await queue(store, 'r1:card', card);
  await queue(store, 'r1:card', card);
  const row = await nextPosting(store.queries, now);
  assert.ok(row);
  await beginAttempt(store.queries, row);
  await queue(store, 'r1:card', card);
  await markSent(store.queries, row.position);
  const again = await nextPosting(store.queries, now);
  assert.equal(again?.key, 'r1:card');
  await markSent(store.queries, again.position);
  assert.equal(await nextPosting(store.queries, now), undefined);
});

test('an attempt is on disk before it is made, so that the next one knows to look first', async () => {
  await using store = await openStore(':memory:');
  await queue(store, 'one', comment);
  const row = await nextPosting(store.queries, now);
  assert.equal(row?.attempts, 0);
  await beginAttempt(store.queries, row);
  assert.equal((await nextPosting(store.queries, now))?.attempts, 1);
  assert.equal(await nextPostingTime(store.queries), now);
});
