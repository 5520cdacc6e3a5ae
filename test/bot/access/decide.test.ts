import assert from 'node:assert/strict';
import test from 'node:test';
import type { AccessRequest, Approval, Person } from '../../../bot/access/request.ts';
import {
  approve,
  connect,
  factsOf,
  hourMs,
  now,
  opened,
  orgText,
  people,
  reasonOf,
  running,
  resource,
  type World,
} from './world.ts';

const facts = factsOf();
const request = opened(facts, { durationMs: 2 * hourMs });
const later = (ms: number) => new Date(now.getTime() + ms);

/** The approval that a decision counted, for the next one. */
function counted(by: Person, about: AccessRequest): Approval {
  const decision = approve(facts, { request: about, by });
  assert.ok(decision.kind === 'counted', JSON.stringify(decision));
  return decision.approval;
}

test('one owner’s approval grants what was asked, from now on', () => {
  const at = later(hourMs);
  const decision = approve(factsOf({ now: at }), { request, by: people.omar });
  assert.ok(decision.kind === 'granted');
  const { grant } = decision;
  assert.deepEqual(grant, {
    id: 'g_abcdefghijklmnopqrstuvwxyz',
    requestId: 'r1',
    grantee: { ...people.dana, user: 'user:default/dana' },
    state: 'active',
    grantedAt: at.toISOString(),
    time: {
      kind: 'running',
      startsAt: at.toISOString(),
      endsAt: later(3 * hourMs).toISOString(),
    },
    resource: 'resource:payments/payments-db',
    namespace: 'payments',
    target: 'payments-db.internal:5432',
    protocol: 'postgres',
    role: 'reader',
    relays: ['eu-1', 'eu-2'],
    digest: request.digest,
    approvals: [
      {
        approver: { ...people.omar, user: 'user:default/omar' },
        commentId: 4002,
        at: at.toISOString(),
        digest: request.digest,
        via: 'group:default/payments',
        durationMs: 2 * hourMs,
      },
    ],
    issue: request.issue,
    policyRevision: request.policyRevision,
    reviewBy: null,
  });
  assert.equal(decision.derivation.at(-1)?.rule, 'approvals-suffice');
});

test('whoever may not approve is refused, with who may', () => {
  const table: [string, Person, Parameters<typeof reasonOf>[1]][] = [
    ['the requester', people.dana, 'own-request'],
    ['the requester under a new login', { id: people.dana.id, login: 'omar' }, 'own-request'],
    ['a colleague who owns nothing', people.bea, 'not-an-approver'],
    ['a member of a group that this role does not name', people.dirk, 'not-an-approver'],
    ['a stranger', { id: 4711, login: 'stranger' }, 'not-an-approver'],
    ['somebody who took over an owner’s login', { id: 4711, login: 'omar' }, 'account-reassigned'],
  ];
  for (const [name, by, code] of table) {
    const decision = approve(facts, { request, by });
    assert.ok(decision.kind === 'refused', name);
    reasonOf(decision, code);
    const suppliers = decision.derivation.at(-1)?.suppliers ?? [];
    assert.deepEqual(
      suppliers.map(({ logins }) => logins),
      [['Olga', 'omar']],
      name,
    );
  }
});

test('the requester never counts, even as an owner', () => {
  const own = opened(facts, { requester: people.omar });
  reasonOf(approve(facts, { request: own, by: people.omar }), 'own-request');
  assert.equal(approve(facts, { request: own, by: people.olga }).kind, 'granted');
  const forged: Approval = {
    approver: people.omar,
    commentId: 1,
    at: now.toISOString(),
    digest: '',
    via: 'group:default/payments',
    durationMs: hourMs,
  };
  const two = opened(facts, { requester: people.omar, role: 'admin' });
  const approvals = [{ ...forged, digest: two.digest }];
  assert.equal(approve(facts, { request: two, approvals, by: people.olga }).kind, 'counted');
});

test('two approvals are two people', () => {
  const admin = opened(facts, { role: 'admin' });
  const first = counted(people.omar, admin);
  const again = approve(facts, { request: admin, approvals: [first], by: people.omar });
  const { data } = reasonOf(again, 'already-approved');
  assert.ok('missing' in data);
  assert.deepEqual(
    data.missing.map(({ count, of }) => [count, of.flatMap(({ logins }) => logins)]),
    [[1, ['Olga']]],
    'whoever has approved is not who is still needed',
  );
  const second = approve(facts, { request: admin, approvals: [first], by: people.olga });
  assert.ok(second.kind === 'granted');
  assert.deepEqual(
    second.grant.approvals.map(({ approver }) => approver.id),
    [77, 912],
  );
  // The same person recorded twice, as a fault of the store might, is still one.
  const doubled = { ...first, commentId: 1 };
  const three = resource({ name: 'payments-db', annotations: { 'sallyport.dev/approvals': '3' } });
  const strict = factsOf({ services: [three] });
  const wide = opened(strict, { role: 'admin' });
  const { digest } = wide;
  const rebound = [
    { ...first, digest },
    { ...doubled, digest },
  ];
  assert.equal(
    approve(strict, { request: wide, approvals: rebound, by: people.olga }).kind,
    'counted',
  );
});

test('an approval that does not suffice says with its last step what is missing, and who can give it', () => {
  const decision = approve(facts, {
    request: opened(facts, { role: 'writer' }),
    by: people.dirk,
  });
  assert.ok(decision.kind === 'counted');
  const { missing, derivation } = decision;
  const suppliers = missing.flatMap(({ of }) => of);
  assert.deepEqual(
    suppliers.map(({ ref, logins }) => [ref, logins]),
    [['group:default/payments', ['Olga', 'omar']]],
  );
  const step = { rule: 'approvals-suffice', fact: { missing }, satisfied: false, suppliers };
  assert.deepEqual(derivation.at(-1), step);
  assert.ok(derivation.slice(0, -1).every(({ satisfied }) => satisfied));
});

test('one from each of a list is a different person for each, however they are dealt', () => {
  const writer = opened(facts, { role: 'writer' });
  const omar = counted(people.omar, writer);
  const olga = counted(people.olga, writer);
  const dirk = counted(people.dirk, writer);
  const table: [readonly Approval[], Person, 'granted' | 'counted'][] = [
    [[omar], people.dirk, 'granted'],
    [[dirk], people.omar, 'granted'],
    // Olga is both an owner and a dba: alone she stands for one of them, beside anybody for the other.
    [[omar], people.olga, 'granted'],
    [[olga], people.omar, 'granted'],
    [[olga], people.dirk, 'granted'],
    [[dirk], people.olga, 'granted'],
    [[], people.olga, 'counted'],
  ];
  for (const [approvals, by, kind] of table) {
    assert.equal(approve(facts, { request: writer, approvals, by }).kind, kind);
  }
});

test('what stays open is what somebody can still give, and names them', () => {
  // Olga alone is a database administrator, and an owner as well: the owner is still needed, not she.
  const org = orgText.replace('{ memberOf: [dba]', '{ memberOf: []');
  const world = factsOf({ org });
  const writer = opened(world, { role: 'writer' });
  const decision = approve(world, { request: writer, by: people.olga });
  assert.ok(decision.kind === 'counted');
  assert.deepEqual(
    decision.missing.map(({ of }) => of.map(({ ref, logins }) => [ref, logins])),
    [[['group:default/payments', ['omar']]]],
  );
});

test('what an entity asks for comes on top of what policy asks for', () => {
  const annotate = (annotations: Readonly<Record<string, string>>) =>
    factsOf({ services: [resource({ name: 'payments-db', annotations })] });
  const missingOf = (world: ReturnType<typeof factsOf>, by: Person, role = 'reader') => {
    const decision = approve(world, { request: opened(world, { role }), by });
    return decision.kind === 'counted'
      ? decision.missing.map(({ count, of }) => `${count} of ${of.map(({ ref }) => ref).join()}`)
      : decision.kind;
  };
  const two = annotate({ 'sallyport.dev/approvals': '2' });
  assert.deepEqual(missingOf(two, people.omar), ['1 of group:default/payments']);
  const fewer = annotate({ 'sallyport.dev/approvals': '1' });
  assert.deepEqual(missingOf(fewer, people.omar, 'admin'), ['1 of group:default/payments']);
  const dba = annotate({ 'sallyport.dev/approvers': 'group:default/dba' });
  assert.deepEqual(missingOf(dba, people.omar), ['1 of group:default/dba']);
  assert.deepEqual(missingOf(dba, people.dirk), ['1 of group:default/payments']);
  assert.equal(missingOf(dba, people.olga), 'granted', 'one person counts once for each demand');
  const both = annotate({ 'sallyport.dev/approvers': 'owner,group:default/dba' });
  assert.deepEqual(missingOf(both, people.olga), ['1 of group:default/dba']);
  const three = annotate({ 'sallyport.dev/approvals': '3' });
  assert.deepEqual(missingOf(three, people.olga, 'writer'), [
    '1 of group:default/dba',
    '2 of group:default/payments,group:default/dba',
  ]);
});

test('the shortest of what the approvers allow is granted', () => {
  const admin = opened(facts, { role: 'admin', durationMs: hourMs });
  const first = approve(facts, { request: admin, by: people.omar, durationMs: hourMs / 4 });
  assert.ok(first.kind === 'counted');
  const approvals = [first.approval];
  const second = approve(facts, {
    request: admin,
    approvals,
    by: people.olga,
    durationMs: hourMs / 2,
  });
  assert.ok(second.kind === 'granted');
  assert.equal(running(second.grant).endsAt, later(hourMs / 4).toISOString());
});

test('a limit that was set stays set when the approver who set it no longer counts', () => {
  const admin = opened(facts, { role: 'admin', durationMs: hourMs });
  const omar = { ...counted(people.omar, admin), durationMs: hourMs / 6 };
  const olga = counted(people.olga, admin);
  // Otto becomes an owner, Omar is gone.
  const org = orgText
    .replace('{ memberOf: [payments]', '{ memberOf: [engineering]')
    .replace('{ memberOf: [] ', '{ memberOf: [payments] ');
  const decision = approve(factsOf({ org }), {
    request: admin,
    approvals: [omar, olga],
    by: people.otto,
  });
  assert.ok(decision.kind === 'granted', JSON.stringify(decision));
  assert.equal(running(decision.grant).endsAt, later(hourMs / 6).toISOString());
  const names = decision.grant.approvals.map(({ approver }) => approver.login);
  assert.deepEqual(names, ['Olga', 'otto'], 'the grant names those who stand behind it');
});

test('nobody can approve more than was asked', () => {
  const longer = approve(facts, { request, by: people.omar, durationMs: 2 * hourMs + 1 });
  reasonOf(longer, 'longer-than-asked');
  const nonsense = approve(facts, { request, by: people.omar, durationMs: Number.NaN });
  reasonOf(nonsense, 'longer-than-asked');
});

test('an approval is for what the card shows', () => {
  const other = approve(facts, { request, by: people.omar, shownDigest: 'sha-256:other' });
  reasonOf(other, 'card-changed');
});

test('an approval under another digest does not count', () => {
  const admin = opened(facts, { role: 'admin' });
  const stale = { ...counted(people.olga, admin), digest: request.digest };
  assert.equal(
    approve(facts, { request: admin, approvals: [stale], by: people.omar }).kind,
    'counted',
  );
});

test('an earlier approver counts only while they are known and entitled', () => {
  const admin = opened(facts, { role: 'admin' });
  const approvals = [counted(people.olga, admin)];
  const gesture = { request: admin, approvals, by: people.omar };
  const withoutOlga: [string, World][] = [
    ['left the group', { org: orgText.replace('{ memberOf: [payments, dba]', '{ memberOf: []') }],
    ['left the catalog', { org: orgText.replace('login: Olga', 'login: someone') }],
    ['gave up the login', { ids: new Map([...facts.ids, ['olga', 4711]]) }],
    ['could not be asked about', { logins: new Map([[501, 'dana']]) }],
  ];
  assert.equal(approve(facts, gesture).kind, 'granted');
  for (const [name, world] of withoutOlga) {
    assert.equal(approve(factsOf(world), gesture).kind, 'counted', name);
  }
});

test('who approves for a group tied to a GitHub team GitHub says, and not the catalog', () => {
  const org = orgText.replace(
    '{ name: payments, title: Payments team }',
    '{ name: payments, annotations: { github.com/team-slug: acme/payments } }',
  );
  const tied = factsOf({ org, teams: { 'group:default/payments': ['dirk'] } });
  const open = connect(tied);
  assert.ok(open.kind === 'open');
  assert.deepEqual(
    open.approvers.map(({ team, logins }) => [team, logins]),
    [['acme/payments', ['dirk']]],
  );
  const { request } = open;
  reasonOf(approve(tied, { request, by: people.omar }), 'not-an-approver');
  assert.equal(approve(tied, { request, by: people.dirk }).kind, 'granted');
  // A team that GitHub does not know, or does not show, has nobody in it.
  reasonOf(approve(factsOf({ org }), { request, by: people.dirk }), 'not-an-approver');
});

test('an owner who is only an outside collaborator of the repository approves nothing', () => {
  const facts = factsOf({
    belonging: new Map([
      [people.dana.id, 'member'],
      [people.omar.id, 'outsider'],
    ]),
  });
  const request = opened(facts);
  reasonOf(approve(facts, { request, by: people.omar }), 'not-a-member');
});
