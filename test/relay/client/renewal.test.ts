// The token and its grant: a later token is fetched and presented in time, and when none is to be had the person is
// told what has ended, the token or the grant.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tunnelPath } from '../../../relay/frames.ts';
import { checkProof } from '../../../relay/proof.ts';
import { claimFailure } from '../../../relay/client/sign-in.ts';
import type { ClaimedGrant } from '../../../relay/client/token.ts';
import { grantFor, openRig, type Rig } from './rig.ts';
import { openRelay, type ScriptedRelay } from './scripted-relay.ts';

/** A token for a minute of a grant that lasts for hours. */
async function shortToken(relay: ScriptedRelay): Promise<ClaimedGrant> {
  const claimed = await grantFor([relay], Date.now(), 60);
  return { ...claimed, grantEndsAtMs: claimed.endsAtMs + 7_200_000 };
}

/** A token for the last minute of its grant. */
function lastToken(relay: ScriptedRelay): Promise<ClaimedGrant> {
  return grantFor([relay], Date.now(), 60);
}

const unavailable = claimFailure('temporarily_unavailable', '');

const tokenEnds: readonly [string, (rig: Rig, relay: ScriptedRelay) => void][] = [
  [
    'the relay ends the session',
    (_rig, relay) => relay.tunnels[0]?.notice({ kind: 'ended', reason: 'expired' }),
  ],
  [
    'the relay refuses to take the run back',
    (_rig, relay) => {
      relay.refuse = 'grant_expired';
      relay.tunnels[0]?.socket.terminate();
    },
  ],
  [
    'no relay can be reached',
    (rig, relay) => {
      rig.clock.nowMs += 70_000;
      relay.stop();
    },
  ],
];

for (const [name, end] of tokenEnds) {
  test(`a token that ends before its grant is not told as the end of the grant: ${name}`, async (t) => {
    const relay = await openRelay(t);
    const rig = await openRig(t, [relay], { claimed: await shortToken(relay) });
    await rig.until('connected');
    end(rig, relay);
    const { reason, exit, message, next } = await rig.ended();
    assert.deepEqual({ reason, exit }, { reason: 'not-renewed', exit: 'cut' });
    assert.match(message, /The grant still lasts, .* could not be renewed\./);
    assert.match(next, /Run the line again/);
  });
}

test('when the grant has ended as well, it is the grant that is told', async (t) => {
  const relay = await openRelay(t);
  const rig = await openRig(t, [relay], { claimed: await shortToken(relay) });
  await rig.until('connected');
  rig.clock.nowMs += 8_000_000;
  relay.stop();
  assert.equal((await rig.ended()).reason, 'expired');
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

for (const [when, claim, told] of [
  ['goes on is told', shortToken, ['connected', 'renewal-failed', 'expiring']],
  ['ends is expected and not told', lastToken, ['connected', 'expiring']],
] as const) {
  test(`a later token that cannot be had while the grant ${when}`, async (t) => {
    const relay = await openRelay(t);
    const claimed = await claim(relay);
    const rig = await openRig(t, [relay], { claimed, renew: () => Promise.reject(unavailable) });
    await rig.until('connected');
    rig.clock.nowMs += 41_000;
    rig.session.tick();
    assert.equal(rig.renewals, 1);
    (await relay.tunnel(0)).notice({ kind: 'expiring', inSeconds: 19 });
    await rig.until('expiring');
    assert.deepEqual(
      rig.told.map(([name]) => name),
      told,
    );
  });
}

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
