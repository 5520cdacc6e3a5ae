import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf } from '../../../bot/tokens/client-address.ts';

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
