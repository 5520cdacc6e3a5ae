import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Derivation } from '../../../bot/access/explain.ts';
import { readRecords } from '../../../bot/store/records.ts';
import { openStore } from '../../../bot/store/store.ts';
import { join } from 'node:path';
import { startCompany } from '../company.ts';
import { recorded } from '../recorded.ts';

const repo = 'acme/access';
const ask = '/connect payments-db 2h\n\nThe ledger is off by one cent.';

test('a developer who asks gets a card that asks the owners', async () => {
  await using company = await startCompany();
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, ask);
  const [card] = await company.until(issue, /waiting for approval/);
  assert.match(card ?? '', /@omar/, 'the owner is told');
  assert.match(card ?? '', /`resource:payments\/payments-db`/);
  assert.match(card ?? '', /2 h/);
  assert.match(card ?? '', /`The ledger is off by one cent\.`/);
  await company.github.thread(repo, issue).until(({ comments: [first] }) => {
    const seen = first?.reactions.map(({ content }) => content) ?? [];
    return seen.includes('eyes') && seen.includes('rocket');
  });
});

test('an owner who approves brings about a grant with one line to paste', async () => {
  await using company = await startCompany();
  const issue = await company.asked(ask);
  await company.github.as('omar').comment(repo, issue, '/approve');
  const comments = await company.until(issue, /is granted until/);
  assert.match(
    comments[0] ?? '',
    /npx sallyport@0\.1\.0 connect sallyport\.acme\.dev\/g_[a-z2-7]{26}\n/,
  );
  assert.equal(comments.length, 2, 'the card and one comment that tells the requester');
  assert.deepEqual(company.github.unhandled, []);
});

test('who approves when nothing waits any more is told what was decided', async () => {
  await using company = await startCompany();
  const issue = await company.granted(ask);
  await company.github.as('otto').comment(repo, issue, '/approve');
  const comments = await company.until(issue, /no request waits/);
  assert.match(comments.at(-1) ?? '', /on this issue\. There is no more to decide on `r1`\.\n?$/);
});

test('nobody approves their own request, and is told who can', async () => {
  await using company = await startCompany();
  const issue = await company.asked(ask);
  await company.github.as('dana').comment(repo, issue, '/approve');
  const comments = await company.until(issue, /nobody approves their own request/);
  assert.match(comments.at(-1) ?? '', /`omar`/);
  assert.doesNotMatch(comments[0] ?? '', /\/g_[a-z2-7]{26}/);
});

test('somebody who owns nothing cannot approve', async () => {
  await using company = await startCompany();
  const issue = await company.asked(ask);
  await company.github.as('bea').comment(repo, issue, '/approve');
  const comments = await company.until(issue, /may not decide/);
  assert.match(comments.at(-1) ?? '', /`omar`/);
});

test('a comment that is edited into a command never acts', async () => {
  await using company = await startCompany();
  const issue = await company.asked(ask);
  const { id } = await company.github.as('omar').comment(repo, issue, 'looking');
  await company.github.as('omar').editComment(repo, id, '/approve');
  await company.github.as('omar').comment(repo, issue, '/help');
  const comments = await company.until(issue, /A command is the first line/);
  assert.match(comments[0] ?? '', /waiting for approval/);
});

test('an approval does not count when somebody else has changed the card, not even once it is restored', async () => {
  await using company = await startCompany();
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, ask);
  await company.until(issue, /waiting for approval/);
  const thread = company.github.thread(repo, issue);
  const shown = thread.view().comments.find(({ isBot }) => isBot);
  assert.ok(shown);
  await company.github.as('olga').editComment(repo, shown.id, shown.body.replace('2 h', '5 min'));
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /was changed by somebody else/);
  await thread.until(({ comments }) => !comments.some(({ body }) => body.includes('5 min')));
  await company.insist(issue, { who: 'omar', words: '/approve', until: /is granted until/ });
});

test('an edited request is void: nobody approves what was not asked', async () => {
  await using company = await startCompany();
  const issue = await company.openIssue();
  const { id } = await company.github.as('dana').comment(repo, issue, ask);
  await company.until(issue, /waiting for approval/);
  await company.github.as('dana').editComment(repo, id, '/connect payments-db 4h');
  const comments = await company.until(issue, /ended without a grant/);
  assert.match(comments[0] ?? '', /cancelled/);
});

test('an edited request is void also when nobody told of the edit: it is read again before a grant', async () => {
  await using company = await startCompany();
  const issue = await company.openIssue();
  const { id } = await company.github.as('dana').comment(repo, issue, ask);
  await company.until(issue, /waiting for approval/);
  company.github.addFault({ kind: 'lost-delivery', event: 'issue_comment', times: 1 });
  await company.github.as('dana').editComment(repo, id, `${ask} Really.`);
  await company.github.settled();
  await company.github.as('omar').comment(repo, issue, '/approve');
  const comments = await company.until(issue, /`dana` edited the words that asked/);
  assert.match(comments[0] ?? '', /cancelled/);
});

test('a request whose comment is deleted is void; a grant that was given stays', async () => {
  await using company = await startCompany();
  const issue = await company.openIssue();
  const dana = company.github.as('dana');
  const first = await dana.comment(repo, issue, ask);
  await company.until(issue, /waiting for approval/);
  await dana.deleteComment(repo, first.id);
  await company.until(issue, /the comment that asked for `r1` was deleted/);
  const second = await dana.comment(repo, issue, ask);
  await company.until(issue, /waiting for approval/);
  await company.github.as('omar').comment(repo, issue, '/approve r2');
  await company.until(issue, /is granted until/);
  await dana.deleteComment(repo, second.id);
  await company.github.settled();
  await dana.comment(repo, issue, '/revoke');
  await company.until(issue, /was revoked by `dana`/);
});

test('the label says how the latest request stands, whatever becomes of an older one', async () => {
  await using company = await startCompany();
  const issue = await company.granted('/connect payments-db 2h');
  const dana = company.github.as('dana');
  await dana.comment(repo, issue, '/connect payments-db 1h');
  await company.until(issue, /waiting for approval/);
  await dana.comment(repo, issue, '/revoke r1');
  await company.until(issue, /was revoked by `dana`/);
  await dana.comment(repo, issue, '/help');
  await company.until(issue, /A command is the first line/);
  const { labels } = company.github.thread(repo, issue).view();
  assert.deepEqual(labels, ['access: pending']);
});

test('a request can be denied with a reason, and withdrawn by its requester', async () => {
  await using company = await startCompany();
  const first = await company.asked(ask);
  await company.github.as('omar').comment(repo, first, '/deny not before the release');
  await company.until(first, /denied your request .* Why: `not before the release`/);
  const second = await company.asked(ask);
  await company.github.as('dana').comment(repo, second, '/cancel');
  await company.until(second, /cancelled/);
});

test('nothing happens in a public repository', async () => {
  await using company = await startCompany();
  const dana = company.github.as('dana');
  const { number } = await dana.openIssue('acme/open', { title: 'x' });
  await dana.comment('acme/open', number, ask);
  const issue = await company.openIssue();
  await dana.comment(repo, issue, '/help');
  await company.until(issue, /A command is the first line/);
  assert.equal(company.github.thread('acme/open', number).view().comments.length, 1);
});

test('a command delivered twice acts once', async () => {
  await using company = await startCompany();
  company.github.addFault({ kind: 'duplicate-delivery', event: 'issue_comment', times: 1 });
  const issue = await company.asked(ask);
  await company.github.settled();
  await company.github.as('dana').comment(repo, issue, '/help');
  const comments = await company.until(issue, /A command is the first line/);
  assert.equal(comments.length, 2);
});

test('a write whose answer was lost is not written twice', async () => {
  await using company = await startCompany();
  const issue = await company.openIssue();
  await company.stopBot();
  await company.github.as('dana').comment(repo, issue, ask);
  await company.github.settled();
  const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
  company.github.addFault({ kind: '502-after-write', route });
  await company.startBot();
  await company.until(issue, /waiting for approval/);
  await company.github.as('omar').comment(repo, issue, '/help');
  const comments = await company.until(issue, /A command is the first line/);
  assert.equal(comments.length, 2);
});

test('what GitHub could not deliver while the bot was down is acted on when it starts', async () => {
  await using company = await startCompany();
  const issue = await company.openIssue();
  await company.stopBot();
  await company.github.as('dana').comment(repo, issue, ask);
  await company.github.settled();
  assert.equal(company.botComments(issue).length, 0);
  await company.startBot();
  await company.until(issue, /waiting for approval/);
});

test('every decision leaves a record, in canonical JSON and without a gap', async () => {
  await using company = await startCompany();
  const issue = await company.asked(ask);
  await company.github.as('bea').comment(repo, issue, '/approve');
  await company.until(issue, /may not decide/);
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /is granted until/);
  await company.stopBot();
  await using store = await openStore(join(company.dataFolder, 'sallyport.db'));
  const records = (await readRecords(store.queries)).map(
    (body) => JSON.parse(body) as Record<string, unknown>,
  );
  assert.deepEqual(
    records.map(({ seq, action, outcome }) => ({ seq, action, outcome })),
    [
      { seq: 0, action: 'request.open', outcome: 'success' },
      { seq: 1, action: 'request.approve', outcome: 'refused' },
      { seq: 2, action: 'request.approve', outcome: 'success' },
      { seq: 3, action: 'request.grant', outcome: 'success' },
    ],
  );
});

test('what is asked and what is not enough yet are on record with what is missing and who could give it', async () => {
  await using company = await startCompany();
  const issue = await company.asked('/connect payments-db 30m as writer');
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /Still needed:\*\* 1 approval by `otto`/);
  const last = (await recorded(company)).map(({ action, data }) => {
    const { rule, satisfied, suppliers } =
      (data['derivation'] as unknown as Derivation).at(-1) ?? {};
    return { action, rule, satisfied, who: suppliers?.flatMap(({ logins }) => logins) };
  });
  const rule = 'approvals-suffice';
  assert.deepEqual(last, [
    { action: 'request.open', rule, satisfied: false, who: ['omar', 'otto'] },
    { action: 'request.approve', rule, satisfied: false, who: ['otto'] },
  ]);
});
