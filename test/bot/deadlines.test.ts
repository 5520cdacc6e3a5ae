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
  await using company = await startCompany();
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, '/connect payments-db PT2S');
  await company.until(issue, /waiting for approval/);
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /granted until/);
  const comments = await company.until(issue, /: expired/);
  assert.match(comments[0] ?? '', /its time was over/);
  await company.github
    .thread(repo, issue)
    .until(({ labels }) => labels.includes('access: expired'));
});

test('a request that nobody answers lapses, also while the bot was down, and its requester is told', async () => {
  const time = clock();
  await using company = await startCompany({ now: time.now });
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, '/connect payments-db 1h');
  await company.until(issue, /waiting for approval/);
  await company.stopBot();
  time.move(8 * 60 * 60 * 1000);
  await company.startBot();
  const comments = await company.until(issue, /nobody decided in time/);
  assert.match(comments[0] ?? '', /: lapsed/);
});
