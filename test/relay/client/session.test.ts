// The session over real relays: how it comes back, moves on, renews its token and ends.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { tunnelPath, type EndReason } from '../../../relay/frames.ts';
import { checkProof } from '../../../relay/proof.ts';
import { Failure } from '../../../relay/client/failure.ts';
import { grantFor, openRig, relayTo } from './rig.ts';
import { openRelay } from './scripted-relay.ts';

test('a lost tunnel comes back with the same run and the same token, and callers in between wait', async (t) => {
  const relay = await relayTo(t, (socket) => socket.pipe(socket));
  const rig = await openRig(t, [relay]);
  const first = await relay.tunnel(0);
  await rig.until('connected');
  first.socket.terminate();
  await rig.until('away');
  const waiting = rig.dial();
  waiting.write('hello');
  assert.equal(String((await once(waiting, 'data'))[0]), 'hello');
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
  await once(old, 'data');
  (await draining.tunnel(0)).notice({ kind: 'draining' });
  await rig.until('connected', 2);
  old.write('after');
  assert.equal(String((await once(old, 'data'))[0]), 'after');
  const fresh = rig.dial();
  fresh.write('new');
  await once(fresh, 'data');
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
  await assert.rejects(rig.session.ended, (error) => {
    return (
      error instanceof Failure && error.code === 'control_stale' && error.exit === 'unavailable'
    );
  });
});

test('a refusal that no relay can lift ends the search at once', async (t) => {
  const [first, second] = [await openRelay(t), await openRelay(t)];
  first.refuse = 'target_not_allowed';
  const rig = await openRig(t, [first, second]);
  const { reason, exit } = await rig.session.ended;
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
    await once(socket, 'data');
    const reset = once(socket, 'error');
    const tunnel = await relay.tunnel(0);
    tunnel.notice({ kind: 'ended', reason });
    tunnel.socket.close();
    assert.equal((await rig.session.ended).exit, exit);
    assert.equal(((await reset)[0] as NodeJS.ErrnoException).code, 'ECONNRESET');
  });
}

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
  assert.equal((await rig.session.ended).reason, 'expired');
});

test('a later token is fetched before the end and presented in the tunnel with a proof of its own', async (t) => {
  const relay = await openRelay(t);
  const rig = await openRig(t, [relay], {
    seconds: 3600,
    renew: ({ clock }) => grantFor([relay], clock.nowMs, 7200),
  });
  await rig.until('connected');
  const tunnel = await relay.tunnel(0);
  rig.session.tick();
  assert.equal(rig.renewals, 0);
  rig.clock.nowMs += 3_000_001;
  rig.session.tick();
  const frame = await tunnel.next('token');
  assert.notEqual(frame.token, tunnel.token);
  const proof = await checkProof(frame.proof, {
    method: 'GET',
    url: `${relay.url}${tunnelPath}`,
    now: new Date(),
    token: frame.token,
    isFreshNonce: (given) => given === tunnel.nonce,
  });
  assert.equal(proof.kind, 'valid');
  tunnel.notice({ kind: 'renewed', exp: 1 });
  assert.match(String(await rig.until('renewed')), /^\d{4}-/);
  assert.equal(rig.renewals, 1);
});

test('a token with the same end is no news: nothing is presented and nobody is told', async (t) => {
  const relay = await openRelay(t);
  const claimed = grantFor([relay], Date.now());
  const rig = await openRig(t, [relay], { renew: () => claimed });
  await rig.until('connected');
  rig.clock.nowMs += 3_000_001;
  rig.session.tick();
  rig.session.tick();
  await claimed;
  (await relay.tunnel(0)).notice({ kind: 'expiring', inSeconds: 300 });
  await rig.until('expiring');
  assert.equal(rig.renewals, 1);
  assert.deepEqual(
    rig.told.map(([name]) => name),
    ['connected', 'expiring'],
  );
});
