// What the policy gives by itself: only what it says, to whom it says, and never where an entity wants a person.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideExtend } from '../../../bot/access/extend.ts';
import { lengthOf } from '../../../bot/access/grant-time.ts';
import { explainAsking } from '../../../bot/access/inquire.ts';
import { stillEligible } from '../../../bot/access/standing.ts';
import {
  approve,
  connect,
  factsOf,
  hourMs,
  issue,
  now,
  orgText,
  people,
  policyText,
  reasonOf,
  resource,
  type Asked,
  type World,
} from './world.ts';

const rule = '{ who: owner, role: reader, max: 1h }';
const policy = policyText.replace(
  '    pending: 8h',
  `    auto-approve: [${rule}]\n    pending: 8h`,
);
const facts = factsOf({ policy });
/** Omar is in the group that owns the database, and may ask as a member of engineering. */
const asked: Asked = { requester: people.omar, durationMs: hourMs };

test('whom the policy itself approves gets the grant at once, on record as the policy’s', () => {
  const decision = connect(facts, asked);
  assert.ok(decision.kind === 'granted', JSON.stringify(decision));
  const { request, grant, derivation } = decision;
  assert.equal(request.state, 'granted');
  assert.equal(grant.autoApprovedFor, 'group:default/payments');
  assert.deepEqual(grant.approvals, []);
  assert.equal(lengthOf(grant), hourMs);
  assert.deepEqual(derivation.at(-1)?.rule, 'policy-approves');
});

test('everything else waits for a person', () => {
  const demanding = (key: string, value: string): World => ({
    policy,
    services: [resource({ name: 'payments-db', annotations: { [`sallyport.dev/${key}`]: value } })],
  });
  const withHours = (text: string) =>
    policy.replace('    pending: 8h', `    hours: ${text}\n    pending: 8h`);
  const monday = factsOf({ policy: withHours('mon 08:00-18:00 UTC') });
  assert.equal(connect(monday, asked).kind, 'granted');
  const table: [string, Asked, World][] = [
    ['longer than the rule says', { durationMs: hourMs + 1 }, { policy }],
    ['another role', { role: 'writer', durationMs: 60_000 }, { policy }],
    ['somebody whom the rule does not name', { requester: people.dana }, { policy }],
    ['a command that came by e-mail', { viaEmail: true }, { policy }],
    ['an entity that wants an approval', {}, demanding('approvals', '1')],
    ['an entity that names its own approvers', {}, demanding('approvers', 'group:default/dba')],
    ['hours that are closed', {}, { policy: withHours('tue 08:00-18:00 UTC') }],
    ['a policy without the rule', {}, {}],
  ];
  for (const [what, words, world] of table) {
    assert.equal(connect(factsOf(world), { ...asked, ...words }).kind, 'open', what);
  }
});

test('a rule lets nobody ask who may not, and gives no longer than the entity allows', () => {
  const narrow = policy.replace(
    'requesters: [group:default/engineering]',
    'requesters: [user:default/dana]',
  );
  reasonOf(connect(factsOf({ policy: narrow }), asked), 'not-a-requester');
  const short = { 'sallyport.dev/max-duration': '10m' };
  const services = [resource({ name: 'payments-db', annotations: short })];
  reasonOf(connect(factsOf({ policy, services }), asked), 'duration-too-long');
});

test('of several rules that cover somebody the one that gives longest counts, wherever it stands', () => {
  const rules = [
    '{ who: owner, role: reader, max: 10m }',
    '{ who: user:default/omar, role: reader, max: 1h }',
    '{ who: group:default/engineering, role: reader, max: 30m }',
    '{ who: user:default/dana, role: reader, max: 2h }',
    '{ who: owner, role: writer, max: 2h }',
  ];
  for (const order of [rules, rules.toReversed()]) {
    const several = factsOf({ policy: policy.replace(rule, order.join(', ')) });
    const decision = connect(several, asked);
    assert.ok(decision.kind === 'granted', JSON.stringify(decision));
    assert.equal(decision.grant.autoApprovedFor, 'user:default/omar');
    assert.equal(connect(several, { ...asked, durationMs: hourMs + 1 }).kind, 'open');
    assert.equal(stillEligible(decision.grant, several).kind, 'eligible');
  }
});

test('what the policy gave stands for as long as a rule still covers them', () => {
  const decision = connect(facts, asked);
  assert.ok(decision.kind === 'granted');
  const { grant } = decision;
  assert.equal(stillEligible(grant, facts).kind, 'eligible');
  const left = orgText.replace('memberOf: [payments] ', 'memberOf: [engineering] ');
  for (const world of [{ policy, org: left }, {}] satisfies World[]) {
    reasonOf(stillEligible(grant, factsOf(world)), 'approval-withdrawn');
  }
});

test('/why says what needs nobody, and what is needed beyond it', () => {
  const why = explainAsking({ resource: 'payments-db' }, people.omar, facts);
  assert.deepEqual(
    why.roles.map(({ role, atOnceMs }) => [role, atOnceMs]),
    [
      ['reader', hourMs],
      ['writer', undefined],
      ['admin', undefined],
    ],
  );
});

test('more than the rule gives is approved by others, as ever', () => {
  const decision = connect(facts, { ...asked, durationMs: 2 * hourMs });
  assert.ok(decision.kind === 'open');
  const { request } = decision;
  reasonOf(approve(facts, { request, by: people.omar }), 'own-request');
  assert.equal(approve(facts, { request, by: people.olga }).kind, 'granted');
});

test('what nobody approved is not extended: for longer somebody has to say yes', () => {
  const decision = connect(facts, asked);
  assert.ok(decision.kind === 'granted');
  const opening = {
    requester: people.omar,
    requestId: 'r2',
    issue,
    commentId: 2,
    commentNodeId: 'IC_2',
  };
  const question = { ...opening, grant: decision.grant, durationMs: 60_000, reason: '' };
  reasonOf(decideExtend(question, facts), 'auto-not-extended');
});

test('a rule that is cut takes longer grants with it', () => {
  const decision = connect(facts, asked);
  assert.ok(decision.kind === 'granted');
  const cut = factsOf({ policy: policy.replace('role: reader, max: 1h', 'role: reader, max: 5m') });
  const { data } = reasonOf(stillEligible(decision.grant, cut), 'grant-too-long');
  assert.equal('maxMs' in data && data.maxMs, 5 * 60_000, 'the rule is what is too short');
  const entity = { 'sallyport.dev/max-duration': 'PT10M' };
  const short = { policy, services: [resource({ name: 'payments-db', annotations: entity })] };
  reasonOf(stillEligible(decision.grant, factsOf(short)), 'grant-too-long');
});

test('a command that comes late waits for a person: nobody knows whether it is still wanted', () => {
  const late = new Date(now.getTime() - 15 * 60_000 - 1).toISOString();
  assert.equal(connect(facts, { ...asked, writtenAt: late }).kind, 'open');
  assert.equal(connect(facts, { ...asked, writtenAt: 'at some time' }).kind, 'open');
});
