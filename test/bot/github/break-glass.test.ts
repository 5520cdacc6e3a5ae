import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { readRecords } from '../../../bot/store/records.ts';
import { openStore } from '../../../bot/store/store.ts';
import { startCompany, template } from '../company.ts';

const repo = 'acme/access';
const policy = template('sallyport.yml').replace(
  '    pending: 8h',
  '    break-glass: { who: group:default/engineering, max: 1h, review: 24h }\n    pending: 8h',
);
const words = '/break-glass payments-db 30m\n\nPayments fail, and nobody answers.';

test('whoever may break the glass has access at once; everybody who was skipped is told, and one reviews it', async () => {
  await using company = await startCompany({ policy });
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, words);
  const [card, told] = await company.until(issue, /broke the glass of/);
  assert.match(card ?? '', /granted until/);
  assert.match(card ?? '', /npx sallyport@0\.1\.0 connect sallyport\.acme\.dev\/g_[a-z2-7]{26}\n/);
  assert.match(card ?? '', /\*\*The glass was broken:\*\* nobody approved this/);
  assert.match(card ?? '', /`Payments fail, and nobody answers\.`/);
  assert.match(card ?? '', /\| Role \| `reader` \(recorded, not enforced by the relay\) \|/);
  assert.match(told ?? '', /@omar/);

  await company.github.as('dana').comment(repo, issue, '/review r1 ok');
  await company.until(issue, /nobody reviews what they did themselves/);
  await company.github.as('bea').comment(repo, issue, '/review ok');
  await company.until(issue, /may not decide/);
  await company.github.as('omar').comment(repo, issue, '/review Agreed with dana on the phone.');
  const [reviewed] = await company.until(issue, /`omar` reviewed it at/);
  assert.match(reviewed ?? '', /`Agreed with dana on the phone\.`/);
  await company.github.as('olga').comment(repo, issue, '/review ok');
  await company.until(issue, /nothing waits for a review/);

  await company.stopBot();
  await using store = await openStore(join(company.dataFolder, 'sallyport.db'));
  const records = await readRecords(store.queries);
  const actions = new Set(records.map((body) => (JSON.parse(body) as { action: string }).action));
  assert.ok(actions.has('grant.break-glass'));
  assert.ok(actions.has('grant.review'));
  assert.ok(!actions.has('request.approve'));
});

test('whoever broke the glass does not review it with another account that the catalog gives them', async () => {
  await using company = await startCompany({ policy });
  const issue = await company.openIssue();
  const { github } = company;
  await github.as('omar').comment(repo, issue, words);
  await company.until(issue, /broke the glass of/);
  const login = 'github.com/user-login:';
  const people = template('org.yaml').replace(`${login} omar`, `${login} olga`);
  await github.as('olga').putFile('acme/org', 'catalog-info.yaml', { text: people });
  await github.as('olga').comment(repo, issue, '/review Looks fine.');
  await company.until(issue, /nobody reviews what they did themselves, from whichever account/);
  await github.as('otto').comment(repo, issue, '/review I was there.');
  await company.until(issue, /`otto` reviewed it at/);
});

test('a review that nobody does is asked for again once it is overdue, and can still be done', async () => {
  let shiftMs = 0;
  await using company = await startCompany({ policy, now: () => new Date(Date.now() + shiftMs) });
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, words);
  await company.until(issue, /broke the glass of/);
  await company.stopBot();
  shiftMs = 24 * 3_600_000;
  await company.startBot();
  const comments = await company.until(issue, /the review of .* was due/);
  assert.match(comments.at(-1) ?? '', /@omar/);
  const how = /`\/review r1 ok`.*here or, if this issue is deleted or moved, on any other/;
  assert.match(comments.at(-1) ?? '', how);
  await company.until(issue, /: expired/);
  await company.stopBot();
  await company.startBot();
  await company.github.as('omar').comment(repo, issue, '/review ok');
  const all = await company.until(issue, /`omar` reviewed it at/);
  assert.equal(all.filter((body) => body.includes('was due')).length, 1, 'told once');
});

test('a broken glass is ended by whoever was skipped, and its review stays open', async () => {
  await using company = await startCompany({ policy });
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, words);
  await company.until(issue, /broke the glass of/);
  await company.github.as('omar').comment(repo, issue, '/revoke That was not needed.');
  const [card] = await company.until(issue, /: revoked/);
  assert.match(card ?? '', /An approver reviews it until/);
});

test('a review that an older version closed, and nobody did, is shown as that and stays closed', async () => {
  await using company = await startCompany({ policy });
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, words);
  await company.until(issue, /broke the glass of/);
  await company.stopBot();
  const database = new Database(join(company.dataFolder, 'sallyport.db'));
  const done = '{"by":null,"at":"2026-11-26T02:48:13.202Z","remark":""}';
  database.prepare('update reviews set done = ?').run(done);
  database.close();
  await company.startBot();
  await company.github.as('omar').comment(repo, issue, '/revoke');
  await company.until(issue, /: revoked[^]*`nobody` reviewed it at 2026-11-26/);
  await company.github.as('omar').comment(repo, issue, '/review ok');
  await company.until(issue, /nothing waits for a review/);
});

test('on a locked issue no glass is broken, not even once it is unlocked: nobody could have been told', async () => {
  await using company = await startCompany({ policy });
  const issue = await company.openIssue();
  const olga = company.github.as('olga');
  await olga.lockIssue(repo, issue);
  await olga.comment(repo, issue, words);
  await company.github.settled();
  await olga.unlockIssue(repo, issue);
  await company.stopBot();
  await company.startBot();
  await company.github.as('dana').comment(repo, issue, '/status');
  await company.until(issue, /No request was made/);
});

test('a glass is broken where the owners look, and not twice before it was looked at', async () => {
  await using company = await startCompany({ policy });
  const issue = await company.openIssue();
  const dana = company.github.as('dana');
  await dana.comment(repo, issue, words);
  await company.until(issue, /broke the glass of/);
  await dana.comment(repo, issue, words);
  await company.until(issue, /the glass you broke with `r1` is not reviewed yet/);
});

test('a command that was written long before it was heard breaks nothing', async () => {
  let shiftMs = 0;
  await using company = await startCompany({ policy, now: () => new Date(Date.now() + shiftMs) });
  const issue = await company.openIssue();
  await company.stopBot();
  await company.github.as('dana').comment(repo, issue, words);
  shiftMs = 20 * 60_000;
  await company.startBot();
  await company.until(issue, /the command was written 20 min( \d+ s)? ago/);
});

test('a reason that holds a token is told so at once, is kept nowhere, and holds nobody up', async () => {
  await using company = await startCompany({ policy });
  const issue = await company.openIssue();
  const token = ['eyJhbGciOiJFUzI1NiJ9', 'eyJzdWIiOiJkYW5hIn0', 'c2lnbmF0dXJlc2lnbmF0dXJl'].join(
    '.',
  );
  await company.github.as('dana').comment(repo, issue, `/break-glass payments-db\n\nLog: ${token}`);
  const comments = await company.until(issue, /it holds what looks like `a signed token`/);
  assert.ok(comments.every((body) => !body.includes(token)));
  await company.github.as('dana').comment(repo, issue, words);
  await company.until(issue, /broke the glass of/);
});

test('nobody reviews a card that somebody has written over; it is restored, and then they can', async () => {
  await using company = await startCompany({ policy });
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, words);
  await company.until(issue, /broke the glass of/);
  const shown = company.github
    .thread(repo, issue)
    .view()
    .comments.find(({ isBot }) => isBot);
  assert.ok(shown);
  const altered = shown.body.replace('nobody answers', 'omar agreed');
  await company.github.as('olga').editComment(repo, shown.id, altered);
  await company.github.as('omar').comment(repo, issue, '/review ok');
  await company.until(issue, /was changed by somebody else/);
  const thread = company.github.thread(repo, issue);
  await thread.until(() => company.botComments(issue)[0]?.includes('nobody answers') ?? false);
  await company.insist(issue, { who: 'omar', words: '/review ok', until: /`omar` reviewed it at/ });
});

test('without a reason, or without a policy that allows it, the glass stays whole', async () => {
  await using company = await startCompany({ policy });
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, '/break-glass payments-db');
  await company.until(issue, /write the reason below the command/);
  await company.github.as('olga').comment(repo, issue, words);
  await company.until(issue, /`olga`/);
  assert.ok(company.botComments(issue).every((body) => !body.includes('granted until')));

  await using strict = await startCompany();
  const other = await strict.openIssue();
  await strict.github.as('dana').comment(repo, other, words);
  await strict.until(other, /lets nobody break the glass/);
});
