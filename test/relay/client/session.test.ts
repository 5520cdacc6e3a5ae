// The session over real relays: how it comes back, moves on and ends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndReason } from '../../../relay/frames.ts';
import { failure } from './failures.ts';
import { openRig, relayTo } from './rig.ts';
import { openRelay } from './scripted-relay.ts';
import { errorCode, soon, textFrom } from './soon.ts';

test('a lost tunnel comes back with the same run and the same token, and callers in between wait', async (t) => {
  const relay = await relayTo(t, (socket) => socket.pipe(socket));
  const rig = await openRig(t, [relay]);
  const first = await relay.tunnel(0);
  await rig.until('connected');
  first.socket.terminate();
  await rig.until('away');
  const waiting = rig.dial();
  waiting.write('hello');
  assert.equal(await textFrom(waiting), 'hello');
  const second = await relay.tunnel(1);
  assert.match(first.run, /^[\w-]{22}$/);
  assert.deepEqual([second.run, second.token], [first.run, first.token]);
});

test('when a relay drains, new connections go to the next relay and the old ones go on', async (t) => {
  const draining = await relayTo(t, (socket) => socket.pipe(socket));
  const next = await relayTo(t, (socket) => socket.pipe(socket));
  const rig = await openRig(t, [draining, next]);
  await rig.until('connected');
  const old = rig.dial();
  old.write('before');
  await soon(old, 'data');
  (await draining.tunnel(0)).notice({ kind: 'draining' });
  await rig.until('connected', 2);
  old.write('after');
  assert.equal(await textFrom(old), 'after');
  const fresh = rig.dial();
  fresh.write('new');
  await soon(fresh, 'data');
  const { stream } = await (await next.tunnel(0)).next('open');
  assert.equal(stream, 1);
});

test('a relay that refuses with draining, or cannot be reached, is passed over for the next', async (t) => {
  const [gone, draining, good] = [await openRelay(t), await openRelay(t), await openRelay(t)];
  gone.stop();
  draining.refuse = 'draining';
  const rig = await openRig(t, [gone, draining, good]);
  assert.deepEqual(await rig.until('connected'), { relay: good.url, session: 's_1' });
});

test('a run that no relay ever takes gives up with what the last one said', async (t) => {
  const relay = await openRelay(t);
  relay.refuse = 'control_stale';
  const rig = await openRig(t, [relay]);
  await assert.rejects(rig.ended(), failure('control_stale', 'unavailable'));
});

test('a refusal that no relay can lift ends the search at once', async (t) => {
  const [first, second] = [await openRelay(t), await openRelay(t)];
  first.refuse = 'target_not_allowed';
  const rig = await openRig(t, [first, second]);
  const { reason, exit } = await rig.ended();
  assert.deepEqual({ reason, exit }, { reason: 'target_not_allowed', exit: 'refused' });
  assert.equal(second.tunnels.length, 0);
});

const endings: readonly [EndReason, string][] = [
  ['expired', 'expired'],
  ['revoked', 'revoked'],
  ['idle', 'cut'],
  ['closed', 'cut'],
];

for (const [reason, exit] of endings) {
  test(`a session that ended as ${reason} is over, and open connections are reset`, async (t) => {
    const relay = await relayTo(t, (socket) => socket.write('hello'));
    const rig = await openRig(t, [relay]);
    const socket = rig.dial();
    await soon(socket, 'data');
    const reset = errorCode(socket);
    const tunnel = await relay.tunnel(0);
    tunnel.notice({ kind: 'ended', reason });
    tunnel.socket.close();
    assert.equal((await rig.ended()).exit, exit);
    assert.equal(await reset, 'ECONNRESET');
  });
}

test('the end of a tunnel that a later one of this run replaced ends nothing', async (t) => {
  const [draining, next] = [await openRelay(t), await openRelay(t)];
  const rig = await openRig(t, [draining, next]);
  await rig.until('connected');
  const replaced = await draining.tunnel(0);
  replaced.notice({ kind: 'draining' });
  await rig.until('connected', 2);
  replaced.notice({ kind: 'ended', reason: 'closed' });
  // Said on the same tunnel after it: once this is told, the end has been heard.
  replaced.notice({ kind: 'expiring', inSeconds: 300 });
  await rig.until('expiring');
  (await next.tunnel(0)).notice({ kind: 'ended', reason: 'revoked' });
  assert.equal((await rig.ended()).reason, 'revoked');
});

test('a machine that has slept asks the relay for a sign of life, one that has not does not', async (t) => {
  const relay = await openRelay(t);
  const rig = await openRig(t, [relay]);
  await rig.until('connected');
  const tunnel = await relay.tunnel(0);
  let pings = 0;
  tunnel.socket.on('ping', () => (pings += 1));
  for (const gapMs of [1000, 9000, 11_000, 1000]) {
    rig.clock.nowMs += gapMs;
    rig.session.tick();
  }
  rig.dial();
  await tunnel.next('open');
  assert.equal(pings, 1);
});

test('a relay that falls silent loses its tunnel, and the run comes back', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const relay = await openRelay(t);
  const rig = await openRig(t, [relay]);
  await rig.until('connected');
  // What reads nothing answers no ping.
  (await relay.tunnel(0)).socket.pause();
  t.mock.timers.tick(20_000);
  t.mock.timers.tick(10_000);
  assert.equal(await rig.until('away'), 'lost');
  await rig.until('connected', 2);
});

test('a relay that answers each sign of life keeps its tunnel', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const relay = await relayTo(t, (socket) => socket.pipe(socket));
  const rig = await openRig(t, [relay]);
  await rig.until('connected');
  const tunnel = await relay.tunnel(0);
  for (let beats = 0; beats < 3; beats += 1) {
    const asked = soon(tunnel.socket, 'ping');
    t.mock.timers.tick(20_000);
    await asked;
    // Said after the answer to the ping: once this is told, the answer has been heard.
    tunnel.notice({ kind: 'expiring', inSeconds: beats });
    await rig.until('expiring', beats + 1);
  }
  const socket = rig.dial();
  socket.write('still here');
  assert.equal(await textFrom(socket), 'still here');
  assert.equal(relay.tunnels.length, 1);
});

for (const reason of ['shutdown', 'relay-restart', 'control-lost', 'error'] as const) {
  test(`a session that ended as ${reason} is tried again while the grant lasts`, async (t) => {
    const relay = await openRelay(t);
    const rig = await openRig(t, [relay]);
    (await relay.tunnel(0)).notice({ kind: 'ended', reason });
    assert.equal(await rig.until('away'), reason);
    await relay.tunnel(1);
    await rig.until('connected', 2);
  });
}

test('a grant whose end passes while no relay can be reached has expired', async (t) => {
  const relay = await openRelay(t);
  const rig = await openRig(t, [relay], { seconds: 60 });
  await rig.until('connected');
  rig.clock.nowMs += 70_000;
  relay.stop();
  assert.equal((await rig.ended()).reason, 'expired');
});
