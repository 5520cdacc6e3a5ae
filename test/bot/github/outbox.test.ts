import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { startOutbox } from '../../../bot/github/outbox.ts';
import { CoveredAnew, OutOfReach } from '../../../bot/github/coverage.ts';
import { openBotMetrics } from '../../../bot/observe/metrics.ts';
import { laneOf, queuePosting, type Posting } from '../../../bot/store/outbox.ts';
import { nextPostingTime } from '../../../bot/store/queues.ts';
import { openStore } from '../../../bot/store/store.ts';

const startMs = Date.parse('2026-11-24T00:00:00.000Z');

interface Answer {
  readonly status?: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const reply: Posting = { kind: 'comment', telling: { about: 'status' } };
const revoked: Posting = { kind: 'comment', telling: { about: 'revoked', request: 1 } };

/** What becomes of a reply whose attempts GitHub answers like this, and how long it waits before each next one. */
function fateOf(...answers: readonly Answer[]) {
  return fateOfPosting(reply, answers);
}

async function fateOfPosting(
  posting: Posting,
  answers: readonly (Answer | Error)[],
  { lateMs = 0, begun = 0 } = {},
) {
  await using store = await openStore(':memory:');
  const { queries } = store;
  let nowMs = startMs;
  const now = () => new Date(nowMs);
  const thread = { installationId: 1, repositoryId: 2, owner: 'acme', repo: 'access', number: 3 };
  await queuePosting(queries, { thread, key: '4:reply', posting, now: now().toISOString() });
  // As it is left by a bot that died of it so often.
  await queries.updateTable('outbox').set({ attempts: begun }).execute();
  const attempts: { mayExist: boolean; as: number; afterMs: number }[] = [];
  const row = () =>
    queries.selectFrom('outbox').select(['state', 'installationId']).executeTakeFirstOrThrow();
  let lastMs = startMs;
  await using outbox = startOutbox({
    store,
    metrics: openBotMetrics(),
    limits: { writesPerMinute: 60, textsPerHour: 500 },
    async post({ thread: { installationId: as } }, mayExist) {
      attempts.push({ mayExist, as, afterMs: nowMs - lastMs });
      lastMs = nowMs;
      const answer = answers[attempts.length - 1];
      if (answer === undefined) return;
      if (answer instanceof Error) throw answer;
      const { message = 'no', status, headers } = answer;
      throw Object.assign(new Error(message), { status, response: { headers } });
    },
    log: pino({ level: 'silent' }),
    now,
  });
  let { state, installationId } = await row();
  while (state === 'waiting') {
    const queue = { installationId, lane: laneOf(posting) };
    const next = await nextPostingTime(queries, queue, now().toISOString());
    if (next !== undefined) nowMs = Math.max(nowMs, Date.parse(next) + lateMs);
    outbox.wake();
    await new Promise((resolve) => setImmediate(resolve));
    ({ state, installationId } = await row());
  }
  const pausesMs = attempts.slice(1).map(({ afterMs }) => afterMs);
  return {
    state,
    pausesMs,
    mayExist: attempts.map((attempt) => attempt.mayExist),
    as: attempts.map((attempt) => attempt.as),
  };
}

const second = 1000;
const minute = 60 * second;

test('what failed on the way is tried again after 1 s, doubling to 5 min, and may be on GitHub already', async () => {
  const lost = Array.from({ length: 11 }, () => ({ status: 502 }));
  const { as: _as, ...fate } = await fateOf(...lost);
  assert.deepEqual(fate, {
    state: 'sent',
    pausesMs: [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((seconds) => seconds * second),
    mayExist: [false, ...lost.map(() => true)],
  });
});

test('a check that fails again and again is given up, so that it holds up no later one', async () => {
  const commit = { sha: 'a'.repeat(40), isMerged: false, touched: null };
  const failing = Array.from({ length: 20 }, () => new Error('it cannot be judged'));
  const { state, pausesMs } = await fateOfPosting({ kind: 'check', commit }, failing);
  assert.equal(state, 'failed');
  assert.equal(pausesMs.length, 11);
  assert.ok(pausesMs.reduce((sum, each) => sum + each, 0) > 15 * minute);
});

const limits: readonly (readonly [string, Answer, number])[] = [
  [
    'a limit that says for how long',
    { status: 403, headers: { 'retry-after': '17' } },
    17 * second,
  ],
  ['a limit on calls of any kind', { status: 429, headers: { 'retry-after': '3' } }, 3 * second],
  [
    'a spent hour that says when it ends',
    {
      status: 403,
      headers: {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String((startMs + 5 * minute) / 1000),
        date: new Date(startMs).toUTCString(),
      },
    },
    5 * minute,
  ],
  [
    'a spent hour whose answer has no date',
    { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' } },
    minute,
  ],
  [
    'a secondary limit that says nothing but its name',
    {
      status: 403,
      message: 'You have exceeded a secondary rate limit. Please wait a few minutes.',
      headers: { 'x-ratelimit-remaining': '4000' },
    },
    minute,
  ],
  ['a 429 without a word', { status: 429 }, minute],
];
for (const [what, answer, pauseMs] of limits) {
  test(`${what} is waited out, and nothing is lost`, async () => {
    const { state, pausesMs } = await fateOf(answer);
    assert.deepEqual({ state, pausesMs }, { state: 'sent', pausesMs: [pauseMs] });
  });
}

for (const [what, answer] of [
  ['a locked issue', { status: 403, message: 'Unable to create comment because issue is locked.' }],
  ['an issue that is not there', { status: 404 }],
  ['an issue that was deleted', { status: 410 }],
  ['a text that GitHub will not have', { status: 422 }],
] as const) {
  test(`${what} is final: the posting is set aside and what stands behind it goes on`, async () => {
    const { state, pausesMs } = await fateOf(answer);
    assert.deepEqual({ state, pausesMs }, { state: 'failed', pausesMs: [] });
  });
}

for (const message of [
  'This installation has been suspended',
  'Repository was archived so is read-only.',
]) {
  test(`what GitHub refuses because "${message}" is written once that is undone`, async () => {
    const shut = { status: 403, message };
    const { state, pausesMs } = await fateOf(shut, shut);
    assert.deepEqual({ state, pausesMs }, { state: 'sent', pausesMs: [15 * minute, 15 * minute] });
  });
}

for (const about of ['glass-broken', 'review-overdue'] as const) {
  test(`what tells of a broken glass (${about}) is never set aside, whoever closes the thread`, async () => {
    const locked = { status: 403, message: 'Unable to create comment because issue is locked.' };
    const posting = { kind: 'comment', telling: { about, request: 1, approvers: [] } } as const;
    const { state, pausesMs } = await fateOfPosting(posting, [locked, locked, locked]);
    assert.deepEqual(
      { state, pausesMs },
      { state: 'sent', pausesMs: [1, 2, 4].map((s) => s * second) },
    );
  });
}

test('a check of which the bot dies again and again is given up without one more attempt', async () => {
  const commit = { sha: 'c0ffee', isMerged: false, touched: null };
  const check: Posting = { kind: 'check', commit };
  const fate = await fateOfPosting(check, [], { begun: 24 });
  assert.deepEqual([fate.state, fate.mayExist], ['failed', []]);
  const once = await fateOfPosting(check, [], { begun: 23 });
  assert.deepEqual([once.state, once.mayExist], ['sent', [true]]);
});

test('that an issue is not there is said three times before what was decided is given up', async () => {
  const absent = { status: 404 };
  const seconds = [1, 2].map((s) => s * second);
  const { state, pausesMs } = await fateOfPosting(revoked, [absent, absent, absent]);
  assert.deepEqual({ state, pausesMs }, { state: 'failed', pausesMs: seconds });
  const late = await fateOfPosting(revoked, [absent, absent]);
  assert.equal(late.state, 'sent');
});

test('what is to be said where the App was taken out is tried every quarter of an hour for thirty days', async () => {
  const out = new OutOfReach('the App is not there');
  const { state, pausesMs } = await fateOfPosting(revoked, [out, out]);
  assert.deepEqual({ state, pausesMs }, { state: 'sent', pausesMs: [15 * minute, 15 * minute] });
  const tenDaysMs = 10 * 24 * 60 * minute;
  const never = await fateOfPosting(revoked, [out, out, out, out], { lateMs: tenDaysMs });
  assert.deepEqual([never.state, never.pausesMs.length], ['failed', 3]);
});

test('once the App is back under another number, what waits is written as that installation, at once', async () => {
  const { state, pausesMs, as } = await fateOfPosting(revoked, [new CoveredAnew(7)]);
  assert.deepEqual({ state, pausesMs, as }, { state: 'sent', pausesMs: [0], as: [1, 7] });
});
