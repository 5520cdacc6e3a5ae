import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEnd } from '../../../bot/github/times.ts';

test('an end names its day only where it is another than that of the start', () => {
  const start = '2026-11-24T23:58:01.000Z';
  assert.equal(formatEnd(start, '2026-11-24T23:59:00.000Z').rendered, '23:59 UTC');
  assert.equal(formatEnd(start, '2026-11-24T23:59:30.000Z').rendered, '23:59:30 UTC');
  assert.equal(formatEnd(start, '2026-11-25T00:01:00.000Z').rendered, '2026-11-25 00:01 UTC');
});
