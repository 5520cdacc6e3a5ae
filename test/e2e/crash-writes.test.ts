// The bot is killed while it writes to GitHub: before the write happens, and after it has, before the bot is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentBot, github, killAtEachPoint } from './crash.ts';

for (const phase of ['before', 'after'] as const) {
  test(`killed ${phase} any of its writes to GitHub, the bot ends in the same thread`, async () => {
    const points = await killAtEachPoint(`${phase} write`, (point) => {
      let seen = 0;
      return github.on('write', async (write) => {
        if (write.phase !== phase || write.actor !== 'sallyport[bot]') return;
        seen += 1;
        if (seen === point) await currentBot().kill();
      });
    });
    assert.ok(points > 8, `${points} writes`);
  });
}
