import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressBucket, createExpiring } from '../../../bot/tokens/expiring.ts';

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
