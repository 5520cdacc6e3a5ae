import assert from 'node:assert/strict';
import test from 'node:test';
import { readTarget } from '../../../bot/catalog/target.ts';

test('a target is a host and a port in one spelling', () => {
  const table: [string, string][] = [
    ['payments-db.internal:5432', 'payments-db.internal:5432'],
    ['Payments-DB.internal:5432', 'payments-db.internal:5432'],
    ['my_db:6379', 'my_db:6379'],
    ['10.20.0.7:22', '10.20.0.7:22'],
    ['[fd00::7]:22', '[fd00::7]:22'],
  ];
  for (const [text, target] of table) {
    assert.deepEqual(readTarget(text), { kind: 'valid', target }, text);
  }
});

test('other spellings of an address are refused, so that two targets are equal when their texts are', () => {
  const table = [
    '',
    'payments-db',
    'payments-db:',
    ':5432',
    'payments-db:0',
    'payments-db:65536',
    'payments-db:05432',
    'payments-db:5432/x',
    'https://payments-db:5432',
    'user@payments-db:5432',
    'payments-db.internal.:5432',
    '.internal:5432',
    'a..b:5432',
    '-a.internal:5432',
    'päyments.internal:5432',
    '127.1:5432',
    '0x7f.0.0.1:5432',
    '2130706433:5432',
    '010.20.0.7:5432',
    '[0:0::7]:22',
    '[FD00::7%eth0]:22',
    'fd00::7:22',
    '[::ffff:a14:7]:22',
    '[::ffff:10.20.0.7]:22',
    `${'a'.repeat(64)}.internal:22`,
    `${'a.'.repeat(127)}ab:22`,
  ];
  for (const text of table) assert.equal(readTarget(text).kind, 'invalid', text);
});
