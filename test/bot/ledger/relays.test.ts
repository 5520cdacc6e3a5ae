import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelayEvent } from '../../../relay/control.ts';
import type { AuditRecord } from '../../../bot/access/record.ts';
import { recordExpiry } from '../../../bot/ledger/grants.ts';
import { recordRelayEvents } from '../../../bot/ledger/relays.ts';
import { addGrant, sessionsOfGrant } from '../../../bot/store/grants.ts';
import { addEpoch } from '../../../bot/store/epochs.ts';
import { readRecords } from '../../../bot/store/records.ts';
import { addRequest } from '../../../bot/store/requests.ts';
import { openStore } from '../../../bot/store/store.ts';
import { approve, factsOf, now, opened, people } from '../access/world.ts';
import { takePostings } from './postings.ts';

/** A grant that two relays serve, eu-1 and eu-2, in a ledger that has recorded nothing yet. */
async function openWorld() {
  const facts = factsOf();
  const request = opened(facts);
  const decision = approve(facts, { request, by: people.omar });
  assert.ok(decision.kind === 'granted');
  const { grant } = decision;
  assert.deepEqual(grant.relays, ['eu-1', 'eu-2']);
  const store = await openStore(':memory:');
  await addRequest(store.queries, 1, { request, missing: [] });
  await addGrant(store.queries, 1, grant);
  await addRequest(store.queries, 2, {
    request: { ...request, id: 'r2', commentId: 4002 },
    missing: [],
  });
  await addGrant(store.queries, 2, { ...grant, id: otherGid, requestId: 'r2' });
  let clock = now;
  const ledger = { store, now: () => clock, postingsQueued: () => undefined };
  return {
    grant,
    setClock: (at: Date) => void (clock = at),
    expire: () => recordExpiry(ledger, grant),
    /** Resolves with the number of the last one kept. */
    report: (relay: string, ...events: readonly RelayEvent[]) =>
      recordRelayEvents(ledger, relay, events),
    /** As the start after a restore does it. */
    restore: () =>
      addEpoch(store.queries, {
        number: 1_772_442_000,
        openedAt: now.toISOString(),
        firstRequest: 3,
        backupAt: null,
      }),
    sessions: () => sessionsOfGrant(store.queries, grant.id),
    async records() {
      return (await readRecords(store.queries)).map((body) => JSON.parse(body) as AuditRecord);
    },
    /** What was queued for the issue since the last time, and is due. */
    posted: (at = now) => takePostings(store.queries, at),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

const gid = 'g_abcdefghijklmnopqrstuvwxyz';
const otherGid = 'g_zyxwvutsrqponmlkjihgfedcba';
const startedAt = '2026-03-02T09:10:00.000Z';
const endedAt = '2026-03-02T09:40:00.000Z';
const jti = 'j'.repeat(22);
const run = 'r'.repeat(22);

type Start = RelayEvent & { readonly type: 'session.start' };
type End = RelayEvent & { readonly type: 'session.end' };
type Refused = RelayEvent & { readonly type: 'refused' };

function start(n: number, changes: Partial<Start> = {}): Start {
  const person = { jti, sub: 'github:501', run, address: '192.0.2.7' };
  return { n, at: startedAt, type: 'session.start', session: 's1', gid, ...person, ...changes };
}

function end(n: number, changes: Partial<End> = {}): End {
  const figures = { bytesUp: 322, bytesDown: 1798, connections: 3 };
  const what = { type: 'session.end', session: 's1', gid, reason: 'closed' } as const;
  return { n, at: endedAt, ...what, ...figures, ...changes };
}

function refused(n: number, changes: Partial<Refused> = {}): Refused {
  return { n, at: startedAt, type: 'refused', reason: 'revoked', address: '192.0.2.9', ...changes };
}

const running = {
  id: 's1',
  relay: 'eu-1',
  startedAt,
  endedAt: null,
  endReason: null,
  bytesUp: 0,
  bytesDown: 0,
  connections: 0,
};
const over = {
  ...running,
  endedAt,
  endReason: 'closed',
  bytesUp: 322,
  bytesDown: 1798,
  connections: 3,
};

test('an event is kept once, however often its relay sends it', async () => {
  await using world = await openWorld();
  assert.equal(await world.report('eu-1', start(1), start(1)), 1);
  assert.equal(await world.report('eu-1', start(1), end(2)), 2);
  assert.equal(await world.report('eu-1', end(2), start(1)), 2);
  assert.equal(await world.report('eu-1'), 2);
  assert.deepEqual(await world.sessions(), [over]);
  const actions = (await world.records()).map(({ action }) => action);
  assert.deepEqual(actions, ['session.start', 'session.end']);
});

test('nothing after a gap is kept until the relay sends what is missing', async () => {
  await using world = await openWorld();
  assert.equal(await world.report('eu-1', refused(2), refused(3)), 0);
  assert.equal(await world.report('eu-1', refused(1), refused(3), refused(4)), 1);
  assert.equal(await world.report('eu-1', refused(2), refused(3), refused(4)), 4);
  const origins = (await world.records()).map(({ origin }) => origin);
  assert.deepEqual(
    origins,
    [1, 2, 3, 4].map((event) => ({ kind: 'relay', name: 'eu-1', event })),
  );
});

test('after a restore a relay goes on where it is, and the record says what is missing; the next gap is one again', async () => {
  await using world = await openWorld();
  await world.report('eu-1', start(1));
  await world.restore();
  assert.equal(await world.report('eu-1', refused(7), refused(8)), 8);
  assert.equal(await world.report('eu-1', refused(10)), 8);
  assert.equal(await world.report('ap-1', refused(3)), 3, 'also one that came after the backup');
  const gaps = (await world.records()).filter(({ action }) => action === 'relay.gap');
  assert.deepEqual(
    gaps.map(({ actor, data }) => ({ actor, data })),
    [
      { actor: { kind: 'relay', name: 'eu-1' }, data: { after: 1, before: 7 } },
      { actor: { kind: 'relay', name: 'ap-1' }, data: { after: 0, before: 3 } },
    ],
  );
});

test('after a restore nothing is kept twice, and a relay that has lost nothing leaves no gap', async () => {
  await using world = await openWorld();
  await world.report('eu-1', start(1));
  await world.restore();
  assert.equal(await world.report('eu-1', start(1), end(2)), 2);
  const actions = (await world.records()).map(({ action }) => action);
  assert.deepEqual(actions, ['session.start', 'session.end']);
});

test('each relay counts for itself', async () => {
  await using world = await openWorld();
  assert.equal(await world.report('eu-1', refused(1), refused(2)), 2);
  assert.equal(await world.report('eu-2', refused(2)), 0);
  assert.equal(await world.report('eu-2', refused(1)), 1);
  assert.equal(await world.report('eu-1', refused(3)), 3);
});

test('a session is shown with what its relay says of its start and its end', async () => {
  await using world = await openWorld();
  await world.report('eu-1', start(1));
  assert.deepEqual(await world.sessions(), [running]);
  await world.report('eu-1', end(2));
  assert.deepEqual(await world.sessions(), [over]);
});

test('a start or an end that is told again, under another number, changes nothing', async () => {
  await using world = await openWorld();
  const later = '2026-03-02T09:50:00.000Z';
  await world.report('eu-1', start(1), start(2, { at: later }));
  assert.deepEqual(await world.sessions(), [running]);
  await world.report('eu-1', end(3), start(4, { at: later }));
  assert.deepEqual(await world.sessions(), [over], 'it does not begin anew');
  await world.report('eu-1', end(5, { at: later, reason: 'revoked', bytesUp: 0 }));
  assert.deepEqual(await world.sessions(), [over]);
  assert.equal((await world.records()).length, 5, 'each of them is on record all the same');
});

test('a relay ends a session for no other grant than the one it started it for', async () => {
  await using world = await openWorld();
  await world.report('eu-1', start(1), end(2, { gid: otherGid }));
  assert.deepEqual(await world.sessions(), [running]);
  await world.report('eu-1', end(3));
  assert.deepEqual(await world.sessions(), [over]);
});

test('a relay ends only what it started itself, and takes nothing over by starting it again', async () => {
  await using world = await openWorld();
  await world.report('eu-1', start(1));
  await world.report('eu-2', end(1), start(2), end(3));
  assert.deepEqual(await world.sessions(), [running]);
  await world.report('eu-1', end(2, { session: 's2' }));
  assert.deepEqual(await world.sessions(), [running], 'nor what never started');
  await world.report('eu-1', end(3));
  assert.deepEqual(await world.sessions(), [over]);
  assert.equal((await world.records()).length, 6);
});

test('a relay that the grant does not name changes none of its sessions, and what it says is on record', async () => {
  await using world = await openWorld();
  await world.report('eu-1', start(1));
  await world.posted();
  const said = [end(1), start(2, { session: 's2' }), refused(3, { gid })] as const;
  assert.equal(await world.report('ap-1', ...said), 3);
  assert.deepEqual(await world.sessions(), [running]);
  assert.deepEqual(await world.posted(), []);
  const records = (await world.records()).slice(1);
  assert.deepEqual(
    records.map(({ actor, action, grant, request }) => ({ actor, action, grant, request })),
    ['session.end', 'session.start', 'relay.refuse'].map((action) => ({
      actor: { kind: 'relay', name: 'ap-1' },
      action,
      grant: gid,
      request: 'r1',
    })),
  );
});

test('a grant that nobody knows gets no session, and the record names it', async () => {
  await using world = await openWorld();
  const unknown = 'g_zzzzzzzzzzzzzzzzzzzzzzzzzz';
  assert.equal(await world.report('eu-1', start(1, { gid: unknown })), 1);
  assert.deepEqual(await world.posted(), []);
  const [record] = await world.records();
  const { grant, request, resource, requestDigest } = record ?? {};
  assert.deepEqual(
    { grant, request, resource, requestDigest },
    { grant: unknown, request: null, resource: null, requestDigest: null },
  );
});

test('the record says of each event who told it, about which grant, and what', async () => {
  await using world = await openWorld();
  const { resource, requestId, digest } = world.grant;
  const inferred = end(3, { session: 's2', reason: 'relay-restart', inferred: true });
  const stranger = refused(5, { reason: 'bad_proof' });
  const dismissed = refused(4, { gid, sub: 'github:501' });
  await world.report('eu-1', start(1), end(2), inferred, dismissed, stranger);
  const about = (event: number) => ({
    seq: event - 1,
    at: now.toISOString(),
    actor: { kind: 'relay', name: 'eu-1' },
    origin: { kind: 'relay', name: 'eu-1', event },
    resource,
    grant: gid,
    request: requestId,
    requestDigest: digest,
  });
  const figures = { bytesUp: 322, bytesDown: 1798, connections: 3 };
  const started = { at: startedAt, session: 's1', jti, sub: 'github:501', run };
  assert.deepEqual(await world.records(), [
    {
      ...about(1),
      action: 'session.start',
      outcome: 'success',
      reason: null,
      data: { ...started, address: '192.0.2.7' },
    },
    {
      ...about(2),
      action: 'session.end',
      outcome: 'success',
      reason: 'closed',
      data: { at: endedAt, session: 's1', ...figures, inferred: false },
    },
    {
      ...about(3),
      action: 'session.end',
      outcome: 'success',
      reason: 'relay-restart',
      data: { at: endedAt, session: 's2', ...figures, inferred: true },
    },
    {
      ...about(4),
      action: 'relay.refuse',
      outcome: 'refused',
      reason: 'revoked',
      data: { at: startedAt, sub: 'github:501', address: '192.0.2.9' },
    },
    {
      ...about(5),
      resource: null,
      grant: null,
      request: null,
      requestDigest: null,
      action: 'relay.refuse',
      outcome: 'refused',
      reason: 'bad_proof',
      data: { at: startedAt, sub: null, address: '192.0.2.9' },
    },
  ]);
});

test('the card shows the first session at once', async () => {
  await using world = await openWorld();
  await world.report('eu-1', start(1));
  assert.deepEqual(await world.posted(), ['r1:card']);
});

const minute = 60_000;
const after = (ms: number) => new Date(now.getTime() + ms);

test('ten more sessions within ten minutes are one more edit of the card, when those are over', async () => {
  await using world = await openWorld();
  await world.report('eu-1', start(1), end(2));
  await world.posted();
  for (let n = 3; n < 23; n += 2) {
    const session = `s${n}`;
    world.setClock(after((n / 3) * minute));
    await world.report('eu-1', start(n, { session }), end(n + 1, { session }));
  }
  assert.deepEqual(await world.posted(after(11 * minute - 1)), []);
  assert.deepEqual(await world.posted(after(11 * minute)), ['r1:card']);
  assert.deepEqual(await world.posted(after(24 * 60 * minute)), []);
});

for (const [age, quiet] of [
  [20, 20],
  [45, 45],
  [180, 60],
] as const) {
  test(`after ${age} minutes of the grant the card is edited ${quiet} minutes after a session`, async () => {
    await using world = await openWorld();
    await world.report('eu-1', start(1));
    await world.posted();
    world.setClock(after(age * minute));
    await world.report('eu-1', end(2));
    assert.deepEqual(await world.posted(after((age + quiet) * minute - 1)), []);
    assert.deepEqual(await world.posted(after((age + quiet) * minute)), ['r1:card']);
  });
}

test('when the grant has ended, the ends of its sessions are shown together half a second later', async () => {
  await using world = await openWorld();
  await world.report('eu-1', start(1), start(2, { session: 's2' }));
  await world.posted();
  await world.expire();
  await world.report('eu-1', end(3, { reason: 'expired' }));
  await world.report('eu-1', end(4, { session: 's2', reason: 'expired' }));
  assert.deepEqual(await world.posted(), ['22#7:label']);
  assert.deepEqual(await world.posted(after(499)), []);
  assert.deepEqual(await world.posted(after(500)), ['r1:card']);
  assert.deepEqual(await world.posted(after(24 * 60 * minute)), []);
});

test('a refusal, or an event that is told again, does not touch the card', async () => {
  await using world = await openWorld();
  await world.report('eu-1', start(1), end(2));
  await world.posted(after(24 * 60 * minute));
  await world.report('eu-1', refused(3, { gid }));
  await world.report('eu-1', end(2));
  assert.deepEqual(await world.posted(after(24 * 60 * minute)), []);
});
