import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStanding } from '../../../relay/server/standing.ts';
import { newGrantId } from '../signing.ts';

const startMs = Date.parse('2026-03-02T09:00:00.000Z');

function standing() {
  const clock = {
    wallMs: startMs,
    monotonicMs: 0,
    wall: () => clock.wallMs,
    monotonic: () => clock.monotonicMs,
  };
  return { clock, knows: createStanding({ clock, maxLeaseSeconds: 30, revoked: [] }) };
}

test('a clock that jumps ahead and back does not forget what was revoked', () => {
  const { clock, knows } = standing();
  const gid = newGrantId();
  assert.ok(knows.renew({ iat: startMs / 1000, leaseSeconds: 30 }));
  knows.revoke({ gid, until: startMs / 1000 + 3600 });
  clock.wallMs = startMs + 24 * 3_600_000;
  assert.equal(knows.renew({ iat: startMs / 1000 + 5, leaseSeconds: 30 }), false);
  assert.equal(knows.revocations().length, 1);
  clock.wallMs = startMs + 10_000;
  assert.ok(knows.isRevoked({ gid, iat: startMs / 1000 }));
});

test('a revocation is forgotten when bot and relay agree that its last token has ended', () => {
  const { clock, knows } = standing();
  knows.revoke({ gid: newGrantId(), until: startMs / 1000 + 60 });
  clock.wallMs = startMs + 91_000;
  assert.ok(knows.renew({ iat: clock.wallMs / 1000, leaseSeconds: 30 }));
  assert.deepEqual(knows.revocations(), []);
});

test('a lease is renewed while our clock is within five seconds of the bot’s, ahead or behind', () => {
  for (const [offsetSeconds, isRenewed] of [
    [-6, false],
    [-5, true],
    [5, true],
    [6, false],
  ] as const) {
    const { knows } = standing();
    const iat = startMs / 1000 + offsetSeconds;
    assert.equal(knows.renew({ iat, leaseSeconds: 30 }), isRenewed, `${offsetSeconds} s`);
    assert.equal(knows.lease().kind, isRenewed ? 'fresh' : 'never');
  }
});

test('no lease is longer than this relay accepts, whatever the bot says', () => {
  const { clock, knows } = standing();
  assert.ok(knows.renew({ iat: startMs / 1000, leaseSeconds: 3600 }));
  clock.monotonicMs = 30_000;
  assert.deepEqual(knows.lease(), { kind: 'fresh' });
  clock.monotonicMs = 30_001;
  assert.deepEqual(knows.lease(), { kind: 'lost', lostMs: 1 });
});

test('a token counts from the first second of the epoch on, whatever its grant', () => {
  const { knows } = standing();
  const epoch = startMs / 1000;
  assert.ok(!knows.isRevoked({ gid: newGrantId(), iat: epoch - 1 }));
  assert.ok(knows.enter(epoch));
  assert.ok(knows.isRevoked({ gid: newGrantId(), iat: epoch - 1 }));
  assert.ok(!knows.isRevoked({ gid: newGrantId(), iat: epoch }));
});

test('a new epoch admits nobody before the bot has told everything again', () => {
  const { knows } = standing();
  assert.ok(knows.renew({ iat: startMs / 1000, leaseSeconds: 30 }));
  assert.ok(knows.enter(startMs / 1000));
  assert.equal(knows.lease().kind, 'lost');
});

test('an epoch is entered up to half a minute ahead of our clock, as a token is; one further ahead is not', () => {
  for (const [aheadSeconds, isEntered] of [
    [30, true],
    [31, false],
  ] as const) {
    const { knows } = standing();
    const epoch = startMs / 1000 + aheadSeconds;
    assert.equal(knows.enter(epoch), isEntered);
    assert.equal(knows.isRevoked({ gid: newGrantId(), iat: epoch - 1 }), isEntered);
  }
});
