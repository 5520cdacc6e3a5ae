import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAccount } from '../github/state.ts';
import { startCompany, template } from './company.ts';
import { recorded, restsOn } from './recorded.ts';

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

test('an approval that nobody confirms waits no more after 15 minutes: its card and the log say so', async () => {
  const time = clock();
  const policy = template('sallyport.yml').replace(
    '    pending: 8h',
    '    confirm: sign-in\n    pending: 8h',
  );
  await using company = await startCompany({ now: time.now, policy });
  const { github } = company;
  const issue = await company.asked('/connect payments-db 1h');
  await github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /counts once you have/);
  // The card waits for half a minute, because what comes of the sign-in is shown by then.
  time.move(60 * 1000);
  await github.as('dana').comment(repo, issue, '/help');
  const waits =
    /Waits for the sign-in of\*\* `omar` until .*: \[sign in to confirm\]\(https:\/\/sallyport\.acme\.dev\/confirm\/c_/;
  await company.until(issue, waits);
  time.move(15 * 60 * 1000);
  await github.as('dana').comment(repo, issue, '/help');
  await github.thread(repo, issue).until(() => !waits.test(company.botComments(issue)[0] ?? ''));
  assert.match(company.botComments(issue)[0] ?? '', /waiting for approval/);
  const omarsId = findAccount(github.instance.state, 'omar')?.id;
  const lapse = (await recorded(company)).find(({ action }) => action === 'approval.lapse');
  assert.equal(lapse?.data['approver'], omarsId);
  const step = restsOn(lapse);
  assert.deepEqual([step?.rule, step?.satisfied], ['approval-is-confirmed', false]);
});
