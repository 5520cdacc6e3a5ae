import assert from 'node:assert/strict';
import test from 'node:test';
import { lookUp } from '../../../bot/catalog/lookup.ts';
import type { Snapshot } from '../../../bot/catalog/snapshot.ts';
import {
  orgText,
  policyOf,
  policyText,
  resource,
  snapshotOf,
  sourceFile,
  user,
  type World,
} from '../access/world.ts';

const otherNamespace = `
  billing:
    catalog: [acme/billing-services]
    owners: [group:default/billing]
    relays: [eu-1]
    requesters: [group:default/engineering]
    approvers: [owner]
    roles: { reader: { default: 1h, max: 8h, approvals: 1 } }
`;

function build(world: World = {}): Snapshot {
  const { policy } = policyOf(world.policy ?? policyText);
  return snapshotOf(world, policy);
}

function codes(snapshot: Snapshot): readonly string[] {
  return snapshot.faults.map(({ code, ref }) => `${code} ${ref}`);
}

test('the entities that count are those of the right repository and owner', () => {
  const snapshot = build();
  assert.deepEqual([...snapshot.resources.keys()], ['resource:payments/payments-db']);
  assert.deepEqual(snapshot.faults, []);
});

test('a repository that policy does not name for a namespace defines nothing there', () => {
  const files = [sourceFile('acme/evil', resource({ name: 'fake-db' }))];
  const snapshot = build({ files });
  assert.deepEqual(codes(snapshot), ['origin-not-allowed resource:payments/fake-db']);
  assert.ok(!snapshot.resources.has('resource:payments/fake-db'));
});

test('a repository that is believed about people defines no entity of a namespace for that', () => {
  const policy = policyText.replace('groups: [acme/org]', 'groups: [acme/org, acme/teams]');
  for (const repository of ['acme/org', 'acme/teams']) {
    const files = [sourceFile(repository, resource({ name: 'fake-db' }))];
    const snapshot = build({ policy, files });
    assert.deepEqual(codes(snapshot), ['origin-not-allowed resource:payments/fake-db'], repository);
    assert.ok(!snapshot.resources.has('resource:payments/fake-db'));
  }
});

test('a foreign repository cannot spoil an entity by defining it a second time', () => {
  const files = [sourceFile('acme/evil', resource({ name: 'payments-db' }))];
  const snapshot = build({ files });
  assert.ok(snapshot.resources.has('resource:payments/payments-db'));
  assert.ok(!snapshot.refused.has('resource:payments/payments-db'));
});

test('an owner that policy does not name makes an entity unusable', () => {
  const services = [resource({ name: 'payments-db', owner: 'group:default/dba' })];
  assert.deepEqual(codes(build({ services })), ['owner-not-allowed resource:payments/payments-db']);
});

test('a role that the policy does not have is a fault that is told, and takes nothing else from the entity', () => {
  const annotations = {
    'sallyport.dev/roles': 'raeder,writer,ghost',
    'sallyport.dev/role.ghost.target': 'ghost.internal:1',
  };
  const listed = resource({ name: 'payments-db', annotations });
  const addressed = resource({
    name: 'ledger',
    annotations: { 'sallyport.dev/role.raeder.target': 'replica.internal:5432' },
  });
  const snapshot = build({ services: [listed, addressed] });
  assert.deepEqual(
    snapshot.faults.map(({ code, ref, message }) => [code, ref, message]),
    [
      ['raeder', ' Did you mean reader?', 'payments-db'],
      ['ghost', '', 'payments-db'],
      ['raeder', ' Did you mean reader?', 'ledger'],
    ].map(([role, hint, name]) => [
      'role-without-policy',
      `resource:payments/${name}`,
      `Policy has no role ${role} in payments, so that it counts for nothing here.${hint}`,
    ]),
  );
  assert.equal(snapshot.resources.size, 2);
  assert.equal(lookUp(snapshot, 'payments-db').kind, 'found');
});

test('a namespace without policy has no resources', () => {
  const services = [resource({ name: 'x', namespace: 'other' })];
  assert.deepEqual(codes(build({ services })), ['namespace-without-policy resource:other/x']);
});

test('an entity that is defined twice counts for neither definition, valid or not', () => {
  const good = resource({ name: 'payments-db' });
  const bad = resource({ name: 'payments-db', annotations: { 'sallyport.dev/approvals': 'x' } });
  const twice = 'defined-twice resource:payments/payments-db';
  const same = build({ services: [good, good] });
  assert.deepEqual(codes(same), [twice, twice]);
  assert.equal(same.resources.size, 0);
  const broken = build({ services: [good, bad] });
  assert.equal(broken.resources.size, 0);
  assert.ok(codes(broken).includes(twice));
});

test('a target that entities of different owners carry is refused for all of them', () => {
  const policy = policyText + otherNamespace;
  const target = { 'sallyport.dev/target': 'Payments-DB.internal:5432' };
  const billing = { namespace: 'billing', owner: 'group:default/billing' };
  const files = [
    sourceFile('acme/billing-services', resource({ name: 'x', ...billing, annotations: target })),
  ];
  const snapshot = build({ policy, files });
  assert.equal(snapshot.resources.size, 0);
  assert.deepEqual(codes(snapshot), [
    'target-shared resource:payments/payments-db',
    'target-shared resource:billing/x',
  ]);
});

test('a role’s own target counts as a target as well', () => {
  const hidden = { 'sallyport.dev/role.reader.target': 'payments-db.internal:5432' };
  const services = [
    resource({ name: 'payments-db' }),
    resource({ name: 'other', owner: 'user:default/otto', annotations: hidden }),
  ];
  assert.equal(build({ services }).resources.size, 0);
});

test('one owner may describe one target twice, as for two protocols', () => {
  const target = { 'sallyport.dev/target': 'payments-db.internal:5432' };
  const services = [
    resource({ name: 'payments-db' }),
    resource({ name: 'b', annotations: target }),
  ];
  assert.equal(build({ services }).resources.size, 2);
});

test('people are believed only from the repositories that policy names', () => {
  const files = [sourceFile('acme/payments-services-2', user('mallory', ['payments']))];
  const snapshot = build({
    files,
    services: [resource({ name: 'payments-db' }), user('eve', ['payments'])],
  });
  assert.ok(!snapshot.users.has('user:default/mallory'));
  assert.ok(!snapshot.users.has('user:default/eve'));
  assert.deepEqual(codes(snapshot), [
    'people-not-believed user:default/eve',
    'people-not-believed user:default/mallory',
  ]);
});

test('a login or subject that two users claim is refused for both', () => {
  const login = `${orgText}${user('OMAR', ['payments']).replace('name: omar', 'name: omar2').replace('00u-omar', '00u-2')}`;
  const logins = build({ org: login });
  assert.deepEqual(codes(logins), [
    'login-shared user:default/omar',
    'login-shared user:default/omar2',
  ]);
  assert.ok(!logins.users.has('user:default/omar') && !logins.usersByLogin.has('omar'));

  const subject = `${orgText}${user('omar-too', ['payments']).replace('00u-omar-too', '00u-omar')}`;
  const subjects = build({ org: subject });
  assert.deepEqual(codes(subjects), [
    'subject-shared user:default/omar',
    'subject-shared user:default/omar-too',
  ]);
  assert.ok(!subjects.usersBySubject.has('00u-omar'));
  assert.ok(!subjects.usersByLogin.has('omar') && !subjects.usersByLogin.has('omar-too'));
});

test('a user who is refused spoils the login and the subject they claim all the same', () => {
  // Defined twice, which is why neither definition of theirs counts.
  for (const claim of [
    user('OMAR', ['payments']).replace('name: omar', 'name: eve').replace('00u-omar', '00u-eve'),
    user('eve', ['payments']).replace('00u-eve', '00u-omar'),
  ]) {
    const { users, usersByLogin, usersBySubject } = build({
      org: [orgText, claim, claim].join('\n'),
    });
    assert.ok(!users.has('user:default/eve') && !users.has('user:default/omar'));
    assert.ok(!usersByLogin.has('omar') && !usersBySubject.has('00u-omar'));
  }
});

test('a user who is defined twice is nobody', () => {
  const snapshot = build({ org: orgText + user('omar', ['engineering']) });
  assert.ok(!snapshot.users.has('user:default/omar'));
  assert.equal(
    codes(snapshot).filter((code) => code === 'defined-twice user:default/omar').length,
    2,
  );
});

test('a resource is found by its short name, with its namespace, and by its full ref', () => {
  const snapshot = build();
  for (const text of [
    'payments-db',
    'PAYMENTS-DB',
    'payments/payments-db',
    'resource:payments-db',
    'resource:payments/payments-db',
  ]) {
    const found = lookUp(snapshot, text);
    assert.ok(found.kind === 'found', text);
    assert.equal(found.resource.ref, 'resource:payments/payments-db');
  }
});

test('a name that fits several entities is refused with the full names', () => {
  const services = [resource({ name: 'db' }), resource({ name: 'db', kind: 'API' })];
  assert.deepEqual(lookUp(build({ services }), 'db'), {
    kind: 'ambiguous',
    candidates: ['resource:payments/db', 'api:payments/db'],
  });
  assert.equal(lookUp(build({ services }), 'api:db').kind, 'found');
});

test('a mistyped name gets the near one as a suggestion, and nothing else', () => {
  assert.deepEqual(lookUp(build(), 'paymets-db'), {
    kind: 'unknown',
    suggestions: ['resource:payments/payments-db'],
  });
  for (const text of ['ledger', '', 'a/b/c', 'x:y:z']) {
    const found = lookUp(build(), text);
    assert.deepEqual(found, { kind: 'unknown', suggestions: [] }, text);
  }
});

test('a small catalog is looked through for two slips that are far from each other', () => {
  const services = [resource({ name: 'a-long-name-of-a-service' })];
  assert.deepEqual(lookUp(build({ services }), 'b-long-name-of-a-servica'), {
    kind: 'unknown',
    suggestions: ['resource:payments/a-long-name-of-a-service'],
  });
});

test('of very many names only those most alike are compared, and the near one is among them', () => {
  const small = build();
  const names = new Map(
    Array.from({ length: 100_000 }, (_, nth) => {
      const name = `ledger-${nth}-db`;
      return [name, { resources: [`resource:payments/${name}`], refused: [] }] as const;
    }),
  );
  const large = { ...small, names: new Map([...names, ...small.names]) };
  const mistyped: readonly (readonly [string, string])[] = [
    ['ledgr-12345-db', 'ledger-12345-db'],
    ['ledger-98765-bd', 'ledger-98765-db'],
    ['leger-98765-db', 'ledger-98765-db'],
    ['ledger-98765_db', 'ledger-98765-db'],
    ['edger-98765-db', 'ledger-98765-db'],
    ['paymets-db', 'payments-db'],
  ];
  for (const [typed, meant] of mistyped) {
    const suggestions = [`resource:payments/${meant}`];
    assert.deepEqual(lookUp(large, typed), { kind: 'unknown', suggestions }, typed);
  }
});

test('an entity that exists but cannot be used is refused with its reason', () => {
  const services = [
    JSON.stringify({
      ...(JSON.parse(resource({ name: 'x' })) as object),
      metadata: { namespace: 'payments', name: 'x' },
    }),
  ];
  const found = lookUp(build({ services }), 'x');
  assert.ok(found.kind === 'refused');
  assert.equal(found.fault.code, 'not-connectable');
});
