import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  numbersPerConnection,
  openSequence,
  reservedNumbers,
} from '../../../bot/relays/sequence.ts';

function reserver(first = 1) {
  let next = first;
  const reserved: number[] = [];
  const reserve = async (_relay: string, count: number) => {
    const start = next;
    next += count;
    reserved.push(start);
    return start;
  };
  return { reserve, reserved };
}

test('connections that dial at the same moment get ranges that do not overlap', async () => {
  const { reserve, reserved } = reserver();
  const sequence = openSequence('eu-1', reserve);
  const ranges = await Promise.all(Array.from({ length: 50 }, () => sequence.range()));
  const firsts = ranges.map((range) => range.next() ?? 0);
  for (const [index, first] of firsts.entries()) {
    assert.equal(first, 1 + index * numbersPerConnection);
  }
  assert.equal(reserved.length, 1);
});

test('a range ends before the next one begins', async () => {
  const { reserve } = reserver();
  const sequence = openSequence('eu-1', reserve);
  const range = await sequence.range();
  let last = 0;
  for (let number = range.next(); number !== undefined; number = range.next()) last = number;
  assert.equal((await sequence.range()).next(), last + 1);
});

test('when all that was reserved is used, more is reserved and the numbers go on growing', async () => {
  const { reserve, reserved } = reserver();
  const sequence = openSequence('eu-1', reserve);
  let last = 0;
  for (let count = 0; count <= reservedNumbers / numbersPerConnection; count += 1) {
    const first = (await sequence.range()).next() ?? 0;
    assert.ok(first > last);
    last = first;
  }
  assert.deepEqual(reserved, [1, 1 + reservedNumbers]);
});

test('a reservation that failed is tried again by the next connection', async () => {
  let fails = true;
  const { reserve } = reserver();
  const sequence = openSequence('eu-1', async (relay, count) => {
    if (fails) throw new Error('the disk is full');
    return reserve(relay, count);
  });
  await assert.rejects(sequence.range());
  fails = false;
  assert.equal((await sequence.range()).next(), 1);
});
