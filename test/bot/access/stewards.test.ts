// An entity that is new, or has lately become something else, is not believed alone: the namespace's stewards confirm it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideExtend } from '../../../bot/access/extend.ts';
import { lengthOf } from '../../../bot/access/grant-time.ts';
import { explainAsking } from '../../../bot/access/inquire.ts';
import type { Approval } from '../../../bot/access/request.ts';
import { stillEligible } from '../../../bot/access/standing.ts';
import {
  approve,
  connect,
  factsOf,
  grantedTo,
  hourMs,
  issue,
  now,
  opened,
  people,
  policyText,
  reasonOf,
  resource,
  type World,
} from './world.ts';

const ref = 'resource:payments/payments-db';
const policy = policyText.replace(
  '    relays:',
  '    stewards: [group:default/dba]\n    auto-approve: [{ who: owner, role: reader, max: 1h }]\n    relays:',
);
const ago = (ms: number) => new Map([[ref, new Date(now.getTime() - ms).toISOString()]]);
const lately: World = { policy, changedAt: ago(hourMs) };
const facts = factsOf(lately);

test('where it cannot be read since when it is so, a steward approves', () => {
  const unread = factsOf({ policy, changedAt: new Map([[ref, 'a while ago']]) });
  const byOwner = approve(unread, { request: opened(unread), by: people.omar });
  assert.equal(byOwner.kind, 'counted');
});

test('for a day after it changed, a steward approves as well as its owners', () => {
  const request = opened(facts);
  const byOwner = approve(facts, { request, by: people.omar });
  assert.ok(byOwner.kind === 'counted');
  assert.deepEqual(
    byOwner.missing.flatMap(({ of }) => of.map((each) => each.ref)),
    ['group:default/dba'],
  );
  const approvals = [byOwner.approval];
  const bySteward = approve(facts, { request, approvals, by: people.dirk });
  assert.ok(bySteward.kind === 'granted');
  assert.equal(stillEligible(bySteward.grant, facts).kind, 'eligible');
});

test('an entity that is new and names its own approvers needs a steward besides them', () => {
  const annotations = { 'sallyport.dev/approvers': 'user:default/bea' };
  const services = [resource({ name: 'payments-db', annotations })];
  const named = factsOf({ ...lately, services });
  const request = opened(named);
  const approvals: Approval[] = [];
  for (const by of [people.omar, people.bea]) {
    const decision = approve(named, { request, approvals, by });
    assert.ok(decision.kind === 'counted', JSON.stringify(decision));
    approvals.push(decision.approval);
  }
  assert.equal(approve(named, { request, approvals, by: people.dirk }).kind, 'granted');
});

test('the policy approves nothing by itself meanwhile', () => {
  assert.equal(connect(facts, { requester: people.omar }).kind, 'open');
  const settled = factsOf({ policy, changedAt: ago(24 * hourMs) });
  assert.equal(connect(settled, { requester: people.omar }).kind, 'granted');
});

test('after a day, and in a namespace without stewards, its owners are enough', () => {
  for (const world of [
    { policy, changedAt: ago(24 * hourMs) },
    { changedAt: ago(0) },
    { policy },
  ]) {
    const settled = factsOf(world);
    const request = opened(settled);
    assert.equal(approve(settled, { request, by: people.omar }).kind, 'granted');
  }
});

test('once no steward is needed any more, an owner who approved grants it by saying so again', () => {
  const request = opened(facts);
  const byOwner = approve(facts, { request, by: people.omar });
  assert.ok(byOwner.kind === 'counted');
  const gesture = { request, approvals: [byOwner.approval], by: people.omar };
  const { data } = reasonOf(approve(facts, gesture), 'already-approved');
  assert.ok('missing' in data && data.missing.length === 1, 'the steward is still needed');

  const settled = factsOf({ policy, changedAt: ago(24 * hourMs) });
  const decision = approve(settled, gesture);
  assert.ok(decision.kind === 'granted', JSON.stringify(decision));
  assert.deepEqual(decision.grant.approvals, [byOwner.approval], 'it counts, and not twice');
  assert.ok(decision.derivation.some(({ rule }) => rule === 'approval-was-given'));
  assert.ok(decision.derivation.every(({ rule }) => rule !== 'approver-is-new'));

  const shorter = approve(settled, { ...gesture, durationMs: hourMs / 2 });
  assert.ok(shorter.kind === 'granted');
  assert.equal(lengthOf(shorter.grant), hourMs / 2, 'and it may be for less than before');
  reasonOf(approve(settled, { ...gesture, shownDigest: '' }), 'card-changed');
});

test('an approval that is given again is not another person’s', () => {
  const two = factsOf({ policy, changedAt: ago(24 * hourMs) });
  const request = opened(two, { role: 'admin' });
  const first = approve(two, { request, by: people.omar });
  assert.ok(first.kind === 'counted');
  const again = approve(two, { request, approvals: [first.approval], by: people.omar });
  reasonOf(again, 'already-approved');
});

test('where approvers sign in, one who approved signs in again: a comment alone grants nothing', () => {
  const confirmed = policy.replace('    relays:', '    confirm: sign-in\n    relays:');
  const lately = factsOf({ policy: confirmed, changedAt: ago(hourMs) });
  const settled = factsOf({ policy: confirmed, changedAt: ago(24 * hourMs) });
  const request = opened(lately);
  const confirmation = {
    digest: request.digest,
    until: request.lapsesAt,
    personId: people.omar.id,
    issuer: 'https://id.acme.dev',
    subject: '00u-omar',
    proof: { authTime: now, acr: [] },
  };
  const byOwner = approve(lately, { request, by: people.omar, confirmation });
  assert.ok(byOwner.kind === 'counted', JSON.stringify(byOwner));
  const gesture = { request, approvals: [byOwner.approval], by: people.omar };
  assert.equal(approve(settled, gesture).kind, 'unconfirmed');
  assert.equal(approve(settled, { ...gesture, confirmation }).kind, 'granted');
});

test('access that was given before the change needs no steward; whether its owners still stand is another question', () => {
  const before = factsOf({ policy });
  const grant = grantedTo(people.dana, before, { durationMs: 2 * hourMs });
  const later = { ...before, now: new Date(now.getTime() + hourMs) };
  const changed = { ...later, changedAt: new Map([[ref, later.now.toISOString()]]) };
  assert.equal(stillEligible(grant, changed).kind, 'eligible');
});

test('access that was given at the very moment of the change needs a steward: it may have been given by what is new', () => {
  const before = factsOf({ policy });
  const grant = grantedTo(people.dana, before, { durationMs: 2 * hourMs });
  const changedAt = (ms: number) => new Map([[ref, new Date(now.getTime() + ms).toISOString()]]);
  const at = (ms: number) => stillEligible(grant, { ...before, changedAt: changedAt(ms) });
  assert.equal(at(1).kind, 'eligible');
  reasonOf(at(0), 'approval-withdrawn');
});

test('more time for what was given before the change needs a steward, and says so from the first', () => {
  const before = factsOf({ policy });
  const grant = grantedTo(people.dana, before, { durationMs: 2 * hourMs });
  const later = { ...before, now: new Date(now.getTime() + hourMs) };
  const changed = { ...later, changedAt: new Map([[ref, later.now.toISOString()]]) };
  const asked = { requestId: 'r2', issue, commentId: 4003, commentNodeId: 'IC_4003', reason: '' };
  const question = { ...asked, grant, requester: people.dana, durationMs: hourMs };
  const decision = decideExtend(question, changed);
  assert.ok(decision.kind === 'open');
  const { request, missing, derivation } = decision;
  assert.equal(derivation.filter(({ rule }) => rule === 'stewards-confirm').length, 1);
  // What is still missing once an owner has approved is what is left of what was missing at first.
  const byOwner = approve(changed, { request, by: people.omar, extended: grant });
  assert.ok(byOwner.kind === 'counted');
  assert.deepEqual(missing.slice(1), byOwner.missing);
  assert.equal(missing.length, 2);
});

test('a grant that a steward confirmed falls when nobody stands for that any more', () => {
  const request = opened(facts);
  const byOwner = approve(facts, { request, by: people.omar });
  assert.ok(byOwner.kind === 'counted');
  const bySteward = approve(facts, { request, approvals: [byOwner.approval], by: people.dirk });
  assert.ok(bySteward.kind === 'granted');
  const withoutDirk = factsOf({
    ...lately,
    ids: new Map([
      ['dana', people.dana.id],
      ['omar', people.omar.id],
    ]),
  });
  reasonOf(stillEligible(bySteward.grant, withoutDirk), 'approval-withdrawn');
});

test('/why says since when it is new, until when that matters, and who confirms it', () => {
  const why = explainAsking({ resource: 'payments-db' }, people.dana, facts);
  const step = why.steps.find(({ rule }) => rule === 'stewards-confirm');
  assert.deepEqual(step?.fact, {
    changedAt: '2026-03-02T08:00:00.000Z',
    endsAt: '2026-03-03T08:00:00.000Z',
  });
  assert.equal(why.roles[0]?.needs.length, 2);
});
