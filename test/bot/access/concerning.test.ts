// Who is in a GitHub team is asked for only where the rules name its group. Wherever they can name one its team has to be
// among those that are asked for: of a team that was not, nobody counts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideBreakGlass } from '../../../bot/access/break-glass.ts';
import { groupsConcerning } from '../../../bot/access/concerning.ts';
import type { Facts } from '../../../bot/access/eligibility.ts';
import { listReachable } from '../../../bot/access/inquire.ts';
import type { Team } from '../../../bot/catalog/ownership.ts';
import { teamGroupsBelow, withTeams } from '../../../bot/catalog/teams.ts';
import {
  approve,
  connect,
  factsOf,
  hourMs,
  issue,
  now,
  opened,
  orgText,
  people,
  policyText,
  resource,
  type World,
} from './world.ts';

const oncall = 'group:default/oncall';
const members: Team = { logins: new Set([people.otto.login]), canBeMentioned: true };
const org = `${orgText}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: oncall, annotations: { github.com/team-slug: acme/oncall } }
spec: { type: team, children: [] }
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: analysts, annotations: { github.com/team-slug: acme/analysts } }
spec: { type: team, children: [] }
`;

/** The groups whose teams are asked for when a question names a resource, or none. */
function askedFor(world: World, named: string | undefined): readonly string[] {
  const facts = factsOf({ org, ...world });
  return teamGroupsBelow(facts.catalog, groupsConcerning(facts, named)).map(({ ref }) => ref);
}

/** Facts with otto in every team that is asked for, and nothing known of another. */
function asGathered(world: World, named: string | undefined): Facts {
  const teams = new Map(askedFor(world, named).map((ref) => [ref, members]));
  const facts = factsOf({ org, ...world });
  return { ...facts, catalog: withTeams(facts.catalog, teams) };
}

const lineOf = (line: string) =>
  policyText.replace('    pending: 8h', `    ${line}\n    pending: 8h`);
const { otto } = people;

const asks = (facts: Facts) => connect(facts, { requester: otto }).kind;
const approves = (role: string) => (facts: Facts) =>
  approve(facts, { request: opened(facts, { role }), by: otto }).kind;
function breaks(facts: Facts): string {
  const command = { resource: 'payments-db', reason: 'Payments fail.' };
  const opening = { requester: otto, requestId: 'r1', commentId: 1, commentNodeId: 'IC_1' };
  const place = { issue, home: 'acme/access', writtenAt: now.toISOString(), open: [] };
  return decideBreakGlass({ ...opening, ...place, command, grantId: 'g_a' }, facts).kind;
}

/** Where a group can stand, and what comes of it when somebody of its team acts. */
const places: readonly (readonly [string, World, (facts: Facts) => string, string])[] = [
  [
    'who may ask',
    { policy: policyText.replace('requesters: [', `requesters: [${oncall}, `) },
    asks,
    'open',
  ],
  [
    'the approvers',
    { policy: policyText.replace('approvers: [owner]', `approvers: [${oncall}]`) },
    approves('reader'),
    'granted',
  ],
  [
    'the owner of the entity',
    {
      policy: policyText.replace('owners: [', `owners: [${oncall}, `),
      services: [resource({ name: 'payments-db', owner: oncall })],
    },
    approves('reader'),
    'granted',
  ],
  [
    'an approver of the entity',
    {
      services: [
        resource({ name: 'payments-db', annotations: { 'sallyport.dev/approvers': oncall } }),
      ],
    },
    approves('reader'),
    'counted',
  ],
  [
    'one of those whom a role demands',
    { policy: policyText.replace('[owner, group:default/dba]', `[owner, ${oncall}]`) },
    approves('writer'),
    'counted',
  ],
  [
    'the stewards',
    {
      policy: lineOf(`stewards: [${oncall}]`),
      changedAt: new Map([
        ['resource:payments/payments-db', new Date(now.getTime() - hourMs).toISOString()],
      ]),
    },
    approves('reader'),
    'counted',
  ],
  [
    'whom the policy approves by itself',
    {
      policy: lineOf(`auto-approve: [{ who: ${oncall}, role: reader, max: 1h }]`).replace(
        'requesters: [',
        'requesters: [user:default/otto, ',
      ),
    },
    asks,
    'granted',
  ],
  [
    'who may break the glass',
    { policy: lineOf(`break-glass: { who: ${oncall}, max: 1h }`) },
    breaks,
    'broken',
  ],
];
for (const [place, world, act, outcome] of places) {
  test(`somebody of a GitHub team counts where the rules name its group as ${place}`, () => {
    assert.equal(act(asGathered(world, 'payments-db')), outcome);
  });
}

test('somebody of a GitHub team finds what they may ask for when they name nothing', () => {
  const policy = policyText.replace('requesters: [', `requesters: [${oncall}, `);
  const listing = listReachable(otto, asGathered({ policy }, undefined), 10);
  assert.ok(listing.kind === 'listed');
  assert.deepEqual(
    listing.resources.map((each) => each.resource),
    ['resource:payments/payments-db'],
  );
});

test('GitHub is not asked about a team that the rules name nowhere, nor for the sake of what cannot be asked for', () => {
  const policy = policyText.replace('requesters: [', `requesters: [${oncall}, `);
  assert.deepEqual(askedFor({ policy }, 'payments-db'), [oncall]);
  assert.deepEqual(askedFor({}, 'payments-db'), []);
  assert.deepEqual(askedFor({}, undefined), []);
  assert.deepEqual(askedFor({ policy }, 'ledger'), []);
});
