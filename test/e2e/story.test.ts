// The demo's story as a test: the same stage, the same eight steps, the same checks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStage } from '../demo/stage.ts';
import { playStory, type Teller } from '../demo/story.ts';

test('from a comment to a row in a real database, and back to the issue', async (t) => {
  await using stage = await openStage();
  const teller: Teller = {
    async step<T>(title: string, play: () => Promise<T>): Promise<T> {
      const played = play();
      await t.test(title, async () => void (await played));
      return played;
    },
    note: (text) => t.diagnostic(text),
    terminal: () => undefined,
  };
  await playStory(stage, teller);
  assert.deepEqual(await stage.github.unhandled(), [], 'the bot called only what GitHub has');
});
