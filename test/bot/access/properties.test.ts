// The promise of access that no table can cover: over generated sequences of events.

import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { Facts } from '../../../bot/access/eligibility.ts';
import { lengthOf } from '../../../bot/access/grant-time.ts';
import type { Approval, Person } from '../../../bot/access/request.ts';
import {
  approve,
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
const roleName = fc.constantFrom('reader', 'writer', 'admin');

const base = factsOf();
/** What may change between two comments; an index beyond the list is no change. */
const worlds: readonly Facts[] = [
  factsOf({ policy: policyText.replace('approvals: 2 ', 'approvals: 1 ') }),
  factsOf({
    policy: policyText.replace('approvers: [owner]', 'approvers: [group:default/engineering]'),
  }),
  factsOf({ services: [resource({ name: 'payments-db', owner: 'user:default/otto' })] }),
];

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

/** What the policy of these tests asks for, said a second time and by hand. */
function enough(role: string, voices: ReadonlySet<number>): boolean {
  const ownerVoices = owners.filter(({ id }) => voices.has(id));
  const dbaVoices = dbas.filter(({ id }) => voices.has(id));
  if (role === 'reader') return ownerVoices.length >= 1;
  if (role === 'admin') return ownerVoices.length >= 2;
  return ownerVoices.some((owner) => dbaVoices.some((dba) => dba !== owner));
}
