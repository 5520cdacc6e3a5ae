import assert from 'node:assert/strict';
import test from 'node:test';
import { approversFor } from '../../../bot/access/approvers.ts';
import { requestDigest } from '../../../bot/access/request.ts';
import {
  connect,
  factsOf,
  hourMs,
  issue,
  now,
  opened,
  orgText,
  people,
  policyText,
  reasonOf,
  resource,
  user,
  type Asked,
  type World,
} from './world.ts';

/** Engineering is whoever is in a GitHub team. */
const orgWithTeam = orgText.replace(
  '{ name: engineering, title: Engineering }',
  '{ name: engineering, title: Engineering, annotations: { github.com/team-slug: acme/eng } }',
);

test('an eligible person opens a request that holds all that was asked, and its digest', () => {
  const facts = factsOf();
  const decision = connect(facts, { durationMs: 2 * hourMs, role: 'writer' });
  assert.ok(decision.kind === 'open');
  const { digest, entityHash, ruleHash, ...rest } = decision.request;
  assert.deepEqual(rest, {
    id: 'r1',
    state: 'pending',
    requester: { ...people.dana, user: 'user:default/dana' },
    resource: 'resource:payments/payments-db',
    namespace: 'payments',
    target: 'payments-db.internal:5432',
    protocol: 'postgres',
    role: 'writer',
    durationMs: 2 * hourMs,
    reason: 'A customer is waiting.',
    policyRevision: facts.policyRevision,
    issue,
    commentId: 4001,
    commentNodeId: 'IC_4001',
    createdAt: now.toISOString(),
    lapsesAt: new Date(now.getTime() + 8 * hourMs).toISOString(),
    extends: null,
  });
  for (const hash of [digest, entityHash, ruleHash]) assert.match(hash, /^sha-256:[\w-]{43}$/);
  assert.equal(requestDigest(decision.request), digest);
  assert.ok(decision.derivation.slice(0, -1).every(({ satisfied }) => satisfied));
});

test('a request says with its last step which approvals are missing, and who can give them', () => {
  const decision = connect(factsOf(), { role: 'writer' });
  assert.ok(decision.kind === 'open');
  const { missing, derivation } = decision;
  const suppliers = missing.flatMap(({ of }) => of);
  assert.deepEqual(
    suppliers.map(({ ref }) => ref),
    ['group:default/payments', 'group:default/dba'],
  );
  const step = { rule: 'approvals-suffice', fact: { missing }, satisfied: false, suppliers };
  assert.deepEqual(derivation.at(-1), step);
});

test('the one who asks is never among those who could approve', () => {
  const decision = connect(factsOf(), { requester: people.omar });
  assert.ok(decision.kind === 'open');
  assert.deepEqual(decision.approvers, [
    {
      ref: 'group:default/payments',
      as: 'owner',
      title: 'Payments team',
      team: null,
      logins: ['Olga'],
    },
  ]);
  assert.deepEqual(approversFor(decision.request, factsOf()), decision.approvers);
  assert.deepEqual(approversFor(decision.request, factsOf({ services: [] })), []);
});

test('the request says what is missing for a grant', () => {
  const decision = connect(factsOf(), { role: 'writer' });
  assert.ok(decision.kind === 'open');
  assert.deepEqual(
    decision.missing.map(({ count, of }) => [count, of.map(({ ref }) => ref)]),
    [
      [1, ['group:default/payments']],
      [1, ['group:default/dba']],
    ],
  );
});

test('what is left out is the default: the first role and its default duration', () => {
  const table: [Readonly<Record<string, string>>, Asked, string, number][] = [
    [{}, {}, 'reader', hourMs],
    [{ 'sallyport.dev/roles': 'writer,reader' }, {}, 'writer', hourMs / 2],
    [{ 'sallyport.dev/roles': 'ghost,writer' }, {}, 'writer', hourMs / 2],
    [{ 'sallyport.dev/max-duration': '20m' }, {}, 'reader', hourMs / 3],
    [{ 'sallyport.dev/max-duration': '20m' }, { role: 'admin' }, 'admin', hourMs / 6],
    [{ 'sallyport.dev/max-duration': '300d' }, { durationMs: 8 * hourMs }, 'reader', 8 * hourMs],
  ];
  for (const [annotations, asked, role, durationMs] of table) {
    const services = [resource({ name: 'payments-db', annotations })];
    const request = opened(factsOf({ services }), asked);
    assert.equal(request.role, role);
    assert.equal(request.durationMs, durationMs);
  }
});

test('each rule about asking refuses on its own', () => {
  const mallory = { id: 666, login: 'mallory' };
  const table: [string, Asked, World, Parameters<typeof reasonOf>[1]][] = [
    ['no such resource', { resource: 'ledger' }, {}, 'resource-unknown'],
    [
      'two fit',
      { resource: 'db' },
      { services: [resource({ name: 'db' }), resource({ name: 'db', kind: 'API' })] },
      'resource-ambiguous',
    ],
    [
      'owner not allowed',
      {},
      { services: [resource({ name: 'payments-db', owner: 'group:default/dba' })] },
      'resource-refused',
    ],
    [
      'faulty annotation',
      {},
      {
        services: [
          resource({ name: 'payments-db', annotations: { 'sallyport.dev/approvals': '0' } }),
        ],
      },
      'resource-refused',
    ],
    [
      'namespace without policy',
      {},
      { services: [resource({ name: 'payments-db', namespace: 'other' })] },
      'namespace-without-policy',
    ],
    ['nobody in the catalog', { requester: mallory }, {}, 'person-unknown'],
    ['a login taken over', { requester: { id: 666, login: 'dana' } }, {}, 'account-reassigned'],
    ['a login never resolved', {}, { ids: new Map() }, 'account-reassigned'],
    ['not in the group', { requester: people.otto }, {}, 'not-a-requester'],
    [
      'not in the team of the group, as GitHub says, though the catalog lists them',
      { requester: people.bea },
      { org: orgWithTeam, teams: { 'group:default/engineering': ['dana'] } },
      'not-a-requester',
    ],
    [
      'a team that GitHub does not let the App read',
      { requester: people.dana },
      { org: orgWithTeam, unreadableTeams: ['group:default/engineering'] },
      'team-unreadable',
    ],
    [
      'an outside collaborator',
      {},
      { belonging: new Map([[people.dana.id, 'outsider']]) },
      'not-a-member',
    ],
    ['members that GitHub does not show', {}, { belonging: new Map() }, 'members-unreadable'],
    ['no such role', { role: 'owner' }, {}, 'role-unknown'],
    ['an inherited name', { role: 'constructor' }, {}, 'role-unknown'],
    [
      'a role that is not on the entity',
      { role: 'writer' },
      {
        services: [
          resource({ name: 'payments-db', annotations: { 'sallyport.dev/roles': 'reader' } }),
        ],
      },
      'role-unknown',
    ],
    [
      'a role that is only on the entity',
      { role: 'root' },
      {
        services: [
          resource({ name: 'payments-db', annotations: { 'sallyport.dev/roles': 'root' } }),
        ],
      },
      'role-unknown',
    ],
    ['longer than the role', { durationMs: 8 * hourMs + 1 }, {}, 'duration-too-long'],
    [
      'longer than the entity',
      { durationMs: 5 * hourMs },
      {
        services: [
          resource({ name: 'payments-db', annotations: { 'sallyport.dev/max-duration': '4h' } }),
        ],
      },
      'duration-too-long',
    ],
  ];
  for (const [name, asked, world, code] of table) {
    const decision = connect(factsOf(world), asked);
    assert.ok(decision.kind === 'refused', name);
    reasonOf(decision, code);
    assert.equal(decision.derivation.at(-1)?.satisfied, false, name);
  }
});

test('a person who renamed their account is refused until the catalog says so too', () => {
  const renamed = { id: people.dana.id, login: 'dana-new' };
  reasonOf(connect(factsOf(), { requester: renamed }), 'person-unknown');
  const org = orgText.replace('login: dana,', 'login: dana-new,');
  const ids = new Map([['dana-new', people.dana.id]]);
  assert.equal(connect(factsOf({ org, ids }), { requester: renamed }).kind, 'open');
});

test('a refusal names what was near, what exists and what is allowed', () => {
  const facts = factsOf();
  assert.deepEqual(reasonOf(connect(facts, { resource: 'paymets-db' }), 'resource-unknown').data, {
    resource: 'paymets-db',
    suggestions: ['resource:payments/payments-db'],
  });
  assert.deepEqual(reasonOf(connect(facts, { role: 'root' }), 'role-unknown').data, {
    role: 'root',
    resource: 'resource:payments/payments-db',
    roles: ['reader', 'writer', 'admin'],
  });
  const long = connect(facts, { durationMs: 9 * hourMs });
  assert.deepEqual(reasonOf(long, 'duration-too-long').data, {
    role: 'reader',
    askedMs: 9 * hourMs,
    maxMs: 8 * hourMs,
  });
});

test('whoever GitHub says is in the team of a group may ask, though the catalog does not list them', () => {
  const teams = { 'group:default/engineering': ['otto'] };
  const facts = factsOf({ org: orgWithTeam, teams });
  assert.equal(connect(facts, { requester: people.otto }).kind, 'open');
});

test('a policy may let a single user ask', () => {
  const policy = policyText.replace(
    'requesters: [group:default/engineering]',
    'requesters: [user:default/otto]',
  );
  assert.equal(connect(factsOf({ policy }), { requester: people.otto }).kind, 'open');
  reasonOf(connect(factsOf({ policy })), 'not-a-requester');
});

test('the digest changes with every single thing that was asked', () => {
  const base = opened(factsOf());
  const changes: Partial<typeof base>[] = [
    { id: 'r2' },
    { requester: people.bea },
    { resource: 'resource:payments/x' },
    { namespace: 'x' },
    { target: 'x:1' },
    { protocol: 'tcp' },
    { role: 'writer' },
    { durationMs: 1 },
    { reason: 'other' },
    { entityHash: 'x' },
    { ruleHash: 'x' },
    { issue: { ...issue, number: 8 } },
    { issue: { ...issue, repositoryId: 8 } },
    { commentId: 1 },
    { createdAt: 'x' },
    { lapsesAt: 'x' },
  ];
  const digests = new Set(changes.map((change) => requestDigest({ ...base, ...change })));
  digests.add(base.digest);
  assert.equal(digests.size, changes.length + 1);
  const renamed = { ...base, requester: { ...base.requester, login: 'dana-new' } };
  assert.equal(requestDigest(renamed), base.digest, 'a login is for display');
  const older = { ...base, requester: people.dana };
  assert.equal(requestDigest(older), base.digest, 'what is open from before stays what was shown');
});

test('a second account of the requester is no other person: one subject makes two Users into none', () => {
  const org = orgText + user('dana-two', ['payments']).replace('00u-dana-two', '00u-dana');
  const ids = new Map([
    ['dana', 501],
    ['dana-two', 502],
  ]);
  const facts = factsOf({ org, ids });
  reasonOf(connect(facts), 'person-unknown');
  reasonOf(connect(facts, { requester: { id: 502, login: 'dana-two' } }), 'person-unknown');
});
