// Whoever writes a descriptor may take away from what the policy allows, and never add to it: over generated policies,
// annotations added to annotations, and whoever asks, approves, breaks the glass or claims by them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decideBreakGlass } from '../../../bot/access/break-glass.ts';
import type { Facts } from '../../../bot/access/eligibility.ts';
import { lastMoment, lengthOf } from '../../../bot/access/grant-time.ts';
import { listReachable } from '../../../bot/access/inquire.ts';
import type { Grant } from '../../../bot/access/lifecycle.ts';
import type { Approval, Person } from '../../../bot/access/request.ts';
import { stillEligible } from '../../../bot/access/standing.ts';
import {
  approve,
  connect,
  factsOf,
  hourMs,
  issue,
  now,
  people,
  policyText,
  resource,
  snapshotOf,
} from './world.ts';

type Annotations = Readonly<Record<string, string>>;

const cloudRole = 'arn:aws:iam::123456789012:role/reader';
const policies = fc
  .record({
    lines: fc.subarray([
      'stewards: [group:default/dba]',
      'auto-approve: [{ who: owner, role: reader, max: 1h }, { who: group:default/engineering, role: writer, max: 10m }]',
      'clock: first-connect',
    ]),
    glass: mostly(
      fc.constant('break-glass: { who: group:default/engineering, max: 2h }'),
      fc.constant(''),
    ),
    hours: mostly(
      fc.constantFrom('', 'hours: mon 08:00-10:00 UTC'),
      fc.constant('hours: tue 08:00-10:00 UTC'),
    ),
    reader: fc.constantFrom('1', '2', '[owner]', '[owner, group:default/dba]'),
    iam: fc.constantFrom('', `, iam: [${cloudRole}]`),
    approvers: fc.constantFrom(
      '[owner]',
      '[owner, group:default/dba]',
      '[group:default/dba]',
      '[user:default/omar]',
    ),
    max: fc.constantFrom('1h', '3h', '8h'),
  })
  .map(({ lines, glass, hours, reader, iam, approvers, max }) =>
    policyText
      .replace('    pending: 8h', ['pending: 8h', ...lines, glass, hours].map(indented).join('\n'))
      .replace('max: 8h, approvals: 1 ', `max: ${max}, approvals: ${reader}${iam} `)
      .replace('approvers: [owner]', `approvers: ${approvers}`),
  );

const indented = (line: string) => `    ${line}`;

const ofOneEntity = {
  'sallyport.dev/role.reader.iam': fc.constantFrom(cloudRole, `${cloudRole}-admin`),
  'sallyport.dev/role.reader.target': fc.constant('replica.internal:5432'),
  'sallyport.dev/protocol': fc.constantFrom('mysql', 'tcp'),
  'sallyport.dev/roles': fc.constantFrom('reader', 'writer,reader', 'admin', 'reader,root'),
  'sallyport.dev/max-duration': fc.constantFrom('10m', '2h', '9h', '300d'),
  'sallyport.dev/approvals': fc.constantFrom('1', '2', '3'),
  'sallyport.dev/approvers': fc.constantFrom(
    'owner',
    'group:default/dba',
    'owner,user:default/bea',
    'user:default/dana',
    'group:default/engineering',
  ),
  'sallyport.dev/identity': fc.constantFrom('ssh', 'github', 'oidc'),
};
/** Of these, a few. */
function some(all: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<Annotations> {
  const keys = fc.subarray(Object.keys(all), { minLength: 1, maxLength: 3 });
  return fc
    .tuple(fc.record(all), keys)
    .map(([values, chosen]) => Object.fromEntries(chosen.map((key) => [key, values[key] ?? ''])));
}
const annotations = some(ofOneEntity);
/** Also the address of another entity: what two owners describe, neither of them gives. */
const added = some({
  ...ofOneEntity,
  'sallyport.dev/role.reader.target': fc.constantFrom(
    'replica.internal:5432',
    'ledger-db.internal:5432',
  ),
});

interface Play {
  readonly asked: {
    readonly resource: string;
    readonly requester: Person;
    readonly role: string;
    readonly durationMs: number;
  };
  readonly approvers: readonly Person[];
  readonly claimAfterMs: number;
}
/** Leaning towards what is granted: where nobody gets anything, there is nothing to give more of. */
const plays: fc.Arbitrary<Play> = fc.record({
  asked: fc.record({
    resource: mostly(fc.constant('payments-db'), fc.constant('ledger-db')),
    requester: mostly(
      fc.constant<Person>(people.dana),
      fc.constantFrom<Person>(...Object.values(people)),
    ),
    role: mostly(fc.constant('reader'), fc.constantFrom('writer', 'admin')),
    durationMs: mostly(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 600 })).map(
      (minutes) => minutes * 60_000,
    ),
  }),
  approvers: mostly(
    fc.shuffledSubarray<Person>([people.omar, people.olga, people.dirk, people.bea], {
      minLength: 3,
    }),
    // Nobody of the group dba: what that has to confirm is missing then.
    fc.constant<Person[]>([people.omar, people.bea]),
  ),
  claimAfterMs: fc.integer({ min: 0, max: hourMs }),
});

const worlds = fc.record({
  policy: policies,
  few: mostly(fc.constant<Annotations>({}), annotations),
  more: added,
  ledgersOwner: fc.constantFrom('group:default/payments', 'user:default/otto'),
  isNew: fc.boolean(),
});

test('adding annotations to an entity gives nobody more: no access, no time, no role, no standing', () => {
  const seen = { granted: 0, claimed: 0, broken: 0, stood: 0, lost: 0 };
  const given = givenBefore();
  fc.assert(
    fc.property(worlds, plays, ({ policy, few, more, ledgersOwner, isNew }, play) => {
      const news = isNew && { changedAt: changedAnHourAgo };
      const before = factsOf({ policy, services: servicesWith(few, ledgersOwner), ...news });
      // What `few` says stays as it is; `more` only adds what was not said before.
      const services = servicesWith({ ...more, ...few }, ledgersOwner);
      const after = { ...before, catalog: snapshotOf({ services }, before.policy) };
      const [wide, narrow] = [outcome(before, play), outcome(after, play)];
      assert.ok(narrow.rank <= wide.rank, `${wide.rank} became ${narrow.rank}`);
      assertNoLonger(narrow.grant, wide.grant);
      assertNoLonger(narrow.glass?.grant, wide.glass?.grant);
      if (narrow.glass) assert.deepEqual(narrow.glass.reviewers, wide.glass?.reviewers);
      assertPermitted(narrow.grant, before);
      assertPermitted(narrow.glass?.grant, before);
      for (const [role, maxMs] of narrow.reachable) {
        assert.ok(maxMs <= (wide.reachable.get(role) ?? 0), `${role} is had for longer`);
      }
      if (narrow.claimedUntil) {
        assert.ok(wide.claimedUntil && narrow.claimedUntil <= wide.claimedUntil);
      }
      const stands = (facts: Facts) => stillEligible(given, facts).kind === 'eligible';
      const isStanding = stands(after);
      if (isStanding) assert.ok(stands(before), 'what would not stand stands');

      if (narrow.grant) seen.granted += 1;
      if (narrow.claimedUntil) seen.claimed += 1;
      if (narrow.glass) seen.broken += 1;
      if (isStanding) seen.stood += 1;
      if (wide.grant && !narrow.grant) seen.lost += 1;
    }),
    { numRuns: 400 },
  );
  for (const [what, count] of Object.entries(seen)) {
    assert.ok(count > 15, `only ${count} ${what} of all cases`);
  }
});

const servicesWith = (own: Annotations, ledgersOwner: string) => [
  resource({ name: 'payments-db', annotations: own }),
  resource({ name: 'ledger-db', owner: ledgersOwner }),
];

/** Access from before, with approvals for most of these policies. */
function givenBefore(): Grant {
  const policy = policyText.replace('max: 8h, approvals: 1 ', 'max: 8h, approvals: 2 ');
  const asked = { resource: 'payments-db', requester: people.dana, role: 'reader', durationMs: 1 };
  const { grant } = ask(factsOf({ policy }), { asked, approvers: [people.omar, people.olga] });
  assert.ok(grant);
  return grant;
}

const changedAnHourAgo = new Map(
  ['resource:payments/payments-db', 'resource:payments/ledger-db'].map((ref) => [
    ref,
    new Date(now.getTime() - hourMs).toISOString(),
  ]),
);

/** Where the one gives anything, the other gives as much. */
function assertNoLonger(narrow: Grant | undefined, wide: Grant | undefined): void {
  if (!narrow) return;
  assert.ok(wide, 'it is given by more annotations alone');
  assert.ok(lengthOf(narrow) <= lengthOf(wide), 'it lasts longer');
  assert.ok(lastMoment(narrow) <= lastMoment(wide), 'it ends later');
}

/** A cloud role is the entity's to choose, and only among those of the policy. */
function assertPermitted(grant: Grant | undefined, { policy }: Facts): void {
  if (grant?.iam === undefined) return;
  const permitted = policy.namespaces.get('payments')?.roles.get(grant.role)?.iam ?? [];
  assert.ok(permitted.includes(grant.iam), `${grant.iam} is behind ${grant.role}`);
}

/** What comes of a play: of asking, of breaking the glass, of looking for what there is, and of a claim. */
function outcome(facts: Facts, play: Play) {
  const { asked } = play;
  const { kind, grant } = ask(facts, play);
  const later = { ...facts, now: new Date(now.getTime() + play.claimAfterMs) };
  const standing = grant && stillEligible(grant, later);
  const listing = listReachable(asked.requester, facts, 10);
  const resources = listing.kind === 'listed' ? listing.resources : [];
  return {
    rank: ['refused', 'open', 'granted'].indexOf(kind),
    grant,
    claimedUntil: standing?.kind === 'eligible' ? standing.time.endsAt : undefined,
    glass: breakGlass(facts, play),
    reachable: new Map(
      resources.flatMap(({ resource: ref, roles }) =>
        roles.map(({ role, maxMs }) => [`${role} on ${ref}`, maxMs] as const),
      ),
    ),
  };
}

function ask(
  facts: Facts,
  { asked, approvers }: Pick<Play, 'asked' | 'approvers'>,
): { kind: string; grant?: Grant } {
  const decision = connect(facts, asked);
  if (decision.kind !== 'open') return decision;
  const approvals: Approval[] = [];
  for (const by of approvers) {
    const next = approve(facts, { request: decision.request, approvals, by });
    if (next.kind === 'counted') approvals.push(next.approval);
    if (next.kind === 'granted') return next;
  }
  return { kind: 'open' };
}

function breakGlass(facts: Facts, { asked: { requester, ...command } }: Play) {
  const opening = { requester, requestId: 'r1', commentId: 1, commentNodeId: 'IC_1' };
  const place = { issue, home: 'acme/access', writtenAt: now.toISOString(), open: [] };
  const words = { ...command, reason: 'Payments fail.' };
  const decision = decideBreakGlass(
    { ...opening, ...place, command: words, grantId: 'g_a' },
    facts,
  );
  return decision.kind === 'broken' ? decision : undefined;
}

/** Three cases in four of the one kind. */
function mostly<T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: usual, weight: 3 }, { arbitrary: other, weight: 1 });
}
