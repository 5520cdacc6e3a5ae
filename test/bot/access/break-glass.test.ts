import assert from 'node:assert/strict';
import test from 'node:test';
import {
  decideBreakGlass,
  decideReview,
  type BreakGlassDecision,
} from '../../../bot/access/break-glass.ts';
import type { Facts } from '../../../bot/access/eligibility.ts';
import type { Grant } from '../../../bot/access/lifecycle.ts';
import type { AccessRequest, Person } from '../../../bot/access/request.ts';
import { decideRevoke, stillEligible } from '../../../bot/access/standing.ts';
import { factsOf, hourMs, issue, now, orgText, people, policyText, reasonOf } from './world.ts';

const policy = policyText.replace(
  '    pending: 8h',
  '    pending: 8h\n    break-glass: { who: [group:default/dba], max: 90m, review: 12h }',
);
const facts = factsOf({ policy });
const grantId = 'g_abcdefghijklmnopqrstuvwxyz';

interface Words {
  readonly by?: Person;
  readonly durationMs?: number;
  readonly role?: string;
  readonly reason?: string;
}

function breakGlass(words: Words = {}, within: Facts = facts): BreakGlassDecision {
  const { by: requester = people.dirk, reason = 'Production is down.', ...rest } = words;
  const opening = { requester, requestId: 'r1', issue, commentId: 4001, commentNodeId: 'IC_4001' };
  const command = { resource: 'payments-db', reason, ...rest };
  return decideBreakGlass({ ...opening, command, grantId }, within);
}

function broken(words: Words = {}): {
  request: AccessRequest;
  grant: Grant;
  skipped: readonly string[];
} {
  const decision = breakGlass(words);
  assert.ok(decision.kind === 'broken', JSON.stringify(decision));
  const { request, grant, skipped } = decision;
  return { request, grant, skipped: skipped.flatMap(({ logins }) => logins).toSorted() };
}

test('whoever the policy names has access at once, with the least role, for no longer than it says', () => {
  const { request, grant, skipped } = broken();
  assert.equal(request.state, 'granted');
  assert.equal(grant.state, 'active');
  assert.equal(grant.role, 'reader');
  assert.equal(grant.startsAt, now.toISOString());
  assert.equal(Date.parse(grant.endsAt) - now.getTime(), hourMs, 'what the role gives unasked');
  assert.equal(grant.reviewBy, new Date(now.getTime() + 12 * hourMs).toISOString());
  assert.equal(grant.digest, request.digest);
  assert.deepEqual(grant.approvals, []);
  assert.deepEqual(skipped, ['Olga', 'omar'], 'whoever would have been asked');
});

test('a broken glass needs no approval of a role that needs two, and lasts as the policy says of both', () => {
  const { grant } = broken({ role: 'writer', durationMs: 1.5 * hourMs });
  assert.equal(Date.parse(grant.endsAt) - now.getTime(), 1.5 * hourMs);
  const { data } = reasonOf(
    breakGlass({ role: 'writer', durationMs: 1.5 * hourMs + 1 }),
    'duration-too-long',
  );
  assert.equal('maxMs' in data && data.maxMs, 1.5 * hourMs);
  reasonOf(breakGlass({ role: 'admin', durationMs: hourMs + 1 }), 'duration-too-long');
  reasonOf(breakGlass({ durationMs: Number.NaN }), 'duration-too-long');
});

test('nobody else breaks the glass, and nobody where the policy names no one', () => {
  for (const by of [people.dana, people.omar, people.otto]) {
    reasonOf(breakGlass({ by }), 'not-a-breaker');
  }
  reasonOf(breakGlass({}, factsOf()), 'no-break-glass');
  reasonOf(breakGlass({ by: { id: 1, login: 'stranger' } }), 'person-unknown');
});

test('a glass is not broken without a reason', () => {
  for (const reason of ['', ' ', '\n\t']) reasonOf(breakGlass({ reason }), 'reason-missing');
});

test('the grant stands while its holder may still break the glass, whoever approves there', () => {
  const { grant } = broken();
  assert.equal(stillEligible(grant, facts).kind, 'eligible');
  const left = orgText.replace('memberOf: [dba]', 'memberOf: []');
  assert.notEqual(left, orgText);
  reasonOf(stillEligible(grant, factsOf({ policy, org: left })), 'not-a-breaker');
  reasonOf(stillEligible(grant, factsOf()), 'no-break-glass');
  reasonOf(stillEligible(grant, { ...facts, now: new Date(grant.endsAt) }), 'grant-not-active');
});

test('whoever was skipped can end it', () => {
  const { grant } = broken();
  const decision = decideRevoke({ grant, by: people.omar }, facts);
  assert.equal(decision.kind, 'revoked', JSON.stringify(decision));
});

test('an approver reviews it, also after it ended, and never whoever broke the glass', () => {
  const { grant } = broken();
  const over = { ...facts, now: new Date(Date.parse(grant.endsAt) + hourMs) };
  for (const within of [facts, over]) {
    assert.equal(decideReview({ grant, by: people.omar }, within).kind, 'reviewed');
    reasonOf(decideReview({ grant, by: people.dirk }, within), 'own-review');
    reasonOf(decideReview({ grant, by: people.bea }, within), 'not-an-approver');
    reasonOf(decideReview({ grant, by: { id: 1, login: 'stranger' } }, within), 'not-an-approver');
  }
});

test('an owner who broke the glass does not review it, under whatever login', () => {
  const owners = factsOf({
    policy: policy.replace('[group:default/dba]', '[group:default/payments]'),
  });
  const decision = breakGlass({ by: people.omar }, owners);
  assert.ok(decision.kind === 'broken');
  const { grant } = decision;
  assert.deepEqual(
    decision.skipped.flatMap(({ logins }) => logins),
    ['Olga'],
  );
  reasonOf(decideReview({ grant, by: people.omar }, owners), 'own-review');
  reasonOf(decideReview({ grant, by: { ...people.omar, login: 'Olga' } }, owners), 'own-review');
  assert.equal(decideReview({ grant, by: people.olga }, owners).kind, 'reviewed');
});
