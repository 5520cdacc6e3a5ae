import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  end,
  endedAt,
  gid,
  jti,
  openWorld,
  otherGid,
  refused,
  run,
  start,
  startedAt,
} from './relay-world.ts';
import { now } from '../access/world.ts';

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
