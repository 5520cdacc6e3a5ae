// The demo's story as a test: the same stage, the same eight steps, the same checks.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStage, type Stage } from '../demo/stage.ts';
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
  await t.test('a grant leads through the logs, from a delivery to the end of its session', () =>
    followGrant(stage),
  );
});

interface Logged {
  readonly msg: string;
  readonly action?: string;
  readonly delivery?: string;
  readonly request?: string;
  readonly grant?: string;
  readonly session?: string;
}

async function followGrant({ logs }: Stage): Promise<void> {
  const read = async (name: string) =>
    (await readFile(join(logs, `${name}.log`), 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Logged);
  const [bot, relay] = [await read('bot'), await read('relay')];
  const started = relay.find(({ msg }) => msg === 'session started');
  const ended = relay.find(
    ({ msg, session }) => msg === 'session ended' && session === started?.session,
  );
  assert.ok(started && ended?.grant === started.grant);
  const { grant = '', session = '' } = started;
  const about = (action: string, ids: Partial<Logged>) =>
    bot.find(
      (line) =>
        line.action === action &&
        Object.entries(ids).every(([key, value]) => line[key as keyof Logged] === value),
    );
  const granted = about('request.grant', { grant });
  assert.ok(granted?.request !== undefined && granted.delivery !== undefined);
  const { request } = granted;
  const opened = about('request.open', { request });
  assert.ok(opened?.delivery !== undefined && opened.delivery !== granted.delivery);
  for (const action of ['grant.claim', 'session.start', 'session.end'])
    assert.ok(about(action, { grant, request }), action);
  assert.ok(about('session.end', { session }));
}
