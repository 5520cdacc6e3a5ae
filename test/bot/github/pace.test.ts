import assert from 'node:assert/strict';
import { setImmediate as settled } from 'node:timers/promises';
import { mock, test } from 'node:test';
import { pino } from 'pino';
import { startOutbox } from '../../../bot/github/outbox.ts';
import type { WriteLimits } from '../../../bot/github/pace.ts';
import { openBotMetrics } from '../../../bot/observe/metrics.ts';
import { queuePosting, type OutboxRow, type Posting } from '../../../bot/store/outbox.ts';
import { openStore } from '../../../bot/store/store.ts';

const startMs = Date.parse('2026-11-24T00:00:00.000Z');
const ofGitHub: WriteLimits = { writesPerMinute: 60, textsPerHour: 500 };
const comment: Posting = { kind: 'comment', telling: { about: 'granted', request: 1 } };
const reply: Posting = { kind: 'comment', telling: { about: 'status' } };
const check: Posting = {
  kind: 'check',
  commit: { sha: 'f'.repeat(40), isMerged: true, touched: null },
};
const eyes: Posting = { kind: 'reaction', commentId: 7, content: 'eyes' };
const second = 1_000;
const hour = 3_600 * second;

/** An outbox on a clock that the test moves; every posting goes to an issue of its own. */
async function openWorld(
  limits = ofGitHub,
  answer: (row: OutboxRow) => void | Promise<void> = () => {},
) {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: startMs });
  const store = await openStore(':memory:');
  const now = () => new Date();
  const written: { key: string; atMs: number }[] = [];
  const start = () =>
    startOutbox({
      store,
      metrics: openBotMetrics(),
      limits,
      async post(row) {
        await answer(row);
        written.push({ key: row.key, atMs: Date.now() - startMs });
      },
      log: pino({ level: 'silent' }),
      now,
    });
  let outbox = start();
  let issues = 0;
  return {
    written,
    async queue(posting: Posting, { installationId = 1, count = 1 } = {}) {
      for (let n = 0; n < count; n += 1) {
        issues += 1;
        const thread = {
          installationId,
          repositoryId: installationId,
          owner: 'acme',
          repo: 'access',
          number: issues,
        };
        await queuePosting(store.queries, {
          thread,
          key: `${issues}`,
          posting,
          now: now().toISOString(),
        });
      }
      outbox.wake();
      await settled();
    },
    /** Lets the time pass, second by second. */
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += second) {
        mock.timers.tick(second);
        await settled();
      }
    },
    setClock: (ms: number) => mock.timers.setTime(startMs + ms),
    async restart() {
      await outbox[Symbol.asyncDispose]();
      outbox = start();
      await settled();
    },
    async [Symbol.asyncDispose]() {
      await outbox[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      mock.timers.reset();
    },
  };
}

const secondsOf = (written: readonly { atMs: number }[]) =>
  written.map(({ atMs }) => atMs / second);

test('48 comments go out at once, and no more than 48 in any minute', async () => {
  await using world = await openWorld();
  await world.queue(comment, { count: 100 });
  await world.pass(121 * second);
  const at = (seconds: number, count: number) => Array.from({ length: count }, () => seconds);
  assert.deepEqual(secondsOf(world.written), [...at(0, 48), ...at(60, 48), ...at(120, 4)]);
});

test('a comment is seen to be read within the second, also while much is written', async () => {
  await using world = await openWorld();
  await world.queue(comment, { count: 100 });
  await world.pass(second);
  await world.queue(eyes);
  assert.deepEqual(world.written.at(-1), { key: '101', atMs: second });
});

test('reactions keep the limit as well', async () => {
  await using world = await openWorld();
  await world.queue(eyes, { count: 61 });
  await world.pass(60 * second);
  assert.deepEqual(secondsOf(world.written), [...Array.from({ length: 60 }, () => 0), 60]);
});

test('what an hour holds of comments is not exceeded, and reactions go on', async () => {
  await using world = await openWorld({ writesPerMinute: 1_000, textsPerHour: 500 });
  await world.queue(comment, { count: 501 });
  await world.pass(second);
  await world.queue(eyes);
  assert.equal(world.written.length, 501);
  assert.equal(world.written.at(-1)?.key, '502', 'the reaction');
  await world.pass(hour - 2 * second);
  assert.equal(world.written.length, 501);
  await world.pass(second);
  assert.deepEqual(world.written.at(-1), { key: '501', atMs: hour });
});

test('replies leave half of the hour to what was decided, also while nothing is', async () => {
  await using world = await openWorld({ writesPerMinute: 1_000, textsPerHour: 500 });
  await world.queue(reply, { count: 251 });
  assert.equal(world.written.length, 250);
  await world.queue(comment, { count: 251 });
  assert.equal(world.written.length, 500);
  await world.pass(hour - second);
  assert.equal(world.written.length, 500);
  await world.pass(second);
  assert.equal(world.written.length, 502);
});

test('whoever pushes commit after commit keeps nobody from an answer', async () => {
  await using world = await openWorld({ writesPerMinute: 1_000, textsPerHour: 500 });
  await world.queue(check, { count: 200 });
  await world.queue(reply, { count: 200 });
  const of = (kind: RegExp) => world.written.filter(({ key }) => kind.test(key)).length;
  assert.equal(of(/^(\d\d?|1\d\d|200)$/), 100, 'checks: a fifth of the hour');
  assert.equal(world.written.length, 250, 'with the replies half of it');
});

test('what was decided is shown at once, however many replies wait', async () => {
  await using world = await openWorld();
  await world.queue(reply, { count: 100 });
  assert.equal(world.written.length, 24);
  await world.queue(comment, { count: 24 });
  assert.deepEqual(
    secondsOf(world.written.slice(24)),
    Array.from({ length: 24 }, () => 0),
  );
  await world.queue(comment);
  await world.pass(60 * second);
  assert.equal(world.written.find(({ key }) => key === '125')?.atMs, 60 * second);
});

test('each installation has limits of its own', async () => {
  await using world = await openWorld();
  await world.queue(comment, { count: 49, installationId: 1 });
  await world.queue(comment, { count: 48, installationId: 2 });
  assert.equal(world.written.length, 96);
});

test('a bot that is started again is no faster', async () => {
  await using world = await openWorld();
  await world.queue(comment, { count: 49 });
  await world.restart();
  assert.equal(world.written.length, 48);
  await world.pass(60 * second);
  assert.equal(world.written.length, 49);
});

test('an installation that does not answer holds up no other', async () => {
  let answer = (): void => undefined;
  const never = new Promise<void>((resolve) => (answer = resolve));
  await using world = await openWorld(ofGitHub, ({ thread }) =>
    thread.installationId === 1 ? never : undefined,
  );
  await world.queue(comment, { installationId: 1 });
  await world.queue(comment, { installationId: 2 });
  assert.deepEqual(world.written, [{ key: '2', atMs: 0 }]);
  answer();
});

test('when GitHub says to wait, the whole installation waits, reactions too, and no other', async () => {
  let limited = true;
  await using world = await openWorld(ofGitHub, ({ thread, key }) => {
    if (thread.installationId !== 1 || !limited || key !== '1') return;
    limited = false;
    throw Object.assign(new Error('slow down'), {
      status: 403,
      response: { headers: { 'retry-after': '30' } },
    });
  });
  await world.queue(comment, { installationId: 1 });
  await world.queue(comment, { installationId: 1 });
  await world.queue(eyes, { installationId: 1 });
  await world.queue(comment, { installationId: 2 });
  await world.pass(29 * second);
  assert.deepEqual(world.written, [{ key: '4', atMs: 0 }]);
  await world.pass(second);
  assert.deepEqual(world.written.map(({ key }) => key).toSorted(), ['1', '2', '3', '4']);
});

test('a bot that is started again waits out the limit that GitHub named before', async () => {
  let asked = 0;
  await using world = await openWorld(ofGitHub, () => {
    asked += 1;
    if (asked > 1) return;
    const headers = { 'retry-after': '30' };
    throw Object.assign(new Error('slow down'), { status: 403, response: { headers } });
  });
  await world.queue(comment);
  await world.pass(10 * second);
  await world.restart();
  await world.queue(comment);
  await world.queue(eyes);
  await world.pass(19 * second);
  assert.equal(asked, 1);
  await world.pass(second);
  assert.equal(world.written.length, 3);
});

test('a clock that is set back makes no limit last longer', async () => {
  let limited = true;
  await using world = await openWorld(ofGitHub, ({ key }) => {
    if (!limited || key !== '1') return;
    limited = false;
    throw Object.assign(new Error('slow down'), { status: 429 });
  });
  await world.queue(comment);
  world.setClock(-24 * hour);
  await world.queue(comment);
  assert.deepEqual(world.written, [{ key: '2', atMs: -24 * hour }]);
});

test('a clock that is set back makes nothing wait for what was written in its future', async () => {
  await using world = await openWorld();
  await world.queue(comment, { count: 48 });
  world.setClock(-24 * hour);
  await world.queue(comment);
  assert.equal(world.written.length, 49);
});
