import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { AuditRecord } from '../../../bot/access/record.ts';
import { openEpoch } from '../../../bot/ledger/epoch.ts';
import { currentEpoch } from '../../../bot/store/epochs.ts';
import { addGrant, liveRevocations, readGrant } from '../../../bot/store/grants.ts';
import { queuePosting } from '../../../bot/store/outbox.ts';
import { nextPosting } from '../../../bot/store/queues.ts';
import { readRecords } from '../../../bot/store/records.ts';
import { addRequest, nextRequestNumber, readRequest } from '../../../bot/store/requests.ts';
import { openStore } from '../../../bot/store/store.ts';
import { approve, factsOf, hourMs, issue, now, opened, people, running } from '../access/world.ts';

const madeAt = '2026-03-02T08:00:00.000Z';
const seconds = now.getTime() / 1000;

/** A database with a live grant (r1), one whose end has passed (r2) and a request that waits (r3). */
async function openWorld() {
  const facts = factsOf();
  const request = opened(facts);
  const decision = approve(facts, { request, by: people.omar });
  assert.ok(decision.kind === 'granted');
  const { grant } = decision;
  const store = await openStore(':memory:');
  const { queries } = store;
  for (const number of [1, 2, 3]) {
    const numbered = { ...request, id: `r${number}`, commentId: 4000 + number };
    const state = number === 3 ? 'pending' : 'granted';
    await addRequest(queries, number, { request: { ...numbered, state }, missing: [], told: [] });
  }
  await addGrant(queries, 1, grant);
  const time = { ...running(grant), endsAt: madeAt };
  const over = { id: 'g_zyxwvutsrqponmlkjihgfedcba', requestId: 'r2', time };
  await addGrant(queries, 2, { ...grant, ...over });
  let at = now;
  let woken = 0;
  const ledger = {
    store,
    now: () => at,
    postingsQueued: () => void (woken += 1),
    committed: () => undefined,
  };
  return {
    queries,
    grant,
    over: over.id,
    open: () => openEpoch(ledger),
    later: (ms: number) => void (at = new Date(at.getTime() + ms)),
    woken: () => woken,
    mark: (restoredAt = madeAt) =>
      queries.insertInto('backup').values({ madeAt, restoredAt }).execute(),
    async records() {
      return (await readRecords(queries)).map((body) => JSON.parse(body) as AuditRecord);
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

test('a database that was not restored stays in its epoch, and nothing in it changes', async () => {
  await using world = await openWorld();
  const { epoch, ended } = await world.open();
  assert.equal(epoch.number, 1);
  assert.equal(ended, undefined);
  assert.equal((await readGrant(world.queries, world.grant.id))?.state, 'active');
  assert.equal(await nextRequestNumber(world.queries), 4);
  assert.deepEqual(await world.records(), []);
});

test('a restored database ends what it calls open: live grants are revoked, waiting requests are void', async () => {
  await using world = await openWorld();
  await world.mark();
  const { ended } = await world.open();
  assert.deepEqual(ended, { grants: 1, requests: 1 });
  const grant = await readGrant(world.queries, world.grant.id);
  assert.deepEqual([grant?.state, grant?.endedBy], ['revoked', 'bot']);
  assert.equal((await readRequest(world.queries, 3))?.request.state, 'cancelled');
  assert.equal(
    (await readGrant(world.queries, world.over))?.state,
    'active',
    'it expires by itself',
  );
  const told = await liveRevocations(world.queries, now.toISOString());
  assert.deepEqual(
    told.map(({ gid }) => gid),
    [world.grant.id],
    'the relays are told by name as well',
  );
  assert.equal(world.woken(), 1);
});

test('the log says of itself that it was restored, from when, and what ended by it', async () => {
  await using world = await openWorld();
  await world.mark();
  await world.open();
  const [restore, ...rest] = await world.records();
  assert.equal(restore?.action, 'bot.restore');
  assert.deepEqual(restore?.actor, { kind: 'operator' });
  assert.deepEqual(restore?.data, {
    backupAt: madeAt,
    restoredAt: madeAt,
    epoch: seconds + 10,
    firstRequest: await nextRequestNumber(world.queries),
  });
  assert.deepEqual(
    rest.map(({ action, reason }) => [action, reason]),
    [
      ['grant.revoke', null],
      ['request.void', 'request-before-restore'],
    ],
  );
  for (const { data } of rest) assert.equal(data['derivation'], null, 'nothing of it was judged');
});

test('an epoch is opened once: the next start finds it as it is', async () => {
  await using world = await openWorld();
  await world.mark();
  const { epoch } = await world.open();
  world.later(hourMs);
  assert.deepEqual(await world.open(), { epoch });
  assert.equal((await world.records()).length, 3);
});

test('numbers of requests that a lost bot may have given are not given again, also when the same backup is restored twice', async () => {
  const given: number[] = [];
  for (const hoursLater of [0, 5]) {
    await using world = await openWorld();
    world.later(hoursLater * hourMs);
    await world.mark();
    await world.open();
    given.push(await nextRequestNumber(world.queries));
  }
  const [first = 0, second = 0] = given;
  assert.ok(first > 100_000, `${first}`);
  assert.ok(second - first > 1000, `${first}, ${second}`);
  assert.ok(second < 1_000_000_000, 'an /approve can still name it');
});

test('an epoch is later than the one before, also when the clock was set back', async () => {
  await using world = await openWorld();
  await world.mark();
  const { epoch } = await world.open();
  world.later(-48 * hourMs);
  await world.mark();
  assert.equal((await world.open()).epoch.number, epoch.number + 1);
  assert.equal((await currentEpoch(world.queries)).number, epoch.number + 1);
});

test('what waits to be written is looked for on GitHub first: the lost bot may have written it', async () => {
  await using world = await openWorld();
  const thread = { ...issue, number: 99 };
  const posting = { kind: 'comment', telling: { about: 'status' } } as const;
  await queuePosting(world.queries, { thread, key: '7:reply', posting, now: madeAt });
  await world.mark();
  await world.open();
  const rows = await world.queries.selectFrom('outbox').select(['key', 'attempts']).execute();
  const comments = rows.filter(({ key }) => /reply|revoked|closed/.test(key));
  assert.deepEqual(
    comments.map(({ key }) => key),
    ['7:reply', 'r1:revoked', 'r3:closed'],
  );
  assert.ok(comments.every(({ attempts }) => attempts > 0));
  assert.ok(
    await nextPosting(
      world.queries,
      { installationId: thread.installationId, lane: 'replies' },
      now.toISOString(),
    ),
  );
});

test('when the opening fails nothing of it has happened, and the next start opens the epoch', async () => {
  await using world = await openWorld();
  await world.mark();
  await sql.raw(outOfOrder).execute(world.queries);
  await assert.rejects(world.open(), /out of order/);
  assert.equal((await currentEpoch(world.queries)).number, 1);
  assert.deepEqual(await world.records(), []);
  await sql.raw('drop trigger out_of_order').execute(world.queries);
  assert.deepEqual((await world.open()).ended, { grants: 1, requests: 1 });
});

const outOfOrder = `create trigger out_of_order before update on requests
  begin select raise(abort, 'out of order'); end`;
