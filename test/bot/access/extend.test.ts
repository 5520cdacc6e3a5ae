import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { Facts } from '../../../bot/access/eligibility.ts';
import { decideExtend, type ExtendDecision } from '../../../bot/access/extend.ts';
import { lengthOf } from '../../../bot/access/grant-time.ts';
import type { Grant, RunningGrant } from '../../../bot/access/lifecycle.ts';
import type { AccessRequest, Person } from '../../../bot/access/request.ts';
import {
  approve,
  factsOf,
  grantedTo,
  hourMs,
  issue,
  now,
  orgText,
  people,
  policyText,
  reasonOf,
  running,
  resource,
} from './world.ts';

const facts = factsOf();
// Two hours of the eight that a reader may have.
const given = grantedTo(people.dana, facts, { durationMs: 2 * hourMs });
const grant: RunningGrant = { ...given, time: running(given) };

interface Asked {
  readonly grant?: Grant;
  readonly by?: Person;
  readonly durationMs?: number;
  readonly waiting?: string;
}

function extend(asked: Asked = {}, within: Facts = facts): ExtendDecision {
  const { by: requester = people.dana, durationMs = hourMs, ...rest } = asked;
  const opening = { requestId: 'r2', issue, commentId: 4003, commentNodeId: 'IC_4003' };
  const words = { reason: 'The import runs longer.' };
  return decideExtend({ grant, requester, durationMs, ...opening, ...words, ...rest }, within);
}

function asked(more: Asked = {}, within: Facts = facts): AccessRequest {
  const decision = extend(more, within);
  assert.ok(decision.kind === 'open', JSON.stringify(decision));
  return decision.request;
}

test('more time is asked for by a request of its own, of the same people and with the same digest rule', () => {
  const decision = extend();
  assert.ok(decision.kind === 'open');
  const { request, missing } = decision;
  assert.equal(request.extends, grant.id);
  assert.equal(request.state, 'pending');
  assert.equal(request.durationMs, hourMs);
  assert.equal(request.role, grant.role);
  assert.deepEqual(missing.flatMap(({ of }) => of.flatMap(({ logins }) => logins)).toSorted(), [
    'Olga',
    'omar',
  ]);
  assert.ok(decision.derivation.slice(0, -1).every(({ satisfied }) => satisfied));
  const suppliers = missing.flatMap(({ of }) => of);
  const step = { rule: 'approvals-suffice', fact: { missing }, satisfied: false, suppliers };
  assert.deepEqual(decision.derivation.at(-1), step);
  const { digest } = asked({ durationMs: hourMs / 2 });
  assert.notEqual(request.digest, digest, 'the digest covers the time that is asked for');
});

test('an approval moves the end of the same grant, and of nothing else', () => {
  const request = asked();
  const later = { ...facts, now: new Date(now.getTime() + hourMs / 2) };
  const decision = approve(later, { request, by: people.omar, extended: grant });
  assert.ok(decision.kind === 'extended', JSON.stringify(decision));
  const { time } = grant;
  const endsAt = new Date(Date.parse(time.endsAt) + hourMs).toISOString();
  assert.deepEqual(decision.grant, { ...grant, time: { ...time, endsAt } });
  assert.equal(decision.from, time.endsAt);
});

test('an approver may give less time than was asked for, and never more', () => {
  const request = asked();
  const less = approve(facts, {
    request,
    by: people.omar,
    extended: grant,
    durationMs: hourMs / 4,
  });
  assert.ok(less.kind === 'extended');
  assert.equal(lengthOf(less.grant) - lengthOf(grant), hourMs / 4);
  const more = approve(facts, {
    request,
    by: people.omar,
    extended: grant,
    durationMs: 2 * hourMs,
  });
  reasonOf(more, 'longer-than-asked');
});

test('nobody approves more time for themselves', () => {
  const own = grantedTo(people.omar, facts, { by: people.olga });
  const request = asked({ grant: own, by: people.omar });
  reasonOf(approve(facts, { request, by: people.omar, extended: own }), 'own-request');
});

test('however often it is extended, a grant lasts no longer than its role allows', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 * 60 }), { maxLength: 12 }), (minutes) => {
      let current = grant;
      for (const each of minutes) {
        const decision = extend({ grant: current, durationMs: each * 60_000 });
        if (decision.kind === 'refused') continue;
        const { request } = decision;
        const given = approve(facts, { request, by: people.omar, extended: current });
        assert.ok(given.kind === 'extended');
        assert.ok(lengthOf(given.grant) > lengthOf(current));
        current = given.grant;
      }
      assert.ok(lengthOf(current) <= 8 * hourMs);
    }),
  );
});

test('two requests that were each short enough do not together make a grant too long', () => {
  const request = asked({ durationMs: 5 * hourMs });
  const first = approve(facts, { request, by: people.omar, extended: grant });
  assert.ok(first.kind === 'extended');
  const second = approve(facts, { request, by: people.omar, extended: first.grant });
  const { data } = reasonOf(second, 'extension-too-long');
  assert.deepEqual(data, {
    grant: grant.id,
    askedMs: 5 * hourMs,
    leftMs: hourMs,
    maxMs: 8 * hourMs,
  });
});

test('more time is refused with the reason, and with what is left', () => {
  reasonOf(extend({ by: people.omar }), 'not-the-grantee');
  reasonOf(extend({ waiting: 'r2' }), 'extension-waits');
  reasonOf(extend({ durationMs: 6 * hourMs + 1 }), 'extension-too-long');
  reasonOf(extend({ durationMs: Number.NaN }), 'extension-too-long');
  reasonOf(extend({ grant: { ...grant, state: 'revoked' } }), 'grant-not-active');
  reasonOf(extend({}, { ...facts, now: new Date(grant.time.endsAt) }), 'grant-not-active');
  reasonOf(extend({ grant: { ...grant, reviewBy: now.toISOString() } }), 'glass-not-extended');
});

test('whoever the catalog does not know is told that first, whatever became of the grant', () => {
  const org = orgText.replace(
    'login: dana, sallyport.dev/subject: 00u-dana',
    'login: nobody, sallyport.dev/subject: 0',
  );
  const decision = extend({}, factsOf({ org, services: [] }));
  assert.ok(decision.kind === 'refused');
  reasonOf(decision, 'person-unknown');
  assert.equal(decision.derivation.length, 1);
});

test('what would not be given any more is not given for longer', () => {
  const moved = { 'sallyport.dev/target': 'elsewhere.internal:5432' };
  const elsewhere = { services: [resource({ name: 'payments-db', annotations: moved })] };
  reasonOf(extend({}, factsOf(elsewhere)), 'target-changed');
  const gone = orgText.replace(
    'login: dana, sallyport.dev/subject: 00u-dana',
    'login: nobody, sallyport.dev/subject: 0',
  );
  reasonOf(extend({}, factsOf({ org: gone })), 'person-unknown');
  const shorter = factsOf({ policy: policyText.replace('max: 8h', 'max: 2h') });
  reasonOf(extend({ durationMs: 1 }, shorter), 'extension-too-long');
});

test('an approval after the grant has ended brings it not back', () => {
  const request = asked();
  const over = { ...facts, now: new Date(grant.time.endsAt) };
  reasonOf(approve(over, { request, by: people.omar, extended: grant }), 'grant-not-active');
  const revoked = { ...grant, state: 'revoked' } as const;
  reasonOf(approve(facts, { request, by: people.omar, extended: revoked }), 'grant-not-active');
});
