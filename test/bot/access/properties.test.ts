// The promises of access that no table can cover: over generated policies, entities and sequences of events.

import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { Facts } from '../../../bot/access/eligibility.ts';
import { lengthOf } from '../../../bot/access/grant-time.ts';
import type { Approval, Person } from '../../../bot/access/request.ts';
import {
  approve,
  connect,
  factsOf,
  hourMs,
  now,
  opened,
  people,
  policyText,
  resource,
  running,
} from './world.ts';

const owners = [people.omar, people.olga];
const dbas = [people.olga, people.dirk];
const anyone = fc.constantFrom<Person>(...Object.values(people));
const member = fc.constantFrom<Person>(
  people.dana,
  people.omar,
  people.olga,
  people.dirk,
  people.bea,
);
const entitled = fc.constantFrom<Person>(...owners, ...dbas);
const roleName = fc.constantFrom('reader', 'writer', 'admin');
const minutesMs = fc.integer({ min: 1, max: 600 }).map((minutes) => minutes * 60_000);

const cloudRole = 'arn:aws:iam::123456789012:role/reader';
const approvals = fc.constantFrom('1', '2', '3', '[owner]', '[owner, group:default/dba]');
const policies = fc
  .record({
    auto: fc.constantFrom('', '    auto-approve: [{ who: owner, role: reader, max: 1h }]\n'),
    reader: approvals,
    iam: fc.constantFrom('', `, iam: [${cloudRole}]`),
    approvers: fc.constantFrom('[owner]', '[owner, group:default/dba]', '[user:default/omar]'),
    max: fc.constantFrom('1h', '3h', '8h'),
  })
  .map(({ auto, reader, iam, approvers, max }) =>
    policyText
      .replace('    pending: 8h', `${auto}    pending: 8h`)
      .replace('max: 8h, approvals: 1 ', `max: ${max}, approvals: ${reader}${iam} `)
      .replace('approvers: [owner]', `approvers: ${approvers}`),
  );

const narrowings = {
  'sallyport.dev/role.reader.iam': fc.constantFrom(cloudRole, `${cloudRole}-admin`),
  'sallyport.dev/roles': fc.constantFrom('reader', 'writer,reader', 'admin', 'reader,root'),
  'sallyport.dev/max-duration': fc.constantFrom('10m', '2h', '9h', '300d'),
  'sallyport.dev/approvals': fc.constantFrom('1', '2', '3'),
  'sallyport.dev/approvers': fc.constantFrom(
    'owner',
    'group:default/dba',
    'owner,user:default/bea',
  ),
  'sallyport.dev/identity': fc.constantFrom('ssh', 'github', 'oidc'),
};
const annotations = fc.record(narrowings, { requiredKeys: [] });

const base = factsOf();
/** What may change between two comments; an index beyond the list is no change. */
const worlds: readonly Facts[] = [
  factsOf({ policy: policyText.replace('approvals: 2 ', 'approvals: 1 ') }),
  factsOf({
    policy: policyText.replace('approvers: [owner]', 'approvers: [group:default/engineering]'),
  }),
  factsOf({ services: [resource({ name: 'payments-db', owner: 'user:default/otto' })] }),
];

test('adding annotations to an entity never gives anybody more', () => {
  // Leaning towards what is granted: where nobody gets anything, there is nothing to give more of.
  const scenario = fc.record({
    policy: policies,
    few: mostly(fc.constant({}), annotations),
    more: annotations,
    requester: mostly(fc.constant<Person>(people.dana), member),
    role: mostly(fc.constant('reader'), roleName),
    durationMs: mostly(fc.integer({ min: 1, max: 10 * 60_000 }), minutesMs),
    approvers: fc.uniqueArray(mostly(entitled, anyone), { minLength: 2, maxLength: 5 }),
  });
  let granted = 0;
  let taken = 0;
  fc.assert(
    fc.property(scenario, ({ policy, few, more, requester, role, durationMs, approvers }) => {
      const worldOf = (extra: Readonly<Record<string, string>>) =>
        factsOf({ policy, services: [resource({ name: 'payments-db', annotations: extra })] });
      const asked = { requester, role, durationMs };
      // What `few` says stays as it is; `more` only adds what was not said before.
      const wide = outcome(worldOf(few), asked, approvers);
      const narrow = outcome(worldOf({ ...more, ...few }), asked, approvers);
      assert.ok(rank(narrow.kind) <= rank(wide.kind), `${wide.kind} became ${narrow.kind}`);
      assert.ok(narrow.grantedMs <= wide.grantedMs);
      if (wide.kind === 'granted') granted += 1;
      if (wide.kind === 'granted' && narrow.kind !== 'granted') taken += 1;
    }),
    { numRuns: 200 },
  );
  assert.ok(granted > 50, `only ${granted} of the cases granted anything to begin with`);
  assert.ok(taken > 15, `only ${taken} of the grants were lost to an annotation`);
});

test('no sequence of events grants without enough approvals by others, or for longer than anybody said', () => {
  const event = fc.record({
    by: anyone,
    durationMs: fc.option(fc.integer({ min: 1, max: 90 * 60_000 }), { nil: undefined }),
    cardIsForeign: fc.nat({ max: 6 }).map((each) => each === 0),
    world: fc.nat({ max: 30 }),
    passMs: fc.integer({ min: 0, max: hourMs }),
  });
  const scenario = fc.record({
    requester: member,
    role: roleName,
    durationMs: fc.integer({ min: 1, max: hourMs }),
    events: fc.array(event, { minLength: 1, maxLength: 12, size: 'max' }),
  });
  let granted = 0;
  fc.assert(
    fc.property(scenario, ({ requester, role, durationMs, events }) => {
      const request = opened(base, { requester, role, durationMs });
      const given: Approval[] = [];
      let clock = now.getTime();
      for (const { by, cardIsForeign, world, passMs, durationMs: narrowedMs } of events) {
        clock += passMs;
        const facts = { ...(worlds[world] ?? base), now: new Date(clock) };
        const shownDigest = cardIsForeign ? 'sha-256:foreign' : request.digest;
        const narrowed = narrowedMs === undefined ? {} : { durationMs: narrowedMs };
        const decision = approve(facts, {
          request,
          approvals: given,
          by,
          shownDigest,
          ...narrowed,
        });
        if (decision.kind === 'voided') return;
        if (decision.kind === 'refused' || decision.kind === 'unconfirmed') continue;
        assert.ok(!cardIsForeign, 'an approval of a foreign card counted');
        assert.ok(clock < Date.parse(request.lapsesAt), 'an approval after the end counted');
        given.push(decision.approval);
        if (decision.kind === 'counted') continue;

        const voices = new Set(given.map(({ approver }) => approver.id));
        assert.ok(!voices.has(requester.id), 'the requester counted');
        assert.ok(enough(role, voices), `${role} granted by ${[...voices].join()}`);
        const least = Math.min(durationMs, ...given.map((each) => each.durationMs));
        assert.equal(lengthOf(decision.grant), least);
        assert.equal(Date.parse(running(decision.grant).startsAt), clock);
        granted += 1;
        return;
      }
      // The other direction, so that the property is not kept by never granting.
      const voices = new Set(given.map(({ approver }) => approver.id));
      assert.ok(!enough(role, voices), `${role} not granted by ${[...voices].join()}`);
    }),
    { numRuns: 600 },
  );
  assert.ok(granted > 40, `only ${granted} of the sequences granted anything`);
});

/** Three cases in four of the one kind. */
function mostly<T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: usual, weight: 3 }, { arbitrary: other, weight: 1 });
}

/** What the policy of these tests asks for, said a second time and by hand. */
function enough(role: string, voices: ReadonlySet<number>): boolean {
  const ownerVoices = owners.filter(({ id }) => voices.has(id));
  const dbaVoices = dbas.filter(({ id }) => voices.has(id));
  if (role === 'reader') return ownerVoices.length >= 1;
  if (role === 'admin') return ownerVoices.length >= 2;
  return ownerVoices.some((owner) => dbaVoices.some((dba) => dba !== owner));
}

function outcome(
  facts: Facts,
  asked: { requester: Person; role: string; durationMs: number },
  approvers: readonly Person[],
) {
  const open = connect(facts, asked);
  if (open.kind === 'refused') return { kind: 'refused', grantedMs: 0 } as const;
  if (open.kind === 'granted') return { kind: 'granted', grantedMs: lengthOf(open.grant) } as const;
  const given: Approval[] = [];
  for (const by of approvers) {
    const decision = approve(facts, { request: open.request, approvals: given, by });
    if (decision.kind === 'counted') given.push(decision.approval);
    if (decision.kind === 'granted') {
      return { kind: 'granted', grantedMs: lengthOf(decision.grant) } as const;
    }
  }
  return { kind: 'open', grantedMs: 0 } as const;
}

function rank(kind: 'refused' | 'open' | 'granted'): number {
  return ['refused', 'open', 'granted'].indexOf(kind);
}
