// An entity that is new, or has lately become something else, is not believed alone: the namespace's stewards confirm it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainAsking } from '../../../bot/access/inquire.ts';
import { stillEligible } from '../../../bot/access/standing.ts';
import {
  approve,
  connect,
  factsOf,
  grantedTo,
  hourMs,
  now,
  opened,
  people,
  policyText,
  reasonOf,
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

test('access that was given before the change needs no steward; whether its owners still stand is another question', () => {
  const before = factsOf({ policy });
  const grant = grantedTo(people.dana, before, { durationMs: 2 * hourMs });
  const later = { ...before, now: new Date(now.getTime() + hourMs) };
  const changed = { ...later, changedAt: new Map([[ref, later.now.toISOString()]]) };
  assert.equal(stillEligible(grant, changed).kind, 'eligible');
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
