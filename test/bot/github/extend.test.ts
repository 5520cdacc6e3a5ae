import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany, type Company } from '../company.ts';

const repo = 'acme/access';

/** Asks for more time on the issue as dana, and waits for the card of it. */
async function asksForMore(company: Company, issue: number, words: string): Promise<void> {
  await company.github.as('dana').comment(repo, issue, words);
  await company.until(issue, /More time for .*: waiting for approval/);
}

test('more time is asked for, approved, and moves the end on the card of the grant; the line to paste stays', async () => {
  await using company = await startCompany();
  const issue = await company.granted('/connect payments-db 1h');
  const before = company.botComments(issue)[0] ?? '';
  await asksForMore(company, issue, '/extend 30m\n\nThe import runs longer.');
  const asked = company.botComments(issue).at(-1) ?? '';
  assert.match(asked, /@omar/, 'the owner is told');
  assert.match(asked, /`The import runs longer\.`/);
  await company.github.as('omar').comment(repo, issue, '/approve r2');
  const comments = await company.until(issue, /now lasts until/);
  assert.match(comments.at(-1) ?? '', /@dana/);
  await company.until(issue, /More time for .*granted until/);
  await company.github
    .thread(repo, issue)
    .until(() => minutesAfter(endOf(company.botComments(issue)[0] ?? ''), endOf(before)) === 30);
  const after = company.botComments(issue)[0] ?? '';
  const line = /npx \S+ connect \S+/;
  assert.equal(line.exec(after)?.[0], line.exec(before)?.[0]);
});

test('the card of a request for more time says of which grant and until when, and lapses with it', async () => {
  await using company = await startCompany();
  const issue = await company.granted('/connect payments-db 1h');
  const grantEnds = endOf(company.botComments(issue)[0] ?? '');
  await asksForMore(company, issue, '/extend 30m');
  const card = company.botComments(issue).at(-1) ?? '';
  assert.match(card, /^\| Grant \| `r1`, until /m);
  assert.equal(
    minutesAfter(minute(/^\| Then until \| \S+ (\d\d:\d\d)/m.exec(card)?.[1]), grantEnds),
    30,
  );
  assert.equal(minute(/it lapses at \S+ (\d\d:\d\d)/.exec(card)?.[1]), grantEnds);
});

test('a denied request for more time leaves the grant as it is, also on the label', async () => {
  await using company = await startCompany();
  const issue = await company.granted('/connect payments-db 1h');
  await asksForMore(company, issue, '/extend 30m');
  await company.github.as('omar').comment(repo, issue, '/deny r2 Not today');
  const denied = /More time for .*: denied/;
  const comments = await company.until(issue, denied);
  const card = comments.find((body) => denied.test(body)) ?? '';
  assert.match(card, /The grant ends when it would have\./);
  const { labels } = company.github.thread(repo, issue).view();
  assert.deepEqual(labels, ['access: active']);
});

test('what was granted as more time is over with the grant, on its card and in /status', async () => {
  await using company = await startCompany();
  const issue = await company.granted('/connect payments-db 1h');
  await asksForMore(company, issue, '/extend 30m');
  await company.github.as('omar').comment(repo, issue, '/approve r2');
  await company.until(issue, /now lasts until/);
  await company.github.as('dana').comment(repo, issue, '/revoke');
  await company.until(issue, /More time for .*: revoked/);
  await company.github.as('dana').comment(repo, issue, '/status');
  const answer = (await company.until(issue, /\| Request \| Of/)).at(-1) ?? '';
  assert.match(answer, /\| `r2` \|.*\| revoked \|/);
});

test('a request for more time ends with the grant', async () => {
  await using company = await startCompany();
  const issue = await company.granted('/connect payments-db 1h');
  await asksForMore(company, issue, '/extend 30m');
  await company.github.as('omar').comment(repo, issue, '/revoke');
  const ended = /More time for .*: cancelled/;
  const card = (await company.until(issue, ended)).find((body) => ended.test(body)) ?? '';
  assert.match(card, /To ask again, comment `\/connect`/);
  assert.doesNotMatch(card, /\/extend/, 'there is nothing left to extend');
  await company.github.as('omar').comment(repo, issue, '/approve r2');
  const comments = await company.until(issue, /`r2` is `cancelled`/);
  assert.match(comments[0] ?? '', /: revoked/);
});

test('a grant that was extended outlives the end it had first, and ends at the later one', async () => {
  let shiftMs = 0;
  await using company = await startCompany({ now: () => new Date(Date.now() + shiftMs) });
  const issue = await company.granted('/connect payments-db 1h');
  await asksForMore(company, issue, '/extend 30m');
  await company.github.as('omar').comment(repo, issue, '/approve r2');
  await company.until(issue, /now lasts until/);
  shiftMs = 61 * 60_000;
  await company.github.as('dana').comment(repo, issue, '/status');
  const comments = await company.until(issue, /\| Request \| Of/);
  assert.doesNotMatch(comments[0] ?? '', /: expired/);
  shiftMs = 91 * 60_000;
  await company.github.as('dana').comment(repo, issue, '/help');
  await company.until(issue, /: expired/);
});

test('nobody but the grantee asks for more, and nobody asks twice or for too much', async () => {
  await using company = await startCompany();
  const issue = await company.granted('/connect payments-db 1h');
  await company.github.as('omar').comment(repo, issue, '/extend 1h');
  await company.until(issue, /only `dana` can ask for more time/);
  await company.github.as('dana').comment(repo, issue, '/extend 4h');
  await company.until(issue, /At most 3 h can be added/);
  await asksForMore(company, issue, '/extend 1h');
  await company.github.as('dana').comment(repo, issue, '/extend 1h');
  await company.until(issue, /`r2` asks for more time .* already/);
});

/** The minute that a card names as the end. */
function endOf(card: string): number {
  return minute(/granted until \S+ (\d\d:\d\d)/.exec(card)?.[1]);
}

/** Minutes of the day. */
function minute(time: string | undefined): number {
  const [hours, minutes] = (time ?? '').split(':').map(Number);
  return (hours ?? Number.NaN) * 60 + (minutes ?? Number.NaN);
}

/** How many minutes one is after the other, also past midnight. */
function minutesAfter(later: number, earlier: number): number {
  return (later - earlier + 24 * 60) % (24 * 60);
}
