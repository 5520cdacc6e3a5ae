// The bot is killed right after each commit to its database: what is on disk is all that is left.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentBot, killAtEachPoint } from './crash.ts';

test('killed after any of its commits, the bot ends in the same thread', async () => {
  const points = await killAtEachPoint('after commit', (point) => {
    currentBot().write(`kill after ${point}\n`);
    return () => currentBot().write('kill never\n');
  });
  assert.ok(points > 20, `${points} commits`);
});
