import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf } from '../../../bot/tokens/client-address.ts';
import { addressBucket, createExpiring } from '../../../bot/tokens/expiring.ts';
import { createRate, rateLimits } from '../../../bot/tokens/rate.ts';

const at = (ms: number) => new Date(1_800_000_000_000 + ms);

test('an entry is gone at the very end of its life', () => {
  const table = createExpiring<string>({ lifetimeMs: 1000, maxEntries: 10 });
  table.add('a', 'alive', at(0));
  assert.equal(table.get('a', at(999)), 'alive');
  assert.equal(table.get('a', at(1000)), undefined);
});

test('a full table turns away the newcomer and keeps whoever is in it', () => {
  const table = createExpiring<string>({ lifetimeMs: 1000, maxEntries: 2 });
  assert.equal(table.add('a', 'first', at(0)), true);
  assert.equal(table.add('b', 'second', at(500)), true);
  assert.equal(table.add('c', 'third', at(600)), false);
  assert.equal(table.get('a', at(600)), 'first');
  assert.equal(table.add('c', 'third', at(1000)), true);
});

for (const [address, bucket] of [
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:0:1:aaaa:bbbb:cccc:dddd', '2001:db8:0:1::/64'],
  ['2001:0db8:0000:0001::1', '2001:db8:0:1::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:DB8::2', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
] as const) {
  test(`the limits count ${address} as ${bucket}`, () => {
    assert.equal(addressBucket(address), bucket);
  });
}

test('one address has to wait without making another wait', () => {
  const rate = createRate();
  const ask = (address: string, ms: number) => rate.allow(address, at(ms));
  for (let count = 0; count < rateLimits.maxRequestsPerMinute; count += 1) {
    assert.equal(ask('2001:db8::1', count), true);
  }
  assert.equal(ask('2001:db8::2', 500), false);
  assert.equal(ask('192.0.2.7', 500), true);
  assert.equal(ask('2001:db8::1', 60_000), true);
});

for (const [what, clues, behindProxy, address] of [
  ['no proxy', { socket: '192.0.2.7', forwardedFor: '203.0.113.9' }, false, '192.0.2.7'],
  ['a proxy', { socket: '127.0.0.1', forwardedFor: '203.0.113.9' }, true, '203.0.113.9'],
  [
    'a lie before the proxy',
    { socket: '127.0.0.1', forwardedFor: '10.0.0.1, 203.0.113.9' },
    true,
    '203.0.113.9',
  ],
  [
    'a proxy that says nothing',
    { socket: '127.0.0.1', forwardedFor: undefined },
    true,
    '127.0.0.1',
  ],
  ['no address at all', { socket: '127.0.0.1', forwardedFor: 'unknown' }, true, '127.0.0.1'],
  [
    'a dual-stack socket',
    { socket: '::ffff:192.0.2.7', forwardedFor: undefined },
    false,
    '192.0.2.7',
  ],
] as const) {
  test(`whose address counts, with ${what}`, () => {
    assert.equal(addressOf(clues, behindProxy), address);
  });
}
