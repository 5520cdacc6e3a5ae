import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  judgeAdmission,
  refusalOf,
  refusalOfEnd,
  type AdmissionFacts,
} from '../../../relay/server/admission.ts';
import { grantClaims } from '../signing.ts';

const claims = grantClaims(Date.parse('2026-11-24T10:00:00Z'));
const target = { host: 'db.internal', port: 5432 };
const good: AdmissionFacts = {
  isDraining: false,
  target: { kind: 'literal', target },
  isRevoked: false,
  lease: { kind: 'fresh' },
  continues: false,
  sessionsOfGrant: 0,
  sessionsInAll: 0,
  maxSessions: 100,
  canRecord: true,
};
const lost = { kind: 'lost', lostMs: 1 } as const;

test('with nothing against it a grant is admitted', () => {
  assert.deepEqual(judgeAdmission(claims, good), { kind: 'admitted' });
});

// In the order of the checks: what a row has wrong is told before what the rows below it have.
const refusals: readonly (readonly [string, Partial<AdmissionFacts>, string])[] = [
  ['its namespace is served elsewhere', { target: { kind: 'other-namespace' } }, 'not_this_relay'],
  ['it was revoked', { isRevoked: true }, 'grant_revoked'],
  ['the relay drains', { isDraining: true }, 'draining'],
  ['the bot was not heard lately', { lease: lost }, 'control_stale'],
  ['the bot was never heard', { lease: { kind: 'never' } }, 'control_stale'],
  ['it has all its sessions', { sessionsOfGrant: claims.lim.sessions }, 'too_many_sessions'],
  ['the relay has all its sessions', { sessionsInAll: 100 }, 'too_many_sockets'],
  ['its target is not on the list', { target: { kind: 'not-allowed' } }, 'target_not_allowed'],
  ['its start cannot be recorded', { canRecord: false }, 'server_error'],
];

suite('a grant is refused when', () => {
  for (const [name, facts, code] of refusals) {
    test(name, () => {
      assert.deepEqual(judgeAdmission(claims, { ...good, ...facts }), { kind: 'refused', code });
    });
  }
});

test('revocation is told before everything that the caller could wait out', () => {
  const all = Object.assign({}, ...refusals.slice(1).map(([, facts]) => facts)) as AdmissionFacts;
  const verdict = judgeAdmission(claims, { ...good, ...all, target: { kind: 'not-allowed' } });
  assert.deepEqual(verdict, { kind: 'refused', code: 'grant_revoked' });
});

test('a session in its grace may be continued, not one begun', () => {
  const facts = { ...good, lease: lost };
  assert.equal(judgeAdmission(claims, { ...facts, continues: true }).kind, 'admitted');
  assert.equal(
    judgeAdmission(claims, { ...facts, continues: true, isRevoked: true }).kind,
    'refused',
  );
});

test('a stranger is not told which check found a token out', () => {
  for (const fault of ['signature', 'unknown-key', 'claims', 'issuer', 'encoding'] as const) {
    assert.equal(refusalOf(fault), 'invalid_token');
  }
});

suite('whose session was over before it began is told', () => {
  const rows = {
    expired: 'grant_expired',
    revoked: 'grant_revoked',
    'control-lost': 'control_stale',
    shutdown: 'draining',
    // The grant lives, and the client must not give it up.
    idle: 'server_error',
    closed: 'server_error',
    error: 'server_error',
  } as const;
  for (const [reason, code] of Object.entries(rows)) {
    test(`${code} when it was ${reason}`, () => {
      assert.equal(refusalOfEnd(reason as keyof typeof rows), code);
    });
  }
});
