import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLonelyBot } from './lonely-bot.ts';

test('told to stop, the bot ends by itself, also while a relay is connected', async () => {
  await using lonely = await openLonelyBot();
  await using bot = await lonely.start();
  await lonely.connectRelay();
  assert.deepEqual(await bot.stop(10_000), { code: 0, signal: null });
});
