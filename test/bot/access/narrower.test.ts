// Whatever is taken out of a policy, or demanded besides: nobody gets by it what they did not get before, nor for longer.
// Nobody shortens in approving here: whose word is not counted any more cannot shorten what somebody else gives.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { lastMoment, lengthOf } from '../../../bot/access/grant-time.ts';
import type { Grant } from '../../../bot/access/lifecycle.ts';
import type { AccessRequest, Approval, Person } from '../../../bot/access/request.ts';
import { judgeSignIn, type SignInProof } from '../../../bot/access/sign-in.ts';
import { stillEligible } from '../../../bot/access/standing.ts';
import {
  approve,
  connect,
  factsOf,
  hourMs,
  now,
  people,
  policyOf,
  policyText,
  resource,
  type World,
} from './world.ts';

/** The rules of a namespace as somebody writes them; each key is a line, or is left out. */
type Rules = Readonly<Record<string, string>>;

const iam = 'arn:aws:iam::123456789012:role/payments/reader';
const widest: Rules = {
  requesters: '[group:default/engineering]',
  approvers: '[owner, group:default/dba]',
  pending: '8h',
  'auto-approve': '[{ who: owner, role: reader, max: 2h }]',
  clock: '{ first-connect: 4h }',
  roles: `{ reader: { default: 2h, max: 8h, approvals: 1, iam: [${iam}] } }`,
};
/** Each takes something away from what the one before it allows; none is wider than what it stands in place of. */
const narrowings: readonly (readonly [key: string, values: readonly string[]])[] = [
  ['requesters', ['[group:default/payments]', '[user:default/omar]']],
  ['approvers', ['[group:default/dba]', '[user:default/olga]']],
  ['auto-approve', ['[{ who: owner, role: reader, max: 1h }]', '[]']],
  ['clock', ['{ first-connect: 2h }', '{ first-connect: 30m }']],
  [
    'roles',
    [
      `{ reader: { default: 1h, max: 2h, approvals: 1, iam: [${iam}] } }`,
      `{ reader: { default: 1h, max: 2h, approvals: 2, iam: [${iam}] } }`,
      '{ reader: { default: 1h, max: 2h, approvals: 2 } }',
    ],
  ],
  [
    'hours',
    [
      'mon-sun 07:00-19:00 UTC',
      'mon-fri 08:00-11:00 UTC',
      'mon 08:30-10:00 UTC',
      'tue 08:00-10:00 UTC',
    ],
  ],
  ['confirm', ['sign-in']],
  ['identity', ['{ oidc: { acr: [phr, pwd] } }', '{ oidc: { acr: [phr], max-age: 15m } }']],
  ['stewards', ['[user:default/otto]']],
];

function textOf(rules: Rules): string {
  const [head = ''] = policyText.split('    requesters:');
  const lines = Object.entries(rules).filter(
    ([key, value]) => key !== 'auto-approve' || value !== '[]',
  );
  return head + lines.map(([key, value]) => `    ${key}: ${value}\n`).join('');
}

/** How far a key is narrowed: mostly not at all, or nothing would be granted. */
const step = (length: number) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(length) });
/** One policy, and one that is narrower in some places. */
const pairs = fc
  .tuple(...narrowings.map(([, { length }]) => fc.tuple(step(length), step(length))))
  .map((chosen) => {
    const wide: Record<string, string> = { ...widest };
    const narrow: Record<string, string> = { ...widest };
    chosen.forEach(([one, other], index) => {
      const [key = '', values = []] = narrowings[index] ?? [];
      const [less, more] = [Math.min(one, other), Math.max(one, other)];
      const [first, second] = [values[less - 1], values[more - 1]];
      if (first !== undefined) wide[key] = first;
      if (second !== undefined) narrow[key] = second;
    });
    return { wide: textOf(wide), narrow: textOf(narrow) };
  });

interface Play {
  readonly requester: Person;
  readonly durationMs: number | undefined;
  readonly hasCloudRole: boolean;
  readonly isNew: boolean;
  readonly approvers: readonly { readonly by: Person; readonly signsIn: boolean }[];
  readonly proof: SignInProof;
  readonly claimAfterMs: number;
}
const asker = fc.constantFrom<Person>(people.dana, people.omar);
const approver = fc.constantFrom<Person>(people.omar, people.olga, people.dirk, people.otto);
const duration = fc.option(
  fc.integer({ min: 1, max: 180 }).map((minutes) => minutes * 60_000),
  { nil: undefined },
);
const plays: fc.Arbitrary<Play> = fc.record({
  requester: asker,
  durationMs: duration,
  hasCloudRole: fc.boolean(),
  isNew: fc.boolean(),
  approvers: fc.array(fc.record({ by: approver, signsIn: fc.boolean() }), {
    minLength: 1,
    maxLength: 3,
  }),
  proof: fc.record({
    authTime: fc.option(
      fc.integer({ min: -60, max: 10 }).map((m) => new Date(now.getTime() + m * 60_000)),
    ),
    acr: fc.subarray(['pwd', 'phr']),
  }),
  claimAfterMs: fc.integer({ min: 0, max: 3 * hourMs }),
});

/** What comes of it: the grant, and until when it lasts when it is claimed; undefined where there is none. */
function outcome(policy: string, play: Play): { grant?: Grant; claimedUntil?: string } {
  const annotations: Record<string, string> = play.hasCloudRole
    ? { 'sallyport.dev/role.reader.iam': iam }
    : {};
  const world: World = {
    policy,
    services: [resource({ name: 'payments-db', annotations })],
    ...(play.isNew && {
      changedAt: new Map([
        ['resource:payments/payments-db', new Date(now.getTime() - hourMs).toISOString()],
      ]),
    }),
  };
  const facts = factsOf(world);
  const grant = given(facts, play);
  if (!grant) return {};
  const at = new Date(now.getTime() + play.claimAfterMs);
  const standing = stillEligible(grant, { ...facts, now: at });
  if (standing.kind === 'refused') return { grant };
  const proof = {
    ...play.proof,
    authTime: play.proof.authTime && new Date(play.proof.authTime.getTime() + play.claimAfterMs),
  };
  const isEnough = judgeSignIn(standing.identity, proof, at).kind === 'met';
  return { grant, ...(isEnough && { claimedUntil: standing.time.endsAt }) };
}

function given(facts: ReturnType<typeof factsOf>, play: Play): Grant | undefined {
  const { requester, durationMs } = play;
  const asked = connect(facts, { requester, ...(durationMs !== undefined && { durationMs }) });
  if (asked.kind === 'refused') return undefined;
  if (asked.kind === 'granted') return asked.grant;
  const request: AccessRequest = asked.request;
  const approvals: Approval[] = [];
  for (const { by, signsIn } of play.approvers) {
    const { proof } = play;
    const confirmation = {
      digest: request.digest,
      until: request.lapsesAt,
      personId: by.id,
      issuer: 'i',
      subject: `00u-${by.login.toLowerCase()}`,
      proof,
    };
    const decision = approve(facts, {
      request,
      approvals,
      by,
      ...(signsIn && { confirmation }),
    });
    if (decision.kind === 'granted') return decision.grant;
    if (decision.kind === 'counted') approvals.push(decision.approval);
  }
  return undefined;
}

function defaultOf(policy: string): number | undefined {
  return policyOf(policy).policy.namespaces.get('payments')?.roles.get('reader')?.defaultMs;
}

test('a narrower policy never gives more, whoever asks, approves, signs in and claims when', () => {
  let grants = 0;
  let claims = 0;
  fc.assert(
    fc.property(pairs, plays, ({ wide, narrow }, play) => {
      const less = outcome(narrow, play);
      if (!less.grant) return;
      grants += 1;
      // Whoever says nothing asks for what the policy says then: for less, where that is narrower.
      const { durationMs = defaultOf(narrow) } = play;
      const more = outcome(wide, { ...play, durationMs });
      assert.ok(more.grant, 'the narrower policy grants what the wider one does not');
      assert.ok(lengthOf(less.grant) <= lengthOf(more.grant), 'it lasts longer');
      assert.ok(lastMoment(less.grant) <= lastMoment(more.grant), 'it ends later');
      if (!less.claimedUntil) return;
      claims += 1;
      assert.ok(
        more.claimedUntil && less.claimedUntil <= more.claimedUntil,
        'its claim gives more',
      );
    }),
    { numRuns: 300 },
  );
  assert.ok(grants > 20 && claims > 10, 'too little is granted for this to say anything');
});
