// Whom the catalog gives another GitHub login has two accounts, and is one person: what was asked, approved or taken
// with the first is nobody else's with the second.

import assert from 'node:assert/strict';
import test from 'node:test';
import { decideBreakGlass, decideReview, type OpenGlass } from '../../../bot/access/break-glass.ts';
import type { Facts } from '../../../bot/access/eligibility.ts';
import type { AccessRequest, Approval, Person } from '../../../bot/access/request.ts';
import { decideDeny } from '../../../bot/access/close.ts';
import { stillEligible } from '../../../bot/access/standing.ts';
import {
  approve,
  factsOf,
  issue,
  now,
  opened,
  orgText,
  people,
  policyText,
  reasonOf,
  user,
} from './world.ts';

const policy = policyText.replace(
  '    pending: 8h',
  '    pending: 8h\n    break-glass: { who: [group:default/payments], max: 1h, review: 12h }',
);
/** The account that omar has beside his first. */
const second: Person = { id: 7700, login: 'omar-two' };

/** Omar's User has one of his accounts, and the other is nobody's, or that of another owner, hana. */
function world(logins: { readonly omar: string; readonly hana?: string }): Facts {
  const owner = (name: string, login: string) =>
    user(name, ['payments']).replace(`user-login: ${name}`, `user-login: ${login}`);
  const omar = owner('omar', logins.omar);
  const hana = logins.hana === undefined ? '' : owner('hana', logins.hana);
  const org = `${orgText.replace(owner('omar', 'omar'), omar)}\n${hana}`;
  const accounts = [...Object.values(people), second];
  return factsOf({
    policy,
    org,
    logins: new Map(accounts.map(({ id, login }) => [id, login])),
    ids: new Map(accounts.map(({ id, login }) => [login.toLowerCase(), id])),
    belonging: new Map(accounts.map(({ id }) => [id, 'member'])),
  });
}

const before = world({ omar: 'omar' });
const moved = world({ omar: 'omar-two' });
const movedAndTaken = world({ omar: 'omar-two', hana: 'omar' });

function breakGlass(requester: Person, within: Facts, open: readonly OpenGlass[] = []) {
  return decideBreakGlass(
    {
      requester,
      requestId: 'r1',
      grantId: 'g_abcdefghijklmnopqrstuvwxyz',
      issue,
      home: 'acme/access',
      commentId: 4001,
      commentNodeId: 'IC_4001',
      command: { resource: 'payments-db', reason: 'Production is down.' },
      writtenAt: now.toISOString(),
      open,
    },
    within,
  );
}

function brokenByOmar() {
  const decision = breakGlass(people.omar, before);
  assert.ok(decision.kind === 'broken', JSON.stringify(decision));
  return decision;
}

/** The approval that a decision counted, for the next one. */
function counted(by: Person, request: AccessRequest, within: Facts): Approval {
  const decision = approve(within, { request, by });
  assert.ok(decision.kind === 'counted', JSON.stringify(decision));
  return decision.approval;
}

test('whoever broke the glass does not review it with a second account, and others do', () => {
  const { grant, reviewers } = brokenByOmar();
  for (const within of [moved, movedAndTaken]) {
    for (const kind of ['card', 'issue-gone'] as const) {
      const seen = { kind, digest: grant.digest };
      const by = (person: Person) => decideReview({ grant, reviewers, by: person, seen }, within);
      reasonOf(by(second), 'own-review');
      reasonOf(by(people.omar), 'own-review');
      assert.equal(by(people.olga).kind, 'reviewed');
    }
  }
});

test('whoever broke the glass does not break it again with a second account before it was looked at', () => {
  const { grant } = brokenByOmar();
  const { requestId: request, grantee, resource, target } = grant;
  const open = [{ request, grantee, resource, target }];
  reasonOf(breakGlass(second, moved, open), 'glass-open');
  assert.equal(breakGlass(people.olga, moved, open).kind, 'broken', 'it is not hers');
});

test('whoever asked does not approve or deny it with a second account', () => {
  const request = opened(before, { requester: people.omar });
  // The first account is somebody's who may ask, so that the request still stands.
  const within = movedAndTaken;
  reasonOf(approve(within, { request, by: second }), 'own-request');
  reasonOf(decideDeny({ request, denier: second }, within), 'own-request');
  assert.equal(approve(within, { request, by: people.olga }).kind, 'granted');
});

test('an approval counts no more once the catalog says that its approver is who asked', () => {
  const apart = world({ omar: 'omar', hana: 'omar-two' });
  const request = opened(apart, { requester: second, role: 'admin' });
  const approvals = [counted(people.omar, request, apart)];
  assert.equal(approve(apart, { request, approvals, by: people.olga }).kind, 'granted');
  assert.equal(approve(movedAndTaken, { request, approvals, by: people.olga }).kind, 'counted');
});

test('two accounts of one approver are one approval, for the request and for its grant', () => {
  const request = opened(before, { role: 'admin' });
  const first = counted(people.omar, request, before);
  const again = approve(movedAndTaken, { request, approvals: [first], by: second });
  reasonOf(again, 'already-approved');

  const granted = approve(before, { request, approvals: [first], by: people.olga });
  assert.ok(granted.kind === 'granted');
  const other = { ...first, approver: { ...second, user: 'user:default/omar' } };
  const grant = { ...granted.grant, approvals: [first, other] };
  reasonOf(stillEligible(grant, movedAndTaken), 'approval-withdrawn');
});

test('an approver whose first account counts no more approves with the second', () => {
  const request = opened(before, { role: 'admin' });
  const first = counted(people.omar, request, before);
  const decision = approve(moved, { request, approvals: [first], by: second });
  assert.ok(decision.kind === 'counted', JSON.stringify(decision));
  assert.deepEqual(
    decision.missing.map(({ count }) => count),
    [1],
  );
});

test('what a version kept that knew accounts alone is read and decided as it was then', () => {
  const { grant, reviewers } = brokenByOmar();
  const { user: _user, ...grantee } = grant.grantee;
  const seen = { kind: 'card', digest: grant.digest } as const;
  const by = (person: Person) =>
    decideReview({ grant: { ...grant, grantee }, reviewers, by: person, seen }, before);
  reasonOf(by(people.omar), 'own-review');
  assert.equal(by(people.olga).kind, 'reviewed');
});
