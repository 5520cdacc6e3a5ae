// The gentle end, on the stage of the crash tests: nobody is killed here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentBot } from './crash.ts';

test('told to stop, the bot ends by itself, also while a relay is connected', async () => {
  assert.deepEqual(await currentBot().stop(10_000), { code: 0, signal: null });
});
