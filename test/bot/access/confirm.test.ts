import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseTakenBack, type Confirmation } from '../../../bot/access/confirm.ts';
import { startTrail } from '../../../bot/access/explain.ts';
import { explainAsking } from '../../../bot/access/inquire.ts';
import { stillEligible } from '../../../bot/access/standing.ts';
import {
  approve,
  factsOf,
  grantedTo,
  now,
  opened,
  people,
  policyText,
  reasonOf,
  type Gesture,
} from './world.ts';

const minuteMs = 60_000;
const policy = policyText.replace('pending: 8h', 'confirm: sign-in\n    pending: 8h');
const facts = factsOf({ policy });
const request = opened(facts);
const { digest } = request;
const after = (ms: number) => new Date(now.getTime() + ms);

function signedIn(changes: Partial<Confirmation> = {}): Confirmation {
  return {
    digest,
    until: after(15 * minuteMs).toISOString(),
    personId: people.omar.id,
    issuer: 'https://id.acme.dev',
    subject: '00u-omar',
    proof: { authTime: now, acr: ['pwd'] },
    ...changes,
  };
}

function approveBy(changes: Partial<Gesture> = {}, world = facts) {
  return approve(world, { request, by: people.omar, ...changes });
}

test('a comment alone waits for its approver’s sign-in, 15 minutes and never longer than the request', () => {
  const waits = approveBy();
  assert.deepEqual(waits.kind === 'unconfirmed' && waits.until, after(15 * minuteMs).toISOString());
  const late = { ...facts, now: new Date(Date.parse(request.lapsesAt) - minuteMs) };
  const short = approveBy({}, late);
  assert.deepEqual(short.kind === 'unconfirmed' && short.until, request.lapsesAt);
});

test('who may not approve is told so at once, and is not sent to sign in', () => {
  reasonOf(approveBy({ by: people.dana }), 'own-request');
  reasonOf(approveBy({ by: people.bea }), 'not-an-approver');
  reasonOf(approveBy({ shownDigest: '' }), 'card-changed');
  reasonOf(approveBy({ by: people.bea, confirmation: signedIn() }), 'not-an-approver');
  reasonOf(approveBy({ by: people.dana, confirmation: signedIn() }), 'own-request');
});

test('with the sign-in it counts, and the approval says which one it was', () => {
  const granted = approveBy({ confirmation: signedIn() });
  assert.ok(granted.kind === 'granted', JSON.stringify(granted));
  const by = {
    issuer: 'https://id.acme.dev',
    subject: '00u-omar',
    authTime: now.toISOString(),
    acr: ['pwd'],
  };
  assert.deepEqual(granted.approval.confirmedBy, by);
  assert.deepEqual(granted.grant.approvals, [granted.approval]);
  assert.ok(granted.derivation.some(({ rule }) => rule === 'approving-comment-stands'));
});

test('what was confirmed and is not there any more is refused by the rule that it has to stand', () => {
  const refused = refuseTakenBack(request, startTrail());
  reasonOf(refused, 'approval-taken-back');
  assert.deepEqual(
    refused.derivation.map(({ rule, satisfied }) => [rule, satisfied]),
    [['approving-comment-stands', false]],
  );
});

for (const [what, changes, code] of [
  ['by somebody else', { personId: people.bea.id }, 'confirmed-by-another'],
  ['by the requester', { personId: people.dana.id }, 'confirmed-by-another'],
  [
    'as somebody whom the catalog does not tie to the approver any more',
    { subject: '00u-former' },
    'confirmed-by-another',
  ],
  ['for another request', { digest: 'sha-256:other' }, 'request-altered'],
  ['at its last moment', { until: now.toISOString() }, 'confirmation-late'],
  ['by a time that cannot be read', { until: 'soon' }, 'confirmation-late'],
] as const) {
  test(`a sign-in ${what} does not count`, () => {
    reasonOf(approveBy({ confirmation: signedIn(changes) }), code);
  });
}

test('the sign-in has to be what the policy demands of one', () => {
  const identity = 'identity: { oidc: { acr: [phr] } }';
  const strict = factsOf({
    policy: policy.replace('confirm: sign-in', `confirm: sign-in\n    ${identity}`),
  });
  const asked = opened(strict);
  const by = (acr: string[]) => {
    const confirmation = signedIn({ digest: asked.digest, proof: { authTime: null, acr } });
    return approve(strict, { request: asked, by: people.omar, confirmation });
  };
  reasonOf(by(['pwd']), 'confirmation-weak');
  assert.equal(by(['phr']).kind, 'granted');
});

test('where the comment is enough, a sign-in is neither asked for nor kept', () => {
  const plain = factsOf();
  const asked = opened(plain);
  assert.equal(asked.confirm, undefined);
  const confirmation = signedIn({ digest: asked.digest });
  const granted = approve(plain, { request: asked, by: people.omar, confirmation });
  assert.ok(granted.kind === 'granted');
  assert.equal(granted.approval.confirmedBy, undefined);
});

test('every one of several approvals has to be confirmed', () => {
  const asked = opened(facts, { role: 'admin' });
  const confirmation = signedIn({ digest: asked.digest });
  const first = approve(facts, { request: asked, by: people.omar, confirmation });
  assert.ok(first.kind === 'counted');
  const second = { request: asked, by: people.olga, approvals: [first.approval] };
  assert.equal(approve(facts, second).kind, 'unconfirmed');
  const olgas = { ...confirmation, personId: people.olga.id, subject: '00u-olga' };
  assert.equal(approve(facts, { ...second, confirmation: olgas }).kind, 'granted');
  const { confirmedBy: _gone, ...unconfirmed } = first.approval;
  const short = approve(facts, { ...second, approvals: [unconfirmed], confirmation: olgas });
  assert.equal(short.kind, 'counted');
});

test('access that was approved by a comment does not stand where the policy demands a sign-in by now', () => {
  const grant = grantedTo(people.dana, factsOf());
  reasonOf(stillEligible(grant, facts), 'approval-withdrawn');
  const confirmed = approveBy({ confirmation: signedIn() });
  assert.ok(confirmed.kind === 'granted');
  assert.equal(stillEligible(confirmed.grant, facts).kind, 'eligible');
  assert.equal(stillEligible(confirmed.grant, factsOf()).kind, 'eligible');
});

test('whoever asks is told that approvers sign in, and the card says so', () => {
  const rules = (world: typeof facts) =>
    explainAsking({ resource: 'payments-db' }, people.dana, world).steps.map(({ rule }) => rule);
  assert.ok(rules(facts).includes('approvers-sign-in'));
  assert.ok(!rules(factsOf()).includes('approvers-sign-in'));
  assert.equal(request.confirm, 'sign-in');
});
