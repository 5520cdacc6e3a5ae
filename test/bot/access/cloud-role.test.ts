// The cloud role that an entity names for a role: among those that the policy permits for that very role, bound into
// what is approved, and standing no longer than it is the one that was approved.

import assert from 'node:assert/strict';
import test from 'node:test';
import { explainAsking } from '../../../bot/access/inquire.ts';
import { ruleHash } from '../../../bot/access/policy.ts';
import { requestDigest } from '../../../bot/access/request.ts';
import { stillEligible } from '../../../bot/access/standing.ts';
import { changesIn } from '../../../bot/catalog/history.ts';
import {
  approve,
  connect,
  databaseText,
  factsOf,
  grantedTo,
  opened,
  people,
  policyOf,
  policyText,
  reasonOf,
  resource,
  type World,
} from './world.ts';

const reader = 'arn:aws:iam::123456789012:role/payments/reader';
const writer = 'arn:aws:iam::123456789012:role/payments/writer';
const permitting = (readers: string, writers = `[${writer}]`) =>
  policyText
    .replace('max: 8h, approvals: 1 ', `max: 8h, approvals: 1, iam: ${readers} `)
    .replace('group:default/dba] }', `group:default/dba], iam: ${writers} }`);
const policy = permitting(`[${reader}]`);
const backed = (roles: Readonly<Record<string, string>>) => [
  resource({
    name: 'payments-db',
    annotations: Object.fromEntries(
      Object.entries(roles).map(([role, iam]) => [`sallyport.dev/role.${role}.iam`, iam]),
    ),
  }),
];
const facts = factsOf({ policy, services: backed({ reader, writer }) });

test('the request and the grant have the cloud role behind their role, and it is part of what is approved', () => {
  const request = opened(facts, { role: 'writer' });
  assert.equal(request.iam, writer);
  assert.notEqual(requestDigest({ ...request, iam: reader }), request.digest);
  const { iam: _iam, ...without } = request;
  assert.notEqual(requestDigest(without), request.digest);
  assert.equal(grantedTo(people.dana, facts).iam, reader);
});

test('without a cloud role, policy and request have the digests they had before there were any', () => {
  const plain = factsOf();
  assert.ok(!Object.hasOwn(opened(plain), 'iam'));
  assert.ok(!Object.hasOwn(grantedTo(people.dana, plain), 'iam'));
  const { policy: before } = policyOf(policyText);
  const rules = before.namespaces.get('payments');
  const role = rules?.roles.get('reader');
  assert.ok(rules && role);
  assert.ok(!Object.hasOwn(role, 'iam'));
  const other = policyOf(policy).policy;
  const [otherRules] = other.namespaces.values();
  const otherRole = otherRules?.roles.get('reader');
  assert.ok(otherRules && otherRole);
  assert.notEqual(ruleHash(other, otherRules, otherRole), ruleHash(before, rules, role));
});

test('an entity that names a cloud role which the policy does not permit for that role is refused as a whole', () => {
  const table: [string, World][] = [
    ['none is permitted', { services: backed({ reader }) }],
    ['another is', { policy, services: backed({ reader: `${reader}-2` }) }],
    ['another case', { policy, services: backed({ reader: reader.replace('reader', 'Reader') }) }],
    ['the writer’s, for the reader', { policy, services: backed({ reader: writer }) }],
    ['one of two', { policy, services: backed({ reader, writer: reader }) }],
    ['for a role that the policy has not', { policy, services: backed({ reader, root: writer }) }],
  ];
  for (const [what, world] of table) {
    const refusal = reasonOf(connect(factsOf(world)), 'resource-refused');
    const { fault, file, line } = refusal.data as Readonly<Record<string, unknown>>;
    assert.deepEqual(
      [fault, file, line],
      ['iam-not-allowed', 'acme/payments-services/catalog-info.yaml', 1],
      what,
    );
  }
  const told = reasonOf(connect(factsOf({ services: backed({ reader }) })), 'resource-refused');
  assert.equal(
    (told.data as { detail?: string }).detail,
    `Policy does not let ${reader} stand behind the role reader in payments: ask whoever keeps the policy, or take reader.iam out.`,
  );
});

test('an entity that names no cloud role is asked for as ever, and a path with a star permits the names below it', () => {
  assert.equal(connect(factsOf({ policy })).kind, 'open');
  const star = permitting(`['arn:aws:iam::123456789012:role/payments/*']`);
  assert.equal(
    connect(factsOf({ policy: star, services: backed({ reader: writer }) })).kind,
    'open',
  );
});

test('a request is void, and a grant ends, once another cloud role stands behind the role', () => {
  const request = opened(facts);
  const grant = grantedTo(people.dana, facts);
  const other = `${reader}-2`;
  const wider = permitting(`[${reader}, ${other}]`);
  const table: [
    string,
    World,
    Parameters<typeof reasonOf>[1],
    Parameters<typeof reasonOf>[1] | undefined,
  ][] = [
    [
      'another stands there',
      { policy: wider, services: backed({ reader: other, writer }) },
      'entity-changed',
      'target-changed',
    ],
    ['none does', { policy, services: backed({ writer }) }, 'entity-changed', 'target-changed'],
    [
      'the policy permits it no more',
      { policy: permitting(`[${other}]`), services: backed({ reader, writer }) },
      'resource-refused',
      'resource-refused',
    ],
    [
      'the policy permits another as well',
      { policy: wider, services: backed({ reader, writer }) },
      'rule-changed',
      undefined,
    ],
    [
      'another stands behind another role',
      { policy, services: backed({ reader }) },
      'entity-changed',
      undefined,
    ],
  ];
  assert.equal(stillEligible(grant, facts).kind, 'eligible');
  for (const [what, world, voids, ends] of table) {
    const today = factsOf(world);
    const decision = approve(today, { request, by: people.omar });
    assert.equal(decision.kind, 'voided', what);
    reasonOf(decision, voids);
    const standing = stillEligible(grant, today);
    if (ends === undefined) assert.equal(standing.kind, 'eligible', what);
    else reasonOf(standing, ends);
  }
  const given = grantedTo(people.dana, factsOf({ policy }));
  reasonOf(stillEligible(given, facts), 'target-changed');
});

test('a cloud role that is new or another is a matter for the stewards, and without one nothing is new', () => {
  const ref = 'resource:payments/payments-db';
  const seen = (services: readonly string[]) =>
    changesIn(new Map(), factsOf({ policy, services }).catalog.resources.values(), '');
  const before = seen([databaseText]);
  // What the version before remembered of it.
  assert.equal(before.get(ref)?.standing, 'sha-256:jFo87_DHAB0Nc-TydwJXBHosTe_8buWGh55U1gAI_cY');
  const settled = seen(backed({ reader }));
  assert.notEqual(settled.get(ref)?.standing, before.get(ref)?.standing);
  assert.notEqual(settled.get(ref)?.standing, seen(backed({ reader, writer })).get(ref)?.standing);
});

test('/why says which cloud role stands behind each role', () => {
  const why = explainAsking({ resource: 'payments-db', role: 'writer' }, people.dana, facts);
  const step = why.steps.find(({ rule }) => rule === 'cloud-role-is-permitted');
  assert.deepEqual(step?.fact, { role: 'writer', iam: writer });
  assert.deepEqual(
    why.roles.map(({ role, iam }) => [role, iam]),
    [
      ['reader', reader],
      ['writer', writer],
      ['admin', undefined],
    ],
  );
});
