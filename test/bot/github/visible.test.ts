import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readUntil } from '../../../bot/github/visible.ts';

test('what GitHub does not show yet is looked for again, for three seconds and no longer', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let looks = 0;
  const never = readUntil(
    async () => void (looks += 1),
    () => false,
  );
  for (const ms of [200, 400, 800, 1600]) {
    await new Promise((resolve) => setImmediate(resolve));
    t.mock.timers.tick(ms);
  }
  await never;
  assert.equal(looks, 5);
});

test('what is there at once is not waited for', async () => {
  const found = await readUntil(
    async () => 'a comment',
    (text) => text !== '',
  );
  assert.equal(found, 'a comment');
});
