// Approvals that nobody could give are told before somebody waits for them, and nothing else is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Facts } from '../../../bot/access/eligibility.ts';
import type { AccessRequest, Approval } from '../../../bot/access/request.ts';
import { unmeetableDemands, type Lack } from '../../../bot/access/unmeetable.ts';
import {
  approve,
  connect,
  factsOf,
  orgText,
  people,
  policyText,
  resource,
  user,
  type World,
} from './world.ts';

/** Each as `role of the resources: what is missing`. */
function told(world: World): string[] {
  return unmeetableDemands(factsOf(world)).map(({ role, whileNew, lacks, resources }) => {
    const names = resources.map(({ name }) => name).join(', ');
    return `${whileNew ? 'new: ' : ''}${role} of ${names}: ${lackText(lacks)}`;
  });
}

function lackText(lacks: Lack): string {
  if (lacks.kind === 'too-few') return `${lacks.known} known`;
  return `${lacks.kind === 'nobody-for' ? 'nobody' : 'only'} for ${lacks.refs.join()}`;
}

/** The groups of the company, dana, who asks, and these. */
function orgWith(members: Readonly<Record<string, readonly string[]>>): string {
  const groups = orgText.slice(0, orgText.indexOf(user('dana', ['engineering'])));
  const users = Object.entries({ dana: ['engineering'], ...members });
  return groups + users.map(([login, of]) => user(login, of)).join('\n');
}
const oneOwner = orgWith({ omar: ['payments'], dirk: ['dba'] });
const db = (annotations: Record<string, string> = {}, name = 'payments-db') =>
  resource({ name, annotations });

const ofTeam = '{ name: payments, annotations: { github.com/team-slug: acme/payments } }';

const cases: readonly (readonly [string, World, readonly string[]])[] = [
  ['nothing where there are enough people for every role', {}, []],
  ['two approvals where one person owns it', { org: oneOwner }, ['admin of payments-db: 1 known']],
  [
    'one demand of many resources is told once, and not of those without the role',
    {
      org: oneOwner,
      services: [db(), db({ 'sallyport.dev/roles': 'reader' }, 'b'), db({}, 'c')],
    },
    ['admin of payments-db, c: 1 known'],
  ],
  [
    'a person who owns it alone',
    { services: [resource({ name: 'ledger', owner: 'user:default/otto' })] },
    ['admin of ledger: 1 known'],
  ],
  [
    'one from each of two groups with the same and only member',
    { org: orgWith({ omar: ['payments', 'dba'] }) },
    ['writer of payments-db: nobody for group:default/dba', 'admin of payments-db: 1 known'],
  ],
  [
    'more than the entity’s owners are, by its own annotation',
    { services: [db({ 'sallyport.dev/approvals': '3' })] },
    ['reader of payments-db: 2 known', 'admin of payments-db: 2 known'],
  ],
  [
    'approvers of the entity whom the catalog does not have',
    {
      services: [
        db({
          'sallyport.dev/approvers': 'owner, group:default/ghosts',
          'sallyport.dev/roles': 'reader',
        }),
      ],
    },
    ['reader of payments-db: nobody for group:default/ghosts'],
  ],
  [
    'people without a GitHub login do not approve',
    { org: orgText.replace('github.com/user-login: omar, ', '') },
    ['admin of payments-db: 1 known'],
  ],
  [
    'stewards who are nobody, for as long as it is new',
    {
      policy: policyText.replace(
        '    relays:',
        '    stewards: [group:default/ghosts]\n    relays:',
      ),
      services: [db({ 'sallyport.dev/roles': 'reader' })],
    },
    ['new: reader of payments-db: 0 known'],
  ],
  [
    'nothing of a group that depends on a GitHub team: only GitHub knows who is in it',
    {
      org: oneOwner.replace(
        'metadata: { name: payments, title: Payments team }',
        `metadata: ${ofTeam}`,
      ),
    },
    [],
  ],
  [
    'of one from each, what is not of such a group',
    {
      org: oneOwner
        .replace('metadata: { name: payments, title: Payments team }', `metadata: ${ofTeam}`)
        .replace(user('dirk', ['dba']), ''),
    },
    ['writer of payments-db: nobody for group:default/dba'],
  ],
  [
    'a group that a team does not count in, because one between them is not there',
    {
      policy: policyText.replace('approvers: [owner]', 'approvers: [group:default/dba]'),
      org: `${orgWith({ omar: ['payments'] }).replace(
        'metadata: { name: dba }\nspec: { type: team, parent: engineering, children: [] }',
        'metadata: { name: dba }\nspec: { type: team, children: [ghosts] }',
      )}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: ${ofTeam.replace('name: payments', 'name: crew')}
spec: { type: team, parent: ghosts, children: [] }
`,
      services: [db({ 'sallyport.dev/roles': 'reader' })],
    },
    ['reader of payments-db: 0 known'],
  ],
  [
    'the only ones who may approve are the only ones who may ask',
    {
      policy: policyText.replace('[group:default/engineering]', '[group:default/payments]'),
      org: oneOwner,
      services: [db({ 'sallyport.dev/roles': 'reader' })],
    },
    ['reader of payments-db: only for group:default/payments'],
  ],
  [
    'two owners who may ask for what takes two of them',
    {
      policy: policyText.replace('[group:default/engineering]', '[group:default/payments]'),
      services: [db({ 'sallyport.dev/roles': 'admin' })],
    },
    ['admin of payments-db: only for group:default/payments'],
  ],
  [
    'approvers who cannot sign in, where the policy has them sign in',
    {
      policy: policyText.replace('pending: 8h', 'confirm: sign-in\n    pending: 8h'),
      org: oneOwner.replace(', sallyport.dev/subject: 00u-omar', ''),
      services: [db({ 'sallyport.dev/roles': 'reader' })],
    },
    ['reader of payments-db: 0 known'],
  ],
  [
    'the owner twice, once by name: told once',
    {
      policy: policyText.replace('[owner, group:default/dba]', '[owner, group:default/payments]'),
      org: oneOwner,
      services: [db({ 'sallyport.dev/roles': 'writer' })],
    },
    ['writer of payments-db: nobody for group:default/payments'],
  ],
];
for (const [what, world, expected] of cases) {
  test(`told of approvals that nobody could give: ${what}`, () => {
    assert.deepEqual(told(world), expected);
  });
}

test('however much nobody could give, the first fifty are told, and no list that is longer than anybody writes', () => {
  const names = Array.from({ length: 60 }, (_, nth) => `r${nth}`);
  const roles = names.map((name) => `      ${name}: { default: 1h, max: 8h, approvals: 9 }\n`);
  const crowded = policyText.replace(/ {6}reader[^]*/, roles.join(''));
  assert.equal(told({ policy: crowded, services: [db()] }).length, 50);
  const many = Array.from({ length: 60 }, (_, nth) => `user:default/u${nth}`).join(', ');
  const long = crowded.replace('approvers: [owner]', `approvers: [${many}]`);
  assert.deepEqual(told({ policy: long, services: [db()] }), []);
});

test('what is told nobody can be given, and everything else is given to somebody when all others approve', () => {
  const everybody = Object.values(people);
  const groups = fc.subarray(['payments', 'dba', 'engineering']);
  const members = fc.record(Object.fromEntries(everybody.map(({ login }) => [login, groups])));
  const names = fc.constantFrom('owner', 'group:default/dba', 'user:default/otto');
  const lists = fc.uniqueArray(names, { minLength: 1 }).map((list) => `[${list.join(', ')}]`);
  const demands = fc.oneof(fc.integer({ min: 1, max: 4 }).map(String), lists);
  const requesters = fc.constantFrom('engineering', 'payments', 'dba');
  const entities = fc.record(
    {
      'sallyport.dev/approvals': fc.constantFrom('1', '2', '3'),
      'sallyport.dev/approvers': fc.constantFrom('owner', 'owner, group:default/dba'),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(members, demands, lists, requesters, entities, (...drawn) => {
      const [inGroups, approvals, list, asking, annotations] = drawn;
      const policy = policyText
        .replace('max: 8h, approvals: 1 ', `max: 8h, approvals: ${approvals} `)
        .replace('approvers: [owner]', `approvers: ${list}`)
        .replace(
          'requesters: [group:default/engineering]',
          `requesters: [group:default/${asking}]`,
        );
      const services = [db({ ...annotations, 'sallyport.dev/roles': 'reader' })];
      const facts = factsOf({ policy, services, org: orgWith(inGroups) });
      const requests = everybody.flatMap((requester) => {
        const asked = connect(facts, { requester });
        return asked.kind === 'open' ? [asked.request] : [];
      });
      if (requests.length === 0) return;
      const isGiven = requests.some((request) => isGivenByAll(request, facts));
      assert.equal(isGiven, unmeetableDemands(facts).length === 0);
    }),
    { numRuns: 300 },
  );

  function isGivenByAll(request: AccessRequest, facts: Facts): boolean {
    const given: Approval[] = [];
    for (const by of everybody) {
      const decision = approve(facts, { request, approvals: given, by });
      if (decision.kind === 'granted') return true;
      if (decision.kind === 'counted') given.push(decision.approval);
    }
    return false;
  }
});
