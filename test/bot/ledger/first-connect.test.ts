// A grant that waits for its first claim, in the store and in the log: its time begins once, together with the token that
// it begins for, and only while the grant is there to be used.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFrom, type GrantTime } from '../../../bot/access/grant-time.ts';
import type { AuditRecord } from '../../../bot/access/record.ts';
import { recordToken } from '../../../bot/ledger/claims.ts';
import { openEpoch } from '../../../bot/ledger/epoch.ts';
import { recordExpiry } from '../../../bot/ledger/grants.ts';
import { createRevoker, byBot } from '../../../bot/revoke.ts';
import {
  addGrant,
  liveRevocations,
  moveEnd,
  nextToExpire,
  readGrant,
} from '../../../bot/store/grants.ts';
import { readRecords } from '../../../bot/store/records.ts';
import { addRequest } from '../../../bot/store/requests.ts';
import { openStore } from '../../../bot/store/store.ts';
import { factsOf, grantedTo, hourMs, now, opened, people, policyText } from '../access/world.ts';
import { takePostings } from './postings.ts';

const later = (ms: number) => new Date(now.getTime() + ms);
const iso = (ms: number) => later(ms).toISOString();

/** A grant of an hour that waits, to be used within four. */
async function openWorld() {
  const policy = policyText.replace('pending: 8h', 'clock: { first-connect: 4h }');
  const facts = factsOf({ policy });
  const grant = grantedTo(people.dana, facts);
  const store = await openStore(':memory:');
  const { queries } = store;
  await addRequest(queries, 1, {
    request: { ...opened(facts), state: 'granted' },
    missing: [],
    told: [],
  });
  await addGrant(queries, 1, grant);
  let at = now;
  const ledger = {
    store,
    now: () => at,
    postingsQueued: () => undefined,
    committed: () => undefined,
  };
  const told: number[] = [];
  const world = {
    queries,
    ledger,
    grant,
    told,
    setClock: (ms: number) => void (at = later(ms)),
    claim(afterMs: number, jti: string) {
      const time = runFrom(later(afterMs), hourMs);
      return recordToken(ledger, {
        grant: { ...grant, time },
        isStart: true,
        kind: 'claim',
        jti,
        tokenHash: 'hash',
        jkt: 'key',
        at: later(afterMs),
        expiresAt: new Date(time.endsAt),
        address: '192.0.2.7',
        signIn: null,
      });
    },
    revoke(meanwhile = async () => undefined as unknown) {
      const revoker = createRevoker({
        ledger,
        async tellRelays({ until, relays }) {
          told.push(until);
          await meanwhile();
          return { confirmed: [], unconfirmed: relays };
        },
      });
      return revoker.revoke(grant, { ...byBot, reason: '', derivation: null });
    },
    stored: async () => (await readGrant(queries, grant.id)) ?? assert.fail(),
    time: async (): Promise<GrantTime> => (await world.stored()).time,
    async records() {
      const all = await readRecords(queries);
      return all.map((body) => JSON.parse(body) as AuditRecord);
    },
    actions: async () => (await world.records()).map(({ action }) => action),
    posted: (atMs = 0) => takePostings(queries, later(atMs)),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
  return world;
}

test('it is kept as it was given, and time ends it at its deadline', async () => {
  await using world = await openWorld();
  assert.deepEqual(await world.stored(), world.grant);
  const other = { ...world.grant, id: 'g_zyxwvutsrqponmlkjihgfedcba', requestId: 'r2' };
  const request = { ...opened(factsOf()), id: 'r2', commentId: 4010 };
  await addRequest(world.queries, 2, { request, missing: [], told: [] });
  // It runs, and ends after that deadline; whatever a waiting one could still do by then.
  await addGrant(world.queries, 2, { ...other, time: runFrom(now, 4.5 * hourMs) });
  assert.equal((await nextToExpire(world.queries))?.id, world.grant.id);
});

test('its time begins with the record of its first token, in one step, and its card is brought up to date', async () => {
  await using world = await openWorld();
  world.setClock(hourMs);
  assert.equal(await world.claim(hourMs, 'one'), 'recorded');
  assert.deepEqual(await world.time(), runFrom(later(hourMs), hourMs));
  const [start, claim, ...rest] = await world.records();
  assert.deepEqual(rest, []);
  assert.deepEqual(start?.data, { startsAt: iso(hourMs), endsAt: iso(2 * hourMs) });
  assert.deepEqual(
    [start, claim].map((record) => [record?.action, record?.at, record?.actor, record?.origin]),
    ['grant.start', 'grant.claim'].map((action) => [
      action,
      iso(hourMs),
      { kind: 'person', id: people.dana.id, login: 'dana' },
      { kind: 'claim', address: '192.0.2.7' },
    ]),
  );
  assert.deepEqual(await world.posted(hourMs), ['r1:card', '22#7:label']);
});

test('of two claims at one moment one begins it; the other leaves no record and gets no token', async () => {
  await using world = await openWorld();
  const ends = await Promise.all([world.claim(0, 'one'), world.claim(1000, 'two')]);
  assert.deepEqual(ends, ['recorded', 'overtaken']);
  assert.deepEqual(await world.time(), runFrom(now, hourMs));
  assert.deepEqual(await world.actions(), ['grant.start', 'grant.claim']);
});

test('it does not begin at its deadline, nor once it was revoked or has expired', async () => {
  const ends: ((world: Awaited<ReturnType<typeof openWorld>>) => unknown)[] = [
    (world) => world.setClock(4 * hourMs),
    (world) => world.revoke(),
    (world) => recordExpiry(world.ledger, world.grant, []),
  ];
  for (const end of ends) {
    await using world = await openWorld();
    await end(world);
    const before = await world.stored();
    const records = await world.actions();
    assert.equal(await world.claim(0, 'one'), 'overtaken');
    assert.deepEqual(await world.stored(), before);
    assert.deepEqual(await world.actions(), records);
  }
});

test('that nobody used it is on record when it expires', async () => {
  await using world = await openWorld();
  world.setClock(4 * hourMs);
  await recordExpiry(world.ledger, world.grant, []);
  assert.equal((await world.stored()).state, 'expired');
  const [record, ...others] = await world.records();
  assert.deepEqual(others, []);
  assert.equal(record?.action, 'grant.expire');
  assert.deepEqual(record.data, { useBy: iso(4 * hourMs), unused: true, derivation: [] });
});

test('it does not expire when it was claimed since its deadline was looked at', async () => {
  await using world = await openWorld();
  await world.claim(0, 'one');
  await recordExpiry(world.ledger, world.grant, []);
  assert.equal((await world.stored()).state, 'active');
});

test('its end cannot be moved while it waits', async () => {
  await using world = await openWorld();
  const { time } = world.grant;
  assert.ok(time.kind === 'waiting');
  for (const from of [time.useBy, time.endsBy])
    assert.equal(
      await moveEnd(world.queries, world.grant.id, { from, to: iso(9 * hourMs) }),
      false,
    );
});

test('relays remember its revocation for as long as a token of it could live that is claimed meanwhile', async () => {
  await using world = await openWorld();
  await world.revoke(async () => {
    world.setClock(4 * hourMs - 1);
    await world.claim(4 * hourMs - 1, 'one');
  });
  assert.deepEqual(world.told, [later(5 * hourMs).getTime() / 1000]);
  const stored = await world.stored();
  assert.deepEqual([stored.state, stored.time.kind], ['revoked', 'running']);
  assert.ok(
    Date.parse((await liveRevocations(world.queries, iso(0)))[0]?.endsAt ?? '') <=
      later(5 * hourMs).getTime(),
  );
});

test('a restored bot revokes also what it calls unused and over: it may have been claimed from the lost one', async () => {
  await using world = await openWorld();
  await world.queries
    .insertInto('backup')
    .values({ madeAt: iso(0), restoredAt: iso(0) })
    .execute();
  world.setClock(4.5 * hourMs);
  assert.deepEqual((await openEpoch(world.ledger)).ended, { grants: 1, requests: 0 });
  assert.equal((await world.stored()).state, 'revoked');
  const told = await liveRevocations(world.queries, iso(4.5 * hourMs));
  assert.deepEqual(told, [{ gid: world.grant.id, endsAt: iso(5 * hourMs) }]);
});

test('the database holds that a grant either waits or runs', async () => {
  await using world = await openWorld();
  const { queries } = world;
  for (const change of [{ useBy: null }, { startsAt: iso(0) }])
    await assert.rejects(queries.updateTable('grants').set(change).execute(), /CHECK constraint/);
});
