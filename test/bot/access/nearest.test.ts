// "Did you mean": which word is near, and that a large catalog does not make it slow to find.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../../bot/access/nearest.ts';

test('a word with one or two slips is taken for the one that is meant, and no other word is', () => {
  const known = ['group:default/payments', 'group:default/platform', 'a'];
  const table: readonly (readonly [string, string | undefined])[] = [
    ['group:default/paymnets', known[0]],
    ['group:default/payment', known[0]],
    ['rgoup:default/paymentss', known[0]],
    ['group:default/platfrom', known[1]],
    ['xgroup:default/platformx', known[1]],
    ['group:default/pay', undefined],
    ['rgoup:edfault/paymnets', undefined],
    ['ba', 'a'],
    ['', 'a'],
  ];
  for (const [word, meant] of table) assert.equal(nearest(word, known), meant, word);
});
