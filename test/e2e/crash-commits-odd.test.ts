import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killAtCommits } from './crash-commits.ts';

test('killed after any of its commits of an odd number, the bot ends in the same thread', async () => {
  const kills = await killAtCommits(1);
  assert.ok(kills > 20, `${kills} commits`);
});
