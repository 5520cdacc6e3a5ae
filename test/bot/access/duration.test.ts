import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import {
  durationArgument,
  formatDuration,
  maxDurationMs,
  readDuration,
} from '../../../bot/access/duration.ts';

const minuteMs = 60_000;

test('durations are read in the short form and in ISO 8601', () => {
  const table: [string, number][] = [
    ['90m', 90 * minuteMs],
    ['2h', 120 * minuteMs],
    ['1d2h', 26 * 60 * minuteMs],
    ['1d2h3m', (26 * 60 + 3) * minuteMs],
    ['PT2H', 120 * minuteMs],
    ['PT10S', 10_000],
    ['P1D', 24 * 60 * minuteMs],
    ['P1DT2H3M4S', (26 * 60 + 3) * minuteMs + 4000],
    ['365d', maxDurationMs],
  ];
  for (const [text, ms] of table) assert.deepEqual(readDuration(text), { kind: 'valid', ms }, text);
});

test('everything else is refused with the reason', () => {
  const table: [string, string][] = [
    ['', 'not-a-duration'],
    ['2', 'not-a-duration'],
    ['h', 'not-a-duration'],
    ['2H', 'not-a-duration'],
    ['2h ', 'not-a-duration'],
    ['2 h', 'not-a-duration'],
    ['-2h', 'not-a-duration'],
    ['+2h', 'not-a-duration'],
    ['1.5h', 'not-a-duration'],
    ['2h1d', 'not-a-duration'],
    ['2h2h', 'not-a-duration'],
    ['10s', 'not-a-duration'],
    ['1e3h', 'not-a-duration'],
    ['٢h', 'not-a-duration'],
    ['pt2h', 'not-a-duration'],
    ['-PT2H', 'not-a-duration'],
    ['P', 'not-a-duration'],
    ['PT', 'not-a-duration'],
    ['P1DT', 'not-a-duration'],
    ['PT1.5H', 'not-a-duration'],
    ['P1M', 'no-months-or-years'],
    ['P1Y', 'no-months-or-years'],
    ['P2W', 'no-months-or-years'],
    ['0h', 'not-positive'],
    ['PT0S', 'not-positive'],
    ['366d', 'too-long'],
    ['365d1m', 'too-long'],
    ['999999d', 'too-long'],
    [`${'9'.repeat(400)}h`, 'not-a-duration'],
  ];
  for (const [text, reason] of table) {
    assert.deepEqual(readDuration(text), { kind: 'invalid', reason }, text);
  }
});

test('durations are shown in words', () => {
  assert.equal(formatDuration(2 * 60 * minuteMs), '2 h');
  assert.equal(formatDuration(90 * minuteMs), '1 h 30 min');
  assert.equal(formatDuration(10_000), '10 s');
  assert.equal(formatDuration(26 * 60 * minuteMs), '1 d 2 h');
  assert.equal(formatDuration(999), '0 s');
});

test('what is written for a command line is read back as the same time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: maxDurationMs / 1000 }), (seconds) => {
      const ms = seconds * 1000;
      assert.deepEqual(readDuration(durationArgument(ms)), { kind: 'valid', ms });
    }),
  );
});
