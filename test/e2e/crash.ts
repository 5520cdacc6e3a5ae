// The enemy here is SIGKILL. Each story is told again and again, and each time the bot is killed at another point where
// it writes. It is started again, and the thread and what was decided in it have to end as when nobody kills anything.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AuditRecord } from '../../bot/access/record.ts';
import { accessRepository } from '../demo/seed.ts';
import { allPoints, never, type Points } from './crash-points.ts';
import type { Stage, Story } from './crash-stories.ts';
import { startRestartedBot, type RestartedBot } from './restarted-bot.ts';

/**
 * Tells each story with the bot killed at every point, or at every `stride`th; each story begins with another
 * one.
 */
export function killAlong(stories: readonly Story[], { stride }: { stride: number }): void {
  let bot: RestartedBot;
  let kills = 0;
  before(async () => {
    bot = await startRestartedBot(new URL('../support/kill-at-write.ts', import.meta.url).href);
  });
  after(async () => {
    await bot[Symbol.asyncDispose]();
    // Now and then one point is not come to: what waits to be written is written together where it can be.
    assert.ok(kills > 0, 'never killed');
  });

  for (const [nth, story] of stories.entries()) {
    test(`killed wherever it writes, the bot ends the same: ${story.title}`, async (t) => {
      const counting = allPoints.map((points) => points.arm(bot, never));
      const faultless = await tell(bot.stage, story);
      const counts = await Promise.all(counting.map((count) => count()));
      const expected = faultless();
      const all = [faultless];
      const points = allPoints.flatMap((kind, index) => pointsOf(kind, counts[index] ?? 0));
      const sample = sampleOf(points, { stride, offset: nth * 53 });
      let killed = 0;
      for (const { kind, point, count } of sample) {
        const { told, restarts } = await tellWithKill(bot, story, { points: kind, point });
        assert.equal(told(), expected, `killed ${kind.name} ${point} of ${count}`);
        all.push(told);
        killed += restarts;
      }
      t.diagnostic(`killed ${killed} times, at ${sample.length} of ${points.length} points`);
      kills += killed;
      await everythingSaid(bot.stage);
      for (const told of all) assert.equal(told(), expected, 'something was said late');
    });
  }
}

function pointsOf(kind: Points, count: number) {
  return Array.from({ length: count }, (_, nth) => ({ kind, point: nth + 1, count }));
}

/** Every `stride`th, the first of them by `offset`; at least one where there are any. */
function sampleOf<Point>(
  points: readonly Point[],
  { stride, offset }: { stride: number; offset: number },
): readonly Point[] {
  const first = offset % Math.max(1, Math.min(stride, points.length));
  return points.filter((_, nth) => nth % stride === first);
}

async function tellWithKill(
  bot: RestartedBot,
  story: Story,
  { points, point }: { points: Points; point: number },
): Promise<{ told: Told; restarts: number }> {
  const alive = bot.keepAlive();
  const disarm = points.arm(bot, point);
  let told: Told | undefined;
  let restarts = 0;
  try {
    told = await Promise.race([tell(bot.stage, story), alive.failed]);
  } finally {
    // Also after a failure: a bot that is started again behind our back would keep this process from ending.
    await disarm();
    restarts = await alive.stop();
  }
  return { told, restarts };
}

/** Tells a story to its end and gives what became of it, as it stands whenever it is asked for. */
async function tell(stage: Stage, story: Story): Promise<Told> {
  const since = stage.log.next();
  const number = await story.play(stage);
  return () => {
    const { labels, reactions, comments } = stage.github.thread(accessRepository, number).view();
    const shown = comments.map(({ author, body, reactions }) => ({ author, body, reactions }));
    const thread = { labels, reactions, comments: shown };
    return plainly(
      JSON.stringify({ thread, log: decidedOn(number, stage.log.from(since)) }, null, 1),
    );
  };
}
type Told = () => string;

/**
 * What was decided on an issue, each decision a line, and that the time of a grant began, which it does once. Not what
 * else people and relays did: whoever pastes a line again is recorded again, and a relay confirms a revocation before or
 * after it is on record.
 */
function decidedOn(number: number, records: readonly AuditRecord[]): string[] {
  const isThere = ({ origin }: AuditRecord): boolean =>
    'issue' in origin && origin.issue === number;
  const requests = new Set(records.filter(isThere).map(({ request }) => request));
  return records
    .filter(
      (record) => isThere(record) || (record.request !== null && requests.has(record.request)),
    )
    .filter(
      ({ action, actor, origin }) =>
        action === 'grant.start' || (actor.kind !== 'relay' && origin.kind !== 'claim'),
    )
    .map(({ actor, action, outcome, reason, request }) => {
      const who = 'login' in actor ? actor.login : actor.kind;
      return `${who}: ${action} ${request} ${outcome} ${reason}`;
    });
}

/** Without what differs from time to time: names, numbers, moments. */
function plainly(text: string): string {
  return text
    .replaceAll(/\b([gc])_[a-z2-7]{26}/g, '$1_')
    .replaceAll(/sha-256:[\w-]+/g, 'sha-256:')
    .replaceAll(/(\d{4}-\d\d-\d\d )?\d\d:\d\d(:\d\d)? UTC/g, 'TIME')
    .replaceAll(/\br\d+\b/g, 'rN')
    .replaceAll(/sallyport:\d+:/g, 'sallyport:N:')
    .replaceAll(/put back \d+/g, 'put back N')
    .replaceAll(/issues\/\d+#issuecomment-\d+/g, 'issues/N#issuecomment-N');
}

/**
 * Decisions are told in their order, and replies in theirs: once the last of each is, nothing of those before it is left
 * to be said.
 */
async function everythingSaid({ github }: Stage): Promise<void> {
  await github.settled();
  const dana = github.as('dana');
  const { number } = await dana.openIssue(accessRepository, { title: 'The end', body: '' });
  const thread = github.thread(accessRepository, number);
  const last = [
    ['/connect payments-db', /waiting for approval/],
    ['/status', /\| Request \| Of \|/],
    ['/cancel', /: cancelled/],
  ] as const;
  for (const [words, outcome] of last) {
    await dana.comment(accessRepository, number, words);
    await thread.until(
      ({ comments }) => comments.some(({ isBot, body }) => isBot && outcome.test(body)),
      30_000,
    );
  }
}
