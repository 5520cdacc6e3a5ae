// A no is given for whatever is not known. It ends what was given only where what is missing could stand nowhere else:
// people in no file that cannot be read and in no team that GitHub does not show, entities in no repository of theirs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideBreakGlass } from '../../../bot/access/break-glass.ts';
import { isCertain } from '../../../bot/access/certainty.ts';
import type { Facts } from '../../../bot/access/eligibility.ts';
import type { Grant } from '../../../bot/access/lifecycle.ts';
import type { RefusalCode } from '../../../bot/access/reasons.ts';
import { stillEligible } from '../../../bot/access/standing.ts';
import {
  factsOf,
  grantedTo,
  hourMs,
  issue,
  now,
  orgText,
  people,
  policyText,
  reasonOf,
  sourceFile,
  type World,
} from './world.ts';

const policy = policyText
  .replace('groups: [acme/org]', 'groups: [acme/teams]')
  .replace(
    '    pending: 8h',
    '    break-glass: { who: group:default/dba, max: 1h }\n    pending: 8h',
  );
const groups = orgText.slice(
  0,
  orgText.indexOf('---\napiVersion: backstage.io/v1alpha1\nkind: User'),
);

/** As it was: users in one repository, groups in another. */
const asItWas = worldOf({});
const approved = grantedTo(people.dana, asItWas);
const broken = glass(asItWas);

/** Changed in the text of either repository. */
function worldOf(change: {
  readonly users?: readonly [string, string];
  readonly groups?: readonly [string, string];
  readonly world?: World;
}): Facts {
  const replaced = (text: string, [from, to]: readonly [string, string] = ['', '']) => {
    assert.ok(text.includes(from), `nothing says ${from}`);
    return text.replace(from, to);
  };
  const org = replaced(orgText.slice(groups.length), change.users);
  const files = [sourceFile('acme/teams', replaced(groups, change.groups))];
  return factsOf({ policy, org, files, ...change.world });
}

function glass(facts: Facts): Grant {
  const command = { resource: 'payments-db', reason: 'Payments fail.' };
  const opening = { requester: people.dirk, requestId: 'r1', commentId: 1, commentNodeId: 'IC_1' };
  const place = { issue, home: 'acme/access', writtenAt: now.toISOString(), open: [] };
  const decision = decideBreakGlass({ ...opening, ...place, command, grantId: 'g_a' }, facts);
  assert.ok(decision.kind === 'broken', JSON.stringify(decision));
  return decision.grant;
}

/** Whether what is wrong with the grant ends it, while some sources are not read whole and some teams not shown. */
function ends(
  grant: Grant,
  facts: Facts,
  code: RefusalCode,
  unread: { readonly lacking?: string; readonly team?: string } = {},
): boolean {
  const lacking = new Set(unread.lacking === undefined ? [] : [unread.lacking]);
  const seen: Facts = {
    ...facts,
    catalog: { ...facts.catalog, lacking },
    unreadableTeams: new Set(unread.team === undefined ? [] : [unread.team]),
  };
  const standing = stillEligible(grant, seen);
  assert.ok(standing.kind === 'refused', 'it stands');
  reasonOf(standing, code);
  return isCertain(standing.reason, { namespace: 'payments', facts: seen });
}

/** What is not there any more, and what is said of the access that rested on it. */
const gone: readonly (readonly [string, Grant, Facts, RefusalCode])[] = [
  ['the grantee', approved, worldOf({ users: ['login: dana', 'login: d'] }), 'person-unknown'],
  [
    'the group of the grantee',
    approved,
    worldOf({ groups: ['name: engineering', 'name: e'] }),
    'not-a-requester',
  ],
  ['the approver', approved, worldOf({ users: ['login: omar', 'login: o'] }), 'approval-withdrawn'],
  [
    'the group of the approver',
    approved,
    worldOf({ groups: ['name: payments', 'name: p'] }),
    'approval-withdrawn',
  ],
  [
    'the group of those who may break the glass',
    broken,
    worldOf({ groups: ['name: dba', 'name: d'] }),
    'not-a-breaker',
  ],
];
for (const [what, grant, facts, code] of gone) {
  test(`that ${what} is gone ends access once every file of users and of groups was read`, () => {
    assert.equal(ends(grant, facts, code), true);
    assert.equal(ends(grant, facts, code, { lacking: 'acme/payments-services' }), true);
    for (const lacking of ['acme/org', 'acme/teams']) {
      assert.equal(ends(grant, facts, code, { lacking }), false, lacking);
    }
  });
}

test('whose approval or whose emergency could rest on a team that GitHub does not show keeps access', () => {
  const team = 'group:default/oncall';
  const results = gone.map(([what, grant, facts, code]) => [
    what,
    ends(grant, facts, code, { team }),
  ]);
  assert.deepEqual(results, [
    ['the grantee', true],
    // Who may ask is judged by the teams that may ask, and nobody else's.
    ['the group of the grantee', true],
    ['the approver', false],
    ['the group of the approver', false],
    ['the group of those who may break the glass', false],
  ]);
});

test('an entity that is gone ends access once every repository that may define it was read', () => {
  const facts = worldOf({ world: { services: [] } });
  assert.equal(ends(approved, facts, 'resource-unknown'), true);
  assert.equal(ends(approved, facts, 'resource-unknown', { lacking: 'acme/org' }), true);
  const lacking = 'acme/payments-services';
  assert.equal(ends(approved, facts, 'resource-unknown', { lacking }), false);
});

test('what GitHub does not let the App see ends nothing, nor does what has ended by itself', () => {
  const unseen = worldOf({ world: { belonging: new Map() } });
  assert.equal(ends(approved, unseen, 'members-unreadable'), false);
  const outsider = worldOf({ world: { belonging: new Map([[people.dana.id, 'outsider']]) } });
  assert.equal(ends(approved, outsider, 'not-a-member'), true);

  const tied = '{ name: engineering, annotations: { github.com/team-slug: acme/all } }';
  const unshown = worldOf({ groups: ['{ name: engineering, title: Engineering }', tied] });
  assert.equal(ends(approved, unshown, 'not-a-requester'), true);
  const team = 'group:default/engineering';
  assert.equal(ends(approved, unshown, 'team-unreadable', { team }), false);

  const later = worldOf({ world: { now: new Date(now.getTime() + hourMs) } });
  assert.equal(ends(approved, later, 'grant-not-active'), false);
});
