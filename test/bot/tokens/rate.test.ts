import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRate, rateLimits } from '../../../bot/tokens/rate.ts';

test('one address has to wait without making another wait', () => {
  const rate = createRate();
  const ask = (address: string, ms: number) =>
    rate.allow(address, new Date(1_800_000_000_000 + ms));
  for (let count = 0; count < rateLimits.maxRequestsPerMinute; count += 1) {
    assert.equal(ask('2001:db8::1', count), true);
  }
  assert.equal(ask('2001:db8::2', 500), false);
  assert.equal(ask('192.0.2.7', 500), true);
  assert.equal(ask('2001:db8::1', 60_000), true);
});
