// The hours of a policy: what may be written, when they are open, and that access neither begins outside nor outlasts them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decideExtend } from '../../../bot/access/extend.ts';
import { lengthOf } from '../../../bot/access/grant-time.ts';
import { hoursAt, readHours, type OpenHours } from '../../../bot/access/hours.ts';
import { explainAsking } from '../../../bot/access/inquire.ts';
import { stillEligible } from '../../../bot/access/standing.ts';
import {
  approve,
  factsOf,
  grantedTo,
  hourMs,
  issue,
  opened,
  people,
  policyText,
  reasonOf,
  type World,
} from './world.ts';

const hours = (text: string): OpenHours => {
  const reading = readHours(text);
  assert.ok(reading.kind === 'valid', JSON.stringify(reading));
  return reading.hours;
};
/** When hours close that are open at a moment; undefined while they are closed. */
const until = (texts: readonly string[], at: string): string | undefined => {
  const found = hoursAt(texts.map(hours), new Date(at));
  if (found.kind === 'closed') return undefined;
  return found.until?.toISOString() ?? 'never';
};
/** When hours open that are closed at a moment. */
const next = (texts: readonly string[], at: string): string | undefined => {
  const found = hoursAt(texts.map(hours), new Date(at));
  return found.kind === 'closed' ? found.opensAt?.toISOString() : undefined;
};

test('hours are days, times and a zone', () => {
  assert.deepEqual(hours('mon-fri 08:00-18:00 Europe/Berlin'), {
    days: [1, 2, 3, 4, 5],
    from: 480,
    to: 1080,
    zone: 'Europe/Berlin',
    text: 'mon-fri 08:00-18:00 Europe/Berlin',
  });
  assert.deepEqual(hours('SAT,mon-tue  00:00-24:00 UTC').days, [1, 2, 6]);
});

test('what is written wrongly is told with what was expected', () => {
  const table: [string, RegExp][] = [
    ['9-17', /days, times and a zone: mon-fri 08:00-18:00 Europe\/Berlin/],
    ['mon-fri 08:00-18:00', /a zone/],
    ['mon-fri 08:00-18:00 Europe/Berlin please', /days, times and a zone/],
    ['fri-mon 08:00-18:00 UTC', /days such as mon-fri or sat,sun/],
    ['montag 08:00-18:00 UTC', /days such as/],
    ['mon 8:00-18:00 UTC', /times from 00:00 to 24:00/],
    ['mon 08:00 UTC', /times from/],
    ['mon 08:00-24:01 UTC', /times from/],
    ['mon 08:60-18:00 UTC', /times from/],
    ['mon 22:00-06:00 UTC', /a night as two entries/],
    ['mon 08:00-08:00 UTC', /an end after the beginning/],
    ['mon 08:00-18:00 Europe/Atlantis', /a time zone such as Europe\/Berlin/],
    ['mon 08:00-18:00 +01:00', /a time zone such as/],
    ['mon 08:00-18:00 T12:00[Europe/Berlin]', /a time zone such as/],
  ];
  for (const [text, expected] of table) {
    const reading = readHours(text);
    assert.ok(reading.kind === 'invalid', text);
    assert.match(reading.message, expected, text);
  }
});

test('they are open in the time of their zone, summer and winter', () => {
  const office = ['mon-fri 08:00-18:00 Europe/Berlin'];
  // Berlin is an hour ahead of UTC in winter, two in summer.
  assert.equal(until(office, '2026-01-05T07:00:00Z'), '2026-01-05T17:00:00.000Z');
  assert.equal(until(office, '2026-01-05T06:59:59Z'), undefined);
  assert.equal(until(office, '2026-07-06T06:00:00Z'), '2026-07-06T16:00:00.000Z');
  assert.equal(until(office, '2026-07-06T16:00:00Z'), undefined, 'the end is not part of them');
  assert.equal(until(office, '2026-07-04T10:00:00Z'), undefined, 'a Saturday');
  assert.equal(next(office, '2026-07-03T16:00:00Z'), '2026-07-06T06:00:00.000Z');
});

test('an hour that the clock leaves out or repeats neither opens nor closes them for longer', () => {
  // On 2026-03-29 Berlin goes from 02:00 to 03:00, on 2026-10-25 from 03:00 back to 02:00.
  assert.equal(
    until(['sun 02:30-04:00 Europe/Berlin'], '2026-03-29T01:30:00Z'),
    '2026-03-29T02:00:00.000Z',
  );
  assert.equal(
    next(['sun 02:30-04:00 Europe/Berlin'], '2026-03-29T00:30:00Z'),
    '2026-03-29T01:00:00.000Z',
    'from when the clock shows more',
  );
  assert.equal(
    until(['sun 00:00-02:30 Europe/Berlin'], '2026-03-29T00:30:00Z'),
    '2026-03-29T01:00:00.000Z',
    'and until then',
  );
  assert.equal(
    until(['sun 00:00-24:00 Europe/Berlin'], '2026-10-25T00:30:00Z'),
    '2026-10-25T23:00:00.000Z',
  );
});

test('hours that meet are one: a night, and a week that never closes', () => {
  const night = ['mon 22:00-24:00 UTC', 'tue 00:00-06:00 UTC'];
  assert.equal(until(night, '2026-03-02T23:00:00Z'), '2026-03-03T06:00:00.000Z');
  assert.equal(until(['mon-sun 00:00-24:00 UTC'], '2026-03-02T09:00:00Z'), 'never');
  const twoZones = ['mon-sun 06:00-24:00 UTC', 'mon-sun 00:00-12:00 Europe/Berlin'];
  assert.equal(until(twoZones, '2026-03-02T09:00:00Z'), 'never');
});

test('hours that the clock leaves out open in the week after, and are never said to open before', () => {
  const left = ['sun 02:30-03:00 Europe/Berlin'];
  assert.equal(next(left, '2026-03-28T12:00:00Z'), '2026-04-05T00:30:00.000Z');
  assert.equal(next(left, '2026-03-22T02:00:00Z'), '2026-04-05T00:30:00.000Z', 'a fortnight');
  // Samoa went over the date line, from Thursday to Saturday.
  const day = ['fri 08:00-10:00 Pacific/Apia'];
  assert.equal(next(day, '2011-12-29T20:00:00Z'), '2012-01-05T18:00:00.000Z');
});

const zones = [
  'UTC',
  'Europe/Berlin',
  'Europe/Dublin',
  'America/New_York',
  'America/Santiago',
  'America/Havana',
  'America/Nuuk',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
];
const minutes = fc.oneof(
  fc.integer({ min: 0, max: 24 * 4 }).map((quarter) => quarter * 15),
  // What clocks leave out and repeat lies around midnight and in the first hours.
  fc.integer({ min: 0, max: 4 * 4 }).map((quarter) => quarter * 15),
);
const clock = (all: number) =>
  `${String(Math.floor(all / 60)).padStart(2, '0')}:${String(all % 60).padStart(2, '0')}`;
const entry: fc.Arbitrary<OpenHours> = fc
  .record({
    days: fc.constantFrom('mon', 'sun', 'sat', 'tue-thu', 'sat,sun', 'mon-sun'),
    times: fc.tuple(minutes, minutes).filter(([one, other]) => one !== other),
    zone: fc.constantFrom(...zones),
  })
  .map(({ days, times: [one, other], zone }) =>
    hours(`${days} ${clock(Math.min(one, other))}-${clock(Math.max(one, other))} ${zone}`),
  );
const ofYear = fc
  .integer({ min: 0, max: 365 * 24 * 60 })
  .map((minute) => Date.parse('2026-01-01T00:00:00Z') + minute * 60_000);
const nearChange = fc
  .tuple(
    fc.constantFrom(...zones.flatMap(changesIn)),
    fc.integer({ min: -8 * 24 * 60, max: 8 * 60 }),
  )
  .map(([change, minute]) => change + minute * 60_000);
/** Any moment of the year, and those around the changes of summer time in it. */
const moment = fc.oneof(ofYear, nearChange).map((ms) => new Date(ms));
const lists = fc.array(entry, { minLength: 1, maxLength: 3 });

test('at any moment they are either open until later, or closed until they open', () => {
  const part = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(lists, moment, part, (all, now, between) => {
      // Looked at by itself, and not as part of what was found for another moment.
      const at = (ms: number) => hoursAt([...all], new Date(ms));
      const found = at(now.getTime());
      const end = found.kind === 'open' ? found.until : found.opensAt;
      if (end === null) return;
      assert.ok(end && end > now);
      const lastMs = end.getTime() - 1;
      const within = now.getTime() + Math.floor(between * (lastMs - now.getTime()));
      assert.deepEqual(at(within), found, 'the same all the time');
      assert.deepEqual(at(lastMs), found, 'the same to the last moment');
      assert.notEqual(at(end.getTime()).kind, found.kind, 'the other one then');
    }),
    { numRuns: 1_500 },
  );
});

test('what was found for one moment is no more and no less than what is found for another by itself', () => {
  const moments = fc.array(moment, { minLength: 2, maxLength: 6 });
  const minuteMs = 60_000;
  fc.assert(
    fc.property(lists, moments, (all, apart) => {
      for (const now of apart.flatMap((each) => [each, new Date(each.getTime() + minuteMs)]))
        assert.deepEqual(hoursAt(all, now), hoursAt([...all], now));
    }),
    { numRuns: 200 },
  );
});

test('hours that never close are looked through once, and not for every decision', () => {
  const always = [hours('mon-sun 00:00-24:00 Europe/Berlin')];
  const from = Date.parse('2026-03-02T09:00:00Z');
  // Looked through for each of them, a year ahead, they take longer than a test may.
  for (let nth = 0; nth < 100_000; nth += 1) {
    assert.equal(hoursAt(always, new Date(from + nth * 1_000)).kind, 'open');
  }
});

/** When the clocks of a zone are changed in 2026. */
function changesIn(zone: string): number[] {
  let at = Temporal.Instant.from('2026-01-01T00:00:00Z').toZonedDateTimeISO(zone);
  const changes: number[] = [];
  for (;;) {
    const next = at.getTimeZoneTransition('next');
    if (next === null || next.year > 2026) return changes;
    changes.push(next.epochMilliseconds);
    at = next;
  }
}

/** `now` of the test's world is a Monday, 09:00 UTC. */
const withHours = (text: string): World => ({
  policy: policyText.replace('    pending: 8h', `    hours: ${text}\n    pending: 8h`),
});

test('a grant ends when the hours close, and outside of them an approval is refused until they open', () => {
  const open = factsOf(withHours('mon-fri 08:00-10:30 UTC'));
  const request = opened(open, { durationMs: 2 * hourMs });
  const decision = approve(open, { request, by: people.omar });
  assert.ok(decision.kind === 'granted');
  assert.equal(lengthOf(decision.grant), 1.5 * hourMs);
  assert.equal(stillEligible(decision.grant, open).kind, 'eligible');

  const closed = factsOf(withHours('tue 08:00-10:30 UTC'));
  const early = opened(closed);
  const refused = approve(closed, { request: early, by: people.omar });
  assert.deepEqual(reasonOf(refused, 'outside-hours').data, {
    namespace: 'payments',
    opensAt: '2026-03-03T08:00:00.000Z',
  });
  reasonOf(stillEligible(decision.grant, closed), 'outside-hours');
});

test('the first of two approvals counts at any time, the last one only within the hours', () => {
  const closed = factsOf(withHours('tue 08:00-10:30 UTC'));
  const request = opened(closed, { role: 'admin', durationMs: 60_000 });
  const first = approve(closed, { request, by: people.omar });
  assert.ok(first.kind === 'counted');
  const approvals = [first.approval];
  reasonOf(approve(closed, { request, approvals, by: people.olga }), 'outside-hours');
  // A closed Monday afternoon is no better; the same request in the hours is granted.
  const later = { ...closed, now: new Date('2026-03-02T16:00:00.000Z') };
  reasonOf(approve(later, { request, approvals, by: people.olga }), 'outside-hours');
  const long = factsOf(withHours('mon-tue 08:00-10:30 UTC'));
  const same = opened(long, { role: 'admin', durationMs: 60_000 });
  const one = approve(long, { request: same, by: people.omar });
  assert.ok(one.kind === 'counted');
  const two = { request: same, approvals: [one.approval], by: people.olga };
  assert.equal(approve(long, two).kind, 'granted');
});

test('nothing is extended beyond the hours', () => {
  const facts = factsOf(withHours('mon 08:00-10:00 UTC'));
  const grant = grantedTo(people.dana, facts, { durationMs: 2 * hourMs });
  assert.equal(lengthOf(grant), hourMs);
  const question = {
    requestId: 'r2',
    issue,
    commentId: 4003,
    commentNodeId: 'IC_4003',
    reason: '',
  };
  const asked = { ...question, grant, requester: people.dana, durationMs: 600_000 };
  reasonOf(decideExtend(asked, facts), 'outside-hours');
});

test('a request that is made while the hours are closed waits as long as others once they open', () => {
  const request = opened(factsOf(withHours('tue 08:00-10:30 UTC')));
  assert.equal(request.lapsesAt, '2026-03-03T16:00:00.000Z');
});

test('/why says when access is given, and what needs nobody only while it is', () => {
  const auto = (text: string) => {
    const { policy = '' } = withHours(text);
    const rule = '    auto-approve: [{ who: owner, role: reader, max: 1h }]\n    pending: 8h';
    const facts = factsOf({ policy: policy.replace('    pending: 8h', rule) });
    return explainAsking({ resource: 'payments-db' }, people.omar, facts);
  };
  const open = auto('mon 08:00-10:30 UTC');
  assert.equal(open.roles[0]?.atOnceMs, hourMs);
  assert.ok(open.steps.some(({ rule }) => rule === 'hours-are-open'));
  const closed = auto('tue 08:00-10:30 UTC');
  assert.equal(closed.roles[0]?.atOnceMs, undefined);
  const later = closed.steps.find(({ rule }) => rule === 'hours-open-later');
  assert.deepEqual(later?.fact, { opensAt: '2026-03-03T08:00:00.000Z' });
});
