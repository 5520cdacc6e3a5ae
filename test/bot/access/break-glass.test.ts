import assert from 'node:assert/strict';
import test from 'node:test';
import {
  decideBreakGlass,
  decideReview,
  type BreakGlassDecision,
  type OpenGlass,
  type ReviewDecision,
  type Seen,
} from '../../../bot/access/break-glass.ts';
import { chooseReview } from '../../../bot/access/choose.ts';
import type { Facts } from '../../../bot/access/eligibility.ts';
import type { Grant } from '../../../bot/access/lifecycle.ts';
import type { Approver } from '../../../bot/access/reasons.ts';
import type { Person } from '../../../bot/access/request.ts';
import { decideRevoke, stillEligible } from '../../../bot/access/standing.ts';
import {
  factsOf,
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

const policy = policyText.replace(
  '    pending: 8h',
  '    pending: 8h\n    break-glass: { who: [group:default/dba], max: 90m, review: 12h }',
);
const facts = factsOf({ policy });
const grantId = 'g_abcdefghijklmnopqrstuvwxyz';

interface Words {
  readonly by?: Person;
  readonly durationMs?: number;
  readonly resource?: string;
  readonly role?: string;
  readonly reason?: string;
  readonly in?: string;
  readonly writtenAt?: string;
  readonly open?: readonly OpenGlass[];
}

function breakGlass(words: Words = {}, within: Facts = facts): BreakGlassDecision {
  const { by: requester = people.dirk, reason = 'Production is down.', ...more } = words;
  const { in: repo = issue.repo, writtenAt = now.toISOString(), open = [], ...rest } = more;
  const place = { issue: { ...issue, repo }, home: 'Acme/access' };
  const opening = { requester, requestId: 'r1', commentId: 4001, commentNodeId: 'IC_4001' };
  const command = { resource: 'payments-db', reason, ...rest };
  return decideBreakGlass({ ...opening, ...place, command, grantId, writtenAt, open }, within);
}

function broken(words: Words = {}, within: Facts = facts) {
  const decision = breakGlass(words, within);
  assert.ok(decision.kind === 'broken', JSON.stringify(decision));
  const { request, grant, skipped, reviewers } = decision;
  const names = skipped.flatMap(({ logins }) => logins).toSorted();
  return { request, grant, skipped: names, reviewers };
}

interface Look {
  readonly grant: Grant;
  readonly reviewers: readonly Approver[];
  readonly by: Person;
  readonly seen?: Seen;
}

function review(look: Look, within: Facts = facts): ReviewDecision {
  return decideReview({ seen: { kind: 'card', digest: look.grant.digest }, ...look }, within);
}

test('whoever the policy names has access at once, with the least role, for no longer than it says', () => {
  const { request, grant, skipped } = broken();
  assert.equal(request.state, 'granted');
  assert.equal(grant.state, 'active');
  assert.equal(grant.role, 'reader');
  assert.equal(running(grant).startsAt, now.toISOString());
  assert.equal(
    Date.parse(running(grant).endsAt) - now.getTime(),
    hourMs,
    'what the role gives unasked',
  );
  assert.equal(grant.reviewBy, new Date(now.getTime() + 12 * hourMs).toISOString());
  assert.equal(grant.digest, request.digest);
  assert.deepEqual(grant.approvals, []);
  assert.deepEqual(skipped, ['Olga', 'omar'], 'whoever would have been asked');
});

test('a broken glass needs no approval of a role that needs two, and lasts as the policy says of both', () => {
  const { grant } = broken({ role: 'writer', durationMs: 1.5 * hourMs });
  assert.equal(Date.parse(running(grant).endsAt) - now.getTime(), 1.5 * hourMs);
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

test('a stranger who tries learns nothing of what there is', () => {
  for (const resource of ['payments-db', 'payment-db']) {
    const stranger = { id: 1, login: 'stranger' };
    const decision = breakGlass({ by: stranger, resource });
    assert.ok(decision.kind === 'refused');
    reasonOf(decision, 'person-unknown');
    assert.equal(decision.derivation.length, 1);
  }
});

test('a glass is not broken without a reason', () => {
  const nothing = ['', ' ', '\n\t', '…', '\u200b', '\u3164', '\u2800', '<!-- why -->', '<!-- why'];
  for (const reason of nothing) reasonOf(breakGlass({ reason }), 'reason-missing');
});

test('the grant stands while its holder may still break the glass, whoever approves there', () => {
  const { grant } = broken();
  assert.equal(stillEligible(grant, facts).kind, 'eligible');
  const left = orgText.replace('memberOf: [dba]', 'memberOf: []');
  assert.notEqual(left, orgText);
  reasonOf(stillEligible(grant, factsOf({ policy, org: left })), 'not-a-breaker');
  reasonOf(stillEligible(grant, factsOf()), 'no-break-glass');
  reasonOf(
    stillEligible(grant, { ...facts, now: new Date(running(grant).endsAt) }),
    'grant-not-active',
  );
});

test('a broken glass stands for no longer than role, entity and `break-glass` allow today', () => {
  const { grant } = broken({ role: 'writer', durationMs: 1.5 * hourMs });
  assert.equal(stillEligible(grant, facts).kind, 'eligible');
  const annotations = { 'sallyport.dev/max-duration': 'PT10M' };
  const shorter = {
    policy: [policy.replace('max: 90m', 'max: 80m'), policy.replace('max: 2h', 'max: 70m')],
    services: [resource({ name: 'payments-db', annotations })],
  };
  for (const text of shorter.policy) {
    reasonOf(stillEligible(grant, factsOf({ policy: text })), 'grant-too-long');
  }
  const { services } = shorter;
  reasonOf(stillEligible(grant, factsOf({ policy, services })), 'grant-too-long');
});

test('whoever was skipped can end it', () => {
  const { grant } = broken();
  const decision = decideRevoke({ grant, by: people.omar }, facts);
  assert.equal(decision.kind, 'revoked', JSON.stringify(decision));
});

test('it is broken where the owners look, when it is needed, and not again before it was looked at', () => {
  const { data } = reasonOf(breakGlass({ in: 'dirks-own' }), 'glass-elsewhere');
  assert.deepEqual(data, { repositories: ['acme/access'] });
  const named = policy.replace('review: 12h', 'review: 12h, repositories: [Acme/Oncall]');
  assert.equal(breakGlass({ in: 'oncall' }, factsOf({ policy: named })).kind, 'broken');
  reasonOf(breakGlass({}, factsOf({ policy: named })), 'glass-elsewhere');

  const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString();
  assert.equal(breakGlass({ writtenAt: ago(15) }).kind, 'broken');
  reasonOf(breakGlass({ writtenAt: ago(16) }), 'glass-too-late');
  reasonOf(breakGlass({ writtenAt: '' }), 'glass-too-late');

  const open = (resource: string, target = 'elsewhere:1', grantee: Person = people.dirk) => [
    { request: 'r9', grantee, resource, target },
  ];
  reasonOf(breakGlass({ open: open('resource:payments/payments-db') }), 'glass-open');
  reasonOf(
    breakGlass({ open: open('resource:payments/alias', 'payments-db.internal:5432') }),
    'glass-open',
  );
  assert.equal(breakGlass({ open: open('resource:payments/other') }).kind, 'broken');
  const anothers = open('resource:payments/payments-db', undefined, people.olga);
  assert.equal(breakGlass({ open: anothers }).kind, 'broken');
});

test('it is not broken where nobody could review it', () => {
  const alone = factsOf({
    policy: policy
      .replace('[group:default/dba]', '[user:default/otto]')
      .replace('approvers: [owner]', 'approvers: [user:default/otto]'),
  });
  reasonOf(breakGlass({ by: people.otto }, alone), 'nobody-to-review');
});

test('an approver reviews it, also after it ended, and never whoever broke the glass', () => {
  const { grant, reviewers } = broken();
  const over = { ...facts, now: new Date(Date.parse(running(grant).endsAt) + hourMs) };
  for (const within of [facts, over]) {
    const by = (person: Person) => review({ grant, reviewers, by: person }, within);
    assert.equal(by(people.omar).kind, 'reviewed');
    reasonOf(by(people.dirk), 'own-review');
    reasonOf(by(people.bea), 'not-an-approver');
    reasonOf(by({ id: 1, login: 'stranger' }), 'not-an-approver');
  }
});

test('it can be reviewed when the resource and its rules are gone', () => {
  const { grant, reviewers } = broken();
  const gone = factsOf({ policy, services: [] });
  assert.equal(review({ grant, reviewers, by: people.omar }, gone).kind, 'reviewed');
});

test('whom a descriptor names as approver is told, and reviews nothing', () => {
  const annotations = { 'sallyport.dev/approvers': 'user:default/bea' };
  const services = [resource({ name: 'payments-db', annotations })];
  const befriended = factsOf({ policy, services });
  const { grant, reviewers, skipped } = broken({}, befriended);
  assert.deepEqual(skipped, ['Olga', 'bea', 'omar']);
  reasonOf(review({ grant, reviewers, by: people.bea }, befriended), 'not-an-approver');
});

test('nobody reviews a card that somebody else has written', () => {
  const { grant, reviewers } = broken();
  const seen = { kind: 'card', digest: '' } as const;
  reasonOf(review({ grant, reviewers, by: people.omar, seen }), 'card-changed');
});

test('from another issue it is reviewed by the same people, and only where its own is gone', () => {
  const { grant, reviewers } = broken();
  const from = (kind: 'another-issue' | 'issue-gone', by: Person) =>
    review({ grant, reviewers, by, seen: { kind } });
  assert.equal(from('issue-gone', people.omar).kind, 'reviewed');
  reasonOf(from('another-issue', people.omar), 'review-elsewhere');
  for (const kind of ['another-issue', 'issue-gone'] as const) {
    reasonOf(from(kind, people.dirk), 'own-review');
    reasonOf(from(kind, people.bea), 'not-an-approver');
  }
});

test('a bare /review means the only glass there ever was on the issue', () => {
  const first = { grant: broken().grant, isOpen: true };
  const second = { grant: { ...first.grant, id: 'g_2', requestId: 'r2' }, isOpen: true };
  assert.equal(chooseReview(undefined, issue, [first]).kind, 'chosen');
  const { data } = reasonOf(
    chooseReview(undefined, issue, [first, second]),
    'review-must-be-named',
  );
  assert.deepEqual(data, { open: ['r1', 'r2'] });
  const done = { ...first, isOpen: false };
  reasonOf(chooseReview(undefined, issue, [done, second]), 'review-must-be-named');
  reasonOf(chooseReview(undefined, issue, [done]), 'no-open-review');
  reasonOf(chooseReview('r1', issue, [done, second]), 'review-unknown');
  assert.equal(chooseReview('r2', issue, [done, second]).kind, 'chosen');
});

test('a named /review means a glass that was broken anywhere in its repository, and in no other', () => {
  const first = { grant: broken().grant, isOpen: true };
  const another = { ...issue, number: issue.number + 1 };
  assert.equal(chooseReview('r1', another, [first]).kind, 'chosen');
  reasonOf(chooseReview(undefined, another, [first]), 'no-open-review');
  const { data } = reasonOf(chooseReview('r2', another, [first]), 'review-unknown');
  assert.deepEqual(data, { request: 'r2', open: [] });
  const foreign = { ...issue, repositoryId: issue.repositoryId + 1 };
  reasonOf(chooseReview('r1', foreign, [first]), 'review-unknown');
  reasonOf(chooseReview('r1', another, [{ ...first, isOpen: false }]), 'review-unknown');
});

test('an owner who broke the glass does not review it, under whatever login', () => {
  const owners = factsOf({
    policy: policy.replace('[group:default/dba]', '[group:default/payments]'),
  });
  const { grant, reviewers, skipped } = broken({ by: people.omar }, owners);
  assert.deepEqual(skipped, ['Olga']);
  const by = (person: Person) => review({ grant, reviewers, by: person }, owners);
  reasonOf(by(people.omar), 'own-review');
  reasonOf(by({ ...people.omar, login: 'Olga' }), 'own-review');
  assert.equal(by(people.olga).kind, 'reviewed');
});

test('an emergency knows no hours: the glass is broken, and its grant stands, while they are closed', () => {
  const closed = policy.replace(
    '    pending: 8h',
    '    hours: tue 08:00-09:00 UTC\n    pending: 8h',
  );
  const within = factsOf({ policy: closed });
  const { grant } = broken({}, within);
  assert.equal(stillEligible(grant, within).kind, 'eligible');
});
