import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { explainAsking, listReachable, termsOfNamespaces } from '../../../bot/access/inquire.ts';
import { connect, factsOf, hourMs, people, policyText, reasonOf, resource } from './world.ts';

const ops = `
  ops:
    catalog: [acme/payments-services]
    owners: [group:default/dba]
    relays: [eu-1]
    requesters: [group:default/dba]
    approvers: [owner]
    roles: { operator: { default: 15m, max: 1h, approvals: 1 } }
`;
const facts = factsOf({
  policy: policyText + ops,
  services: [
    resource({ name: 'payments-db' }),
    resource({ name: 'archive', annotations: { 'sallyport.dev/roles': 'reader' } }),
    resource({ name: 'host', namespace: 'ops', owner: 'group:default/dba' }),
  ],
});

test('/why says which roles of an entity the policy does not have, whether or not one of them was asked for', () => {
  const annotations = { 'sallyport.dev/roles': 'raeder,writer' };
  const misspelt = factsOf({ services: [resource({ name: 'payments-db', annotations })] });
  for (const role of ['writer', 'raeder']) {
    const why = explainAsking({ resource: 'payments-db', role }, people.dana, misspelt);
    assert.deepEqual(why.steps.find(({ rule }) => rule === 'roles-are-left-out')?.fact, {
      leftOut: ['raeder'],
      namespace: 'payments',
    });
    assert.equal(why.refusal?.code, role === 'raeder' ? 'role-unknown' : undefined);
  }
});

test('/why says of every rule what it saw, and who decides', () => {
  const why = explainAsking({ resource: 'payments-db' }, people.dana, facts);
  assert.equal(why.refusal, undefined);
  assert.equal(why.resource, 'resource:payments/payments-db');
  assert.deepEqual(
    why.steps.map(({ rule, satisfied }) => [rule, satisfied]),
    [
      ['person-is-known', true],
      ['resource-exists', true],
      ['namespace-has-policy', true],
      ['role-exists', true],
      ['role-is-recorded', true],
      ['requester-is-eligible', true],
      ['duration-is-allowed', true],
    ],
  );
  assert.deepEqual(
    why.roles.map(({ role, defaultMs, maxMs, needs }) => [
      role,
      defaultMs,
      maxMs,
      needs.map(({ count, of }) => [count, of.flatMap(({ logins }) => logins)]),
    ]),
    [
      ['reader', hourMs, 8 * hourMs, [[1, ['Olga', 'omar']]]],
      [
        'writer',
        hourMs / 2,
        2 * hourMs,
        [
          [1, ['Olga', 'omar']],
          [1, ['Olga', 'dirk']],
        ],
      ],
      ['admin', hourMs / 6, hourMs, [[2, ['Olga', 'omar']]]],
    ],
  );
});

test('/why names the one rule that is not met, and whoever asks is not counted among those who decide', () => {
  const refused = explainAsking({ resource: 'host' }, people.dana, facts);
  reasonOf(
    { kind: 'refused', ...(refused.refusal && { reason: refused.refusal }) },
    'not-a-requester',
  );
  assert.deepEqual(
    refused.steps.filter(({ satisfied }) => !satisfied).map(({ rule }) => rule),
    ['requester-is-eligible'],
  );
  const own = explainAsking({ resource: 'payments-db' }, people.omar, facts);
  assert.deepEqual(
    own.roles[0]?.needs[0]?.of.flatMap(({ logins }) => logins),
    ['Olga'],
  );
});

test('/why of what is not there says so, and of a role that is not there', () => {
  const gone = explainAsking({ resource: 'payment-db' }, people.dana, facts);
  assert.equal(gone.refusal?.code, 'resource-unknown');
  assert.deepEqual(gone.roles, []);
  const role = explainAsking({ resource: 'archive', role: 'writer' }, people.dana, facts);
  assert.equal(role.refusal?.code, 'role-unknown');
});

test('a stranger is told that they are one, and nothing of what the catalog holds, by /why as by /connect', () => {
  const stranger = { id: 4, login: 'stranger' };
  for (const name of ['payments-db', 'payment-db', 'nothing']) {
    const {
      refusal,
      steps,
      roles,
      resource: shown,
    } = explainAsking({ resource: name }, stranger, facts);
    assert.equal(refusal?.code, 'person-unknown');
    assert.deepEqual(
      steps.map(({ rule }) => rule),
      ['person-is-known'],
    );
    assert.deepEqual(roles, []);
    assert.equal(shown, name, 'as it was asked');
    const decision = connect(facts, { resource: name, requester: stranger });
    assert.ok(decision.kind === 'refused');
    assert.deepEqual(decision.reason, refusal);
    const said = decision.derivation.map(({ rule, fact, satisfied }) => ({
      rule,
      fact,
      satisfied,
    }));
    assert.deepEqual(said, steps);
  }
});

test('/why answers as /connect decides, for anybody and for anything', () => {
  const names = ['payments-db', 'archive', 'host', 'nothing', 'resource:payments/payments-db'];
  const somebody = fc.constantFrom(...Object.values(people), { id: 4, login: 'stranger' });
  const roles = fc.constantFrom(undefined, 'reader', 'writer', 'operator', 'root');
  fc.assert(
    fc.property(fc.constantFrom(...names), somebody, roles, (name, requester, role) => {
      const asked = { resource: name, ...(role !== undefined && { role }) };
      const { refusal } = explainAsking(asked, requester, facts);
      const decision = connect(facts, { ...asked, requester });
      assert.deepEqual(refusal, decision.kind === 'refused' ? decision.reason : undefined);
    }),
  );
});

test('/resources lists what somebody may ask for, and nothing else', () => {
  const of = (person: { id: number; login: string }) => {
    const listing = listReachable(person, facts, 50);
    assert.ok(listing.kind === 'listed');
    return listing.resources.map(({ resource: ref }) => ref);
  };
  assert.deepEqual(of(people.dana), ['resource:payments/archive', 'resource:payments/payments-db']);
  assert.deepEqual(of(people.dirk), [
    'resource:ops/host',
    'resource:payments/archive',
    'resource:payments/payments-db',
  ]);
  assert.deepEqual(of(people.otto), []);
  const stranger = listReachable({ id: 4, login: 'stranger' }, facts, 50);
  reasonOf(stranger, 'person-unknown');
});

test('/resources says how many it leaves out', () => {
  const listing = listReachable(people.dirk, facts, 2);
  assert.ok(listing.kind === 'listed');
  assert.equal(listing.resources.length, 2);
  assert.equal(listing.more, 1);
});

test('/help knows what holds in each namespace', () => {
  assert.deepEqual(termsOfNamespaces(facts)[1], {
    namespace: 'ops',
    requesters: ['group:default/dba'],
    roles: [{ role: 'operator', defaultMs: hourMs / 4, maxMs: hourMs }],
    pendingMs: 8 * hourMs,
    useWithinMs: undefined,
    identity: { maxAgeMs: null, acr: [] },
    confirm: 'comment',
    hours: [],
  });
});
