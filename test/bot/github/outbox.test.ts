import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { startOutbox } from '../../../bot/github/outbox.ts';
import { openBotMetrics } from '../../../bot/observe/metrics.ts';
import { queuePosting, type Telling } from '../../../bot/store/outbox.ts';
import { openStore } from '../../../bot/store/store.ts';

const startMs = Date.parse('2026-11-24T00:00:00.000Z');

interface Answer {
  readonly status?: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What becomes of a posting whose attempts GitHub answers like this, and how long it waits before each next one. */
function fateOf(...answers: readonly Answer[]) {
  return fateOfTelling({ about: 'status' }, answers);
}

async function fateOfTelling(telling: Telling, answers: readonly Answer[]) {
  await using store = await openStore(':memory:');
  let nowMs = startMs;
  const now = () => new Date(nowMs);
  const thread = { installationId: 1, repositoryId: 2, owner: 'acme', repo: 'access', number: 3 };
  const posting = { kind: 'comment', telling } as const;
  await queuePosting(store.queries, { thread, key: '4:reply', posting, now: now().toISOString() });
  const attempts: { mayExist: boolean; afterMs: number }[] = [];
  const row = () =>
    store.queries.selectFrom('outbox').select(['state', 'notBefore']).executeTakeFirstOrThrow();
  await using outbox = startOutbox({
    store,
    metrics: openBotMetrics(),
    limits: { writesPerMinute: 60, textsPerHour: 500 },
    async post(_row, mayExist) {
      const afterMs = nowMs - (attempts.length === 0 ? startMs : lastMs);
      lastMs = nowMs;
      attempts.push({ mayExist, afterMs });
      const answer = answers[attempts.length - 1];
      if (answer === undefined) return;
      const { message = 'no', status, headers } = answer;
      throw Object.assign(new Error(message), { status, response: { headers } });
    },
    log: pino({ level: 'silent' }),
    now,
  });
  let lastMs = startMs;
  let { state, notBefore } = await row();
  while (state === 'waiting') {
    nowMs = Math.max(nowMs, Date.parse(notBefore));
    outbox.wake();
    await new Promise((resolve) => setImmediate(resolve));
    ({ state, notBefore } = await row());
  }
  const pausesMs = attempts.slice(1).map(({ afterMs }) => afterMs);
  return { state, pausesMs, mayExist: attempts.map((attempt) => attempt.mayExist) };
}

const second = 1000;
const minute = 60 * second;

test('what failed on the way is tried again after 1 s, doubling to 5 min, and may be on GitHub already', async () => {
  const lost = Array.from({ length: 11 }, () => ({ status: 502 }));
  assert.deepEqual(await fateOf(...lost), {
    state: 'sent',
    pausesMs: [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((seconds) => seconds * second),
    mayExist: [false, ...lost.map(() => true)],
  });
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
    const telling = { about, request: 1, approvers: [] };
    const { state, pausesMs } = await fateOfTelling(telling, [locked, locked, locked]);
    assert.deepEqual(
      { state, pausesMs },
      { state: 'sent', pausesMs: [1, 2, 4].map((s) => s * second) },
    );
  });
}
