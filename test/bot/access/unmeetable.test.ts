// Approvals that nobody could give are told before somebody waits for them, and nothing else is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Facts } from '../../../bot/access/eligibility.ts';
import type { Approval } from '../../../bot/access/request.ts';
import { unmeetableDemands } from '../../../bot/access/unmeetable.ts';
import {
  approve,
  factsOf,
  opened,
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
    const lack = 'known' in lacks ? `${lacks.known} known` : `nobody for ${lacks.nobodyFor.join()}`;
    return `${whileNew ? 'new: ' : ''}${role} of ${names}: ${lack}`;
  });
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
        'metadata: { name: payments, annotations: { github.com/team-slug: acme/payments } }',
      ),
    },
    [],
  ],
];
for (const [what, world, expected] of cases) {
  test(`told of approvals that nobody could give: ${what}`, () => {
    assert.deepEqual(told(world), expected);
  });
}

test('what is told nobody can be given, and everything else is given when all approve', () => {
  const { dana, ...approvers } = people;
  const groups = fc.subarray(['payments', 'dba']);
  const logins = Object.values(approvers).map(({ login }) => login);
  const members = fc.record(Object.fromEntries(logins.map((login) => [login, groups])));
  const names = fc.constantFrom('owner', 'group:default/dba', 'user:default/otto');
  const lists = fc.uniqueArray(names, { minLength: 1 }).map((list) => `[${list.join(', ')}]`);
  const demands = fc.oneof(fc.integer({ min: 1, max: 4 }).map(String), lists);
  const entities = fc.record(
    {
      'sallyport.dev/approvals': fc.constantFrom('1', '2', '3'),
      'sallyport.dev/approvers': fc.constantFrom('owner', 'owner, group:default/dba'),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(members, demands, lists, entities, (inGroups, approvals, list, annotations) => {
      const policy = policyText
        .replace('max: 8h, approvals: 1 ', `max: 8h, approvals: ${approvals} `)
        .replace('approvers: [owner]', `approvers: ${list}`);
      const services = [db({ ...annotations, 'sallyport.dev/roles': 'reader' })];
      const facts = factsOf({ policy, services, org: orgWith(inGroups) });
      assert.equal(isGivenByAll(facts), unmeetableDemands(facts).length === 0);
    }),
    { numRuns: 200 },
  );

  function isGivenByAll(facts: Facts): boolean {
    const request = opened(facts, { requester: dana });
    const given: Approval[] = [];
    for (const by of Object.values(approvers)) {
      const decision = approve(facts, { request, approvals: given, by });
      if (decision.kind === 'granted') return true;
      if (decision.kind === 'counted') given.push(decision.approval);
    }
    return false;
  }
});
