import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuse } from '../../../bot/access/reasons.ts';
import {
  beginAttempt,
  markSent,
  postpone,
  queuePosting,
  type Posting,
} from '../../../bot/store/outbox.ts';
import {
  nextPosting,
  nextPostingTime,
  waitingQueues,
  type Queue,
} from '../../../bot/store/queues.ts';
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

const queue = (store: Store, key: string, posting: Posting, issue = 1, due?: string) =>
  queuePosting(store.queries, { thread: thread(issue), key, posting, now, due });
const decisions: Queue = { installationId: 1, lane: 'decisions' };
const replies: Queue = { installationId: 1, lane: 'replies' };
const reactions: Queue = { installationId: 1, lane: 'reactions' };
const next = (store: Store, at = now, from = decisions) => nextPosting(store.queries, from, at);
const nextTime = (store: Store, at = now, from = decisions) =>
  nextPostingTime(store.queries, from, at);

test('postings of one issue leave in the order they were decided, also when the first is postponed', async () => {
  await using store = await openStore(':memory:');
  await queue(store, 'one', comment);
  await queue(store, 'two', comment);
  await queue(store, 'other', comment, 2);
  const first = await next(store);
  assert.equal(first?.key, 'one');
  await beginAttempt(store.queries, first, now);
  await postpone(store.queries, first.position, { notBefore: later, fault: '502' });
  assert.equal((await next(store))?.key, 'other', 'other issues do not wait for it');
  await markSent(store.queries, (await next(store))?.position ?? 0);
  assert.equal(await next(store), undefined);
  assert.equal(await nextTime(store), later, 'what waits behind it is no reason to look');
  assert.equal((await next(store, later))?.key, 'one');
});

test('a thing is said once, however often it is queued', async () => {
  await using store = await openStore(':memory:');
  await queue(store, 'r1:granted', comment);
  await queue(store, 'r1:granted', comment);
  const row = await next(store);
  assert.ok(row);
  await markSent(store.queries, row.position);
  await queue(store, 'r1:granted', comment);
  assert.equal(await next(store), undefined);
});

test('a card that still waits is written once for all changes; one under way is written again', async () => {
  await using store = await openStore(':memory:');
  await queue(store, 'r1:card', card);
  await queue(store, 'r1:card', card);
  const row = await next(store);
  assert.ok(row);
  await beginAttempt(store.queries, row, now);
  await queue(store, 'r1:card', card);
  await markSent(store.queries, row.position);
  const again = await next(store);
  assert.equal(again?.key, 'r1:card');
  await markSent(store.queries, again.position);
  assert.equal(await next(store), undefined);
});

test('an attempt is on disk before it is made, so that the next one knows to look first', async () => {
  await using store = await openStore(':memory:');
  await queue(store, 'one', comment);
  const row = await next(store);
  assert.equal(row?.attempts, 0);
  await beginAttempt(store.queries, row, now);
  assert.equal((await next(store))?.attempts, 1);
  assert.equal(await nextTime(store), now);
});

const eyes: Posting = { kind: 'reaction', commentId: 7, content: 'eyes' };

test('a reaction waits for nothing but reactions, and holds up nothing else', async () => {
  await using store = await openStore(':memory:');
  await queue(store, 'r1:card', card);
  await queue(store, '7:eyes', eyes);
  await queue(store, '8:eyes', eyes);
  const seen = await next(store, now, reactions);
  assert.equal(seen?.key, '7:eyes', 'the card stands before it');
  await beginAttempt(store.queries, seen, now);
  await postpone(store.queries, seen.position, { notBefore: later, fault: '502' });
  assert.equal(await next(store, now, reactions), undefined, 'reactions keep their order');
  assert.equal((await next(store))?.key, 'r1:card');
});

const refused: Posting = {
  kind: 'comment',
  telling: { about: 'refused', person: 'dana', reason: refuse('no-active-grant', { grants: [] }) },
};

test('a reply that GitHub does not take holds up nothing that was decided on its issue', async () => {
  await using store = await openStore(':memory:');
  await queue(store, '7:reply', refused);
  await queue(store, 'r1:card', card);
  await queue(store, 'r1:revoked', comment);
  const reply = await next(store, now, replies);
  assert.equal(reply?.key, '7:reply');
  await beginAttempt(store.queries, reply, now);
  await postpone(store.queries, reply.position, { notBefore: later, fault: '502' });
  assert.equal((await next(store))?.key, 'r1:card');
  await markSent(store.queries, (await next(store))?.position ?? 0);
  assert.equal((await next(store))?.key, 'r1:revoked');
});

test('a reply waits for what was decided before it on its issue', async () => {
  await using store = await openStore(':memory:');
  await queue(store, 'r1:card', card);
  await queue(store, '7:reply', refused);
  await queue(store, 'r2:card', card, 1, later);
  assert.equal(await next(store, now, replies), undefined);
  const decided = await next(store);
  assert.ok(decided);
  await markSent(store.queries, decided.position);
  assert.equal(
    (await next(store, now, replies))?.key,
    '7:reply',
    'what is due later holds up nothing',
  );
});

test('what is not due yet holds up nothing, and is written with whatever is due earlier', async () => {
  await using store = await openStore(':memory:');
  await queue(store, 'r1:card', card, 1, later);
  await queue(store, 'r1:granted', comment);
  assert.equal((await next(store))?.key, 'r1:granted');
  await markSent(store.queries, (await next(store))?.position ?? 0);
  assert.equal(await nextTime(store), later);
  await queue(store, 'r1:card', card, 1, '2026-11-24T00:05:00.000Z');
  assert.equal(await nextTime(store), later, 'later than what waits is not put off');
  await queue(store, 'r1:card', card);
  const row = await next(store);
  assert.equal(row?.key, 'r1:card');
  await markSent(store.queries, row.position);
  assert.equal(await nextTime(store), undefined, 'one write showed all of it');
});

test('what was tried and failed holds up its thread, also before it is due again', async () => {
  await using store = await openStore(':memory:');
  await queue(store, 'r1:card', card);
  const row = await next(store);
  assert.ok(row);
  await beginAttempt(store.queries, row, now);
  await postpone(store.queries, row.position, { notBefore: later, fault: '502' });
  await queue(store, 'r1:granted', comment);
  assert.equal(await next(store), undefined);
  assert.equal(await nextTime(store), later);
});

test('each installation and each lane is a queue of its own', async () => {
  await using store = await openStore(':memory:');
  await queue(store, 'r1:card', card);
  await queue(store, 'r1:granted', comment);
  await queue(store, '7:reply', refused);
  await queue(store, '7:eyes', eyes);
  const elsewhere = { ...thread(1), installationId: 2, repositoryId: 3 };
  await queuePosting(store.queries, { thread: elsewhere, key: 'r2:card', posting: card, now });
  const queues = await waitingQueues(store.queries);
  assert.deepEqual(
    queues.map(({ installationId, lane }) => `${installationId} ${lane}`).toSorted(),
    ['1 decisions', '1 reactions', '1 replies', '2 decisions'],
  );
  assert.equal((await next(store, now, { installationId: 2, lane: 'decisions' }))?.key, 'r2:card');
});
