// What the card of a request says of the derivation behind it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTrail } from '../../../bot/access/explain.ts';
import { judgePending, tellWhenGranted } from '../../../bot/access/pending.ts';
import type { AccessRequest } from '../../../bot/access/request.ts';
import { standingTold, toldOf } from '../../../bot/access/told.ts';
import { approve, connect, factsOf, hourMs, now, opened, people, policyText } from './world.ts';

const at = (ms: number) => new Date(now.getTime() + ms);
const iso = (ms: number) => at(ms).toISOString();
const policy = policyText.replace(
  '    pending: 8h',
  '    pending: 8h\n    stewards: [group:default/dba]\n    hours: [mon 08:00-10:00 UTC, mon 14:00-16:00 UTC]',
);
const lately = new Map([['resource:payments/payments-db', iso(-20 * hourMs)]]);
const factsAt = (ms: number) => factsOf({ policy, changedAt: lately, now: at(ms) });

const stewards = {
  rule: 'stewards-confirm',
  fact: { changedAt: iso(-20 * hourMs), endsAt: iso(4 * hourMs) },
  satisfied: true,
};
const afternoon = {
  rule: 'hours-open-later',
  fact: { opensAt: iso(5 * hourMs) },
  satisfied: true,
};

const recorded = {
  rule: 'role-is-recorded',
  fact: { role: 'reader', alike: ['writer', 'admin'] },
  satisfied: true,
};

/** What would be said of a request that waits, if it were said now. */
function toldNow(request: AccessRequest, ms: number) {
  const trail = startTrail();
  const pending = judgePending(request, factsAt(ms), trail);
  assert.ok(pending.kind === 'pending', JSON.stringify(pending));
  tellWhenGranted(request, pending, factsAt(ms), trail);
  return toldOf(trail.steps);
}

test('a card is told the same by /connect, by an approval that is not the last, and when everything is judged again', () => {
  const closed = factsAt(2 * hourMs);
  const decision = connect(closed);
  assert.ok(decision.kind === 'open');
  const expected = [recorded, stewards, afternoon];
  assert.deepEqual(toldOf(decision.derivation), expected);
  const { request } = decision;
  const counted = approve(closed, { request, by: people.omar });
  assert.ok(counted.kind === 'counted', JSON.stringify(counted));
  assert.deepEqual(toldOf(counted.derivation), expected);
  assert.deepEqual(toldNow(request, 2 * hourMs), expected);
});

test('a card that names a moment is true after it; only what it does not say yet is news', () => {
  const request = opened(factsAt(2 * hourMs));
  const said = toldNow(request, 2 * hourMs);
  const table: [hours: number, isSo: readonly object[]][] = [
    [3, [recorded, stewards, afternoon]],
    [4, [recorded, afternoon]],
    [5, [recorded]],
  ];
  for (const [hours, isSo] of table) {
    assert.deepEqual(standingTold(said, at(hours * hourMs)), isSo, `${hours} h`);
    assert.deepEqual(toldNow(request, hours * hourMs), isSo, `${hours} h`);
  }
  const inTime = opened(factsAt(0));
  assert.deepEqual(toldNow(inTime, 0), [recorded, stewards]);
  const closed = toldNow(inTime, hourMs);
  assert.deepEqual(closed, [recorded, stewards, afternoon], 'the hours have closed');
});

test('the hours say nothing of more time, which begins when its grant would end', () => {
  const request = { ...opened(factsAt(0)), extends: 'g_abcdefghijklmnopqrstuvwxyz' };
  const trail = startTrail();
  const subject = judgePending(opened(factsAt(0)), factsAt(0), startTrail());
  assert.ok(subject.kind === 'pending');
  tellWhenGranted(request, subject, factsAt(2 * hourMs), trail);
  assert.deepEqual(trail.steps, []);
});
