// `clock: first-connect`: what is given waits for its first claim. It begins once and before its deadline, and whatever
// the policy, the hours and the moment, it lasts no longer than was given and never beyond what was foreseen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decideBreakGlass } from '../../../bot/access/break-glass.ts';
import { decideExtend } from '../../../bot/access/extend.ts';
import { lastMoment, lengthOf } from '../../../bot/access/grant-time.ts';
import { hoursAt, readHours } from '../../../bot/access/hours.ts';
import { explainAsking } from '../../../bot/access/inquire.ts';
import { requestDigest } from '../../../bot/access/request.ts';
import { decideRevoke, stillEligible } from '../../../bot/access/standing.ts';
import {
  approve,
  connect,
  factsOf,
  grantedTo,
  hourMs,
  issue,
  now,
  opened,
  orgText,
  people,
  policyText,
  reasonOf,
  running,
} from './world.ts';

const later = (ms: number) => new Date(now.getTime() + ms);
const iso = (ms: number) => later(ms).toISOString();
const withRules = (...lines: readonly string[]): string =>
  policyText.replace(
    '    pending: 8h',
    [...lines, 'pending: 8h'].map((l) => `    ${l}`).join('\n'),
  );

const policy = withRules('clock: { first-connect: 4h }');
const facts = factsOf({ policy });
/** Two hours, to be used within four. */
const grant = grantedTo(people.dana, facts, { durationMs: 2 * hourMs });
const claimed = (afterMs: number, within = facts) =>
  stillEligible(grant, { ...within, now: later(afterMs) });

test('what is given waits, says by when it has to be used, and has ended by a moment that is known', () => {
  assert.equal(grant.state, 'active');
  assert.equal(grant.grantedAt, now.toISOString());
  assert.deepEqual(grant.time, {
    kind: 'waiting',
    durationMs: 2 * hourMs,
    useBy: iso(4 * hourMs),
    endsBy: iso(6 * hourMs),
  });
});

test('the deadline is part of what the card shows and of what is approved', () => {
  const request = opened(facts);
  assert.equal(request.useWithinMs, 4 * hourMs);
  const { useWithinMs: _none, ...atOnce } = request;
  assert.notEqual(requestDigest(atOnce), request.digest);
  assert.notEqual(requestDigest({ ...request, useWithinMs: 1 }), request.digest);
  const other = factsOf({ policy: withRules('clock: { first-connect: 5h }') });
  const changed = approve(other, { request, by: people.omar });
  assert.equal(changed.kind, 'voided');
  reasonOf(changed, 'rule-changed');
});

test('the first claim begins its time, until the moment before its deadline and not at it', () => {
  for (const afterMs of [0, hourMs, 4 * hourMs - 1]) {
    const standing = claimed(afterMs);
    assert.ok(standing.kind === 'eligible');
    const time = { kind: 'running', startsAt: iso(afterMs), endsAt: iso(afterMs + 2 * hourMs) };
    assert.deepEqual(standing.time, time);
  }
  for (const afterMs of [4 * hourMs, 5 * hourMs]) {
    const { data } = reasonOf(claimed(afterMs), 'grant-not-active');
    assert.deepEqual(data, { grant: grant.id, state: 'expired' });
  }
});

test('a claim after the first one changes nothing of its time', () => {
  const first = claimed(hourMs);
  assert.ok(first.kind === 'eligible');
  const begun = { ...grant, time: first.time };
  const again = stillEligible(begun, { ...facts, now: later(2.5 * hourMs) });
  assert.ok(again.kind === 'eligible');
  assert.deepEqual(again.time, first.time);
  reasonOf(stillEligible(begun, { ...facts, now: later(3 * hourMs) }), 'grant-not-active');
});

test('while it waits it is judged as one that runs: it can be revoked, and falls with what it rests on', () => {
  for (const by of [people.dana, people.omar, people.olga])
    assert.equal(decideRevoke({ grant, by }, facts).kind, 'revoked', by.login);
  const gone = orgText.replace('{ memberOf: [payments]', '{ memberOf: [engineering]');
  reasonOf(stillEligible(grant, factsOf({ policy, org: gone })), 'approval-withdrawn');
  const shut = factsOf({
    policy: policy.replace('[group:default/engineering]', '[user:default/bea]'),
  });
  reasonOf(stillEligible(grant, shut), 'not-a-requester');
});

test('the hours in which it is given bound its deadline and its end', () => {
  const hours = factsOf({
    policy: withRules('clock: first-connect', 'hours: mon 08:00-10:30 UTC'),
  });
  const given = grantedTo(people.dana, hours, { durationMs: 2 * hourMs });
  assert.deepEqual(given.time, {
    kind: 'waiting',
    durationMs: 1.5 * hourMs,
    useBy: iso(1.5 * hourMs),
    endsBy: iso(1.5 * hourMs),
  });
  const late = stillEligible(given, { ...hours, now: later(hourMs) });
  assert.ok(late.kind === 'eligible');
  assert.equal(lengthOf(late), hourMs / 2, 'what is left of the hours');
});

test('the hours of the day on which it is claimed bound it as well, and outside of them it does not begin', () => {
  const shorter = factsOf({
    policy: withRules('clock: { first-connect: 4h }', 'hours: mon 08:00-11:00 UTC'),
  });
  const begun = claimed(1.5 * hourMs, shorter);
  assert.ok(begun.kind === 'eligible');
  assert.equal(begun.time.endsAt, iso(2 * hourMs));
  const { data } = reasonOf(claimed(2.5 * hourMs, shorter), 'outside-hours');
  assert.deepEqual(data, { namespace: 'payments', opensAt: '2026-03-09T08:00:00.000Z' });
});

test('what has not begun is not extended, neither when it is asked for nor when it is approved', () => {
  const asking = {
    requester: people.dana,
    requestId: 'r2',
    issue,
    commentId: 4003,
    commentNodeId: 'IC_4003',
    durationMs: hourMs,
    reason: '',
  };
  const { data } = reasonOf(decideExtend({ ...asking, grant }, facts), 'grant-not-started');
  assert.deepEqual(data, { grant: grant.id, expiresAt: iso(4 * hourMs) });
  const first = claimed(0);
  assert.ok(first.kind === 'eligible');
  const more = decideExtend({ ...asking, grant: { ...grant, time: first.time } }, facts);
  assert.ok(more.kind === 'open');
  assert.equal(more.request.useWithinMs, undefined, 'more time begins where the first ends');
  const { request } = more;
  const approved = approve(facts, { request, by: people.omar, extended: grant });
  assert.equal(approved.kind, 'voided');
  reasonOf(approved, 'grant-not-started');
});

test('a broken glass runs at once', () => {
  const broken = decideBreakGlass(
    {
      command: { resource: 'payments-db', reason: 'Payments fail.' },
      requester: people.dirk,
      requestId: 'r1',
      issue,
      commentId: 4001,
      commentNodeId: 'IC_4001',
      grantId: grant.id,
      home: 'acme/access',
      writtenAt: now.toISOString(),
      open: [],
    },
    factsOf({
      policy: withRules('clock: first-connect', 'break-glass: { who: group:default/dba, max: 1h }'),
    }),
  );
  assert.ok(broken.kind === 'broken', JSON.stringify(broken));
  assert.equal(broken.request.useWithinMs, undefined);
  assert.equal(running(broken.grant).startsAt, now.toISOString());
});

test('what the policy approves by itself waits as well, and stands for as long as its rule allows', () => {
  const auto = (max: string) =>
    factsOf({
      policy: withRules(
        'clock: first-connect',
        `auto-approve: [{ who: owner, role: reader, max: ${max} }]`,
      ),
    });
  const decision = connect(auto('1h'), { requester: people.omar, durationMs: hourMs });
  assert.ok(decision.kind === 'granted');
  assert.equal(decision.grant.time.kind, 'waiting');
  assert.equal(stillEligible(decision.grant, auto('1h')).kind, 'eligible');
  reasonOf(stillEligible(decision.grant, auto('30m')), 'grant-too-long');
});

test('/why says when its time begins', () => {
  const { steps } = explainAsking({ resource: 'payments-db' }, people.dana, facts);
  const step = steps.find(({ rule }) => rule === 'starts-with-first-connection');
  assert.deepEqual(step?.fact, { useWithinMs: 4 * hourMs });
  const atOnce = explainAsking({ resource: 'payments-db' }, people.dana, factsOf());
  assert.ok(atOnce.steps.every(({ rule }) => rule !== 'starts-with-first-connection'));
});

test('whatever the policy, the hours and the moment of the claim: no grant begins late, lasts too long, or ends too late', () => {
  const minutes = (max: number) => fc.integer({ min: 1, max }).map((count) => count * 60_000);
  const hours = fc.constantFrom(
    undefined,
    'mon 08:00-10:30 UTC',
    'mon-tue 00:00-24:00 UTC',
    'mon 05:00-14:00 Europe/Berlin',
  );
  const asked = fc.record({
    useWithinMs: minutes(7 * 24 * 60),
    durationMs: minutes(8 * 60),
    approvedMs: minutes(8 * 60),
    hours,
    hoursAtClaim: hours,
    claimAfterMs: fc.oneof(
      fc.integer({ min: 0, max: 8 * 24 * hourMs }),
      fc.integer({ min: 0, max: 2 * hourMs }),
    ),
  });
  let begun = 0;
  let refused = 0;
  fc.assert(
    fc.property(asked, ({ useWithinMs, durationMs, approvedMs, claimAfterMs, ...open }) => {
      const rules = (text: string | undefined) =>
        factsOf({
          policy: withRules(
            `clock: { first-connect: PT${useWithinMs / 1000}S }`,
            ...(text === undefined ? [] : [`hours: ${text}`]),
          ),
        });
      const given = rules(open.hours);
      const request = opened(given, { durationMs });
      const lengthMs = Math.min(approvedMs, durationMs);
      const decision = approve(given, { request, by: people.omar, durationMs: lengthMs });
      assert.ok(decision.kind === 'granted');
      const { time } = decision.grant;
      assert.ok(time.kind === 'waiting');
      assert.ok(Date.parse(time.useBy) <= now.getTime() + useWithinMs);
      assert.ok(lastMoment(decision.grant) <= iso(useWithinMs + lengthMs));

      const at = later(claimAfterMs);
      const claim = stillEligible(decision.grant, { ...rules(open.hoursAtClaim), now: at });
      if (claim.kind === 'refused') {
        refused += 1;
        const isLate = at.toISOString() >= time.useBy;
        const isClosed = closesAt(open.hoursAtClaim, at) === 'closed';
        assert.ok(isLate || isClosed, JSON.stringify(claim.reason));
        return;
      }
      begun += 1;
      const { startsAt, endsAt } = claim.time;
      assert.equal(startsAt, at.toISOString());
      assert.ok(startsAt < time.useBy, 'begun late');
      assert.ok(startsAt < endsAt, 'over before it began');
      assert.ok(lengthOf(claim) <= lengthMs, 'longer than was approved');
      assert.ok(endsAt <= lastMoment(decision.grant), 'beyond what was foreseen');
      for (const [text, moment] of [
        [open.hours, now],
        [open.hoursAtClaim, at],
      ] as const)
        assert.ok(endsAt <= closesAt(text, moment), `beyond ${text}`);
    }),
    { numRuns: 200 },
  );
  assert.ok(begun > 40 && refused > 40, `${begun} begun, ${refused} refused`);
});

/** When hours close that are open at a moment; later than everything where they never do. */
function closesAt(text: string | undefined, at: Date): string {
  if (text === undefined) return '9999';
  const reading = readHours(text);
  assert.ok(reading.kind === 'valid');
  const found = hoursAt([reading.hours], at);
  return found.kind === 'closed' ? 'closed' : (found.until?.toISOString() ?? '9999');
}
