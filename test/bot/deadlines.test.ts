import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany } from './company.ts';

const repo = 'acme/access';

/** A clock that a test moves; the bot looks at it, and its timers are woken by what happens next. */
function clock() {
  let shiftMs = 0;
  return { now: () => new Date(Date.now() + shiftMs), move: (ms: number) => void (shiftMs += ms) };
}

test('a grant that nobody ends expires, and its card says so', async () => {
  const time = clock();
  await using company = await startCompany({ now: time.now });
  const issue = await company.granted('/connect payments-db 1h');
  time.move(60 * 60 * 1000);
  await company.github.as('dana').comment(repo, issue, '/help');
  const comments = await company.until(issue, /: expired/);
  assert.match(comments[0] ?? '', /its time was over/);
  await company.github
    .thread(repo, issue)
    .until(({ labels }) => labels.includes('access: expired'));
});

test('a request that nobody answers lapses, also while the bot was down, and its requester is told', async () => {
  const time = clock();
  await using company = await startCompany({ now: time.now });
  const issue = await company.asked('/connect payments-db 1h');
  await company.stopBot();
  time.move(8 * 60 * 60 * 1000);
  await company.startBot();
  const comments = await company.until(issue, /nobody decided in time/);
  assert.match(comments[0] ?? '', /: lapsed/);
});
