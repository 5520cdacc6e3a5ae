import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany, template } from '../company.ts';

const repo = 'acme/access';
const lost = { kind: 'unrecorded-delivery', event: 'issue_comment', times: 1 } as const;

test('an approval whose delivery was lost without a trace is found in the thread', async () => {
  await using company = await startCompany();
  const issue = await company.asked('/connect payments-db 1h');
  company.github.addFault(lost);
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.github.settled();
  assert.equal(company.botComments(issue).length, 1, 'nobody told the bot');
  // A round is made at every start.
  await company.stopBot();
  await company.startBot();
  const comments = await company.until(issue, /is granted until/);
  assert.equal(comments.length, 2);
});

test('a revocation whose delivery was lost is found in the thread of the grant', async () => {
  await using company = await startCompany();
  const issue = await company.granted('/connect payments-db 1h');
  company.github.addFault(lost);
  await company.github.as('omar').comment(repo, issue, '/revoke');
  await company.github.settled();
  await company.stopBot();
  await company.startBot();
  await company.until(issue, /: revoked/);
});

test('a review whose delivery was lost is found, also after the grant has ended', async () => {
  const policy = template('sallyport.yml').replace(
    '    pending: 8h',
    '    break-glass: { who: group:default/engineering, max: 1h, review: 24h }\n    pending: 8h',
  );
  await using company = await startCompany({ policy });
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, '/break-glass payments-db\n\nIt is down.');
  await company.until(issue, /broke the glass of/);
  await company.github.as('dana').comment(repo, issue, '/revoke');
  await company.until(issue, /: revoked/);
  company.github.addFault(lost);
  await company.github.as('omar').comment(repo, issue, '/review ok');
  await company.github.settled();
  await company.stopBot();
  await company.startBot();
  await company.until(issue, /`omar` reviewed it at/);
});

test('a withdrawal that was lost comes before an approval that was given after it', async () => {
  await using company = await startCompany();
  const issue = await company.asked('/connect payments-db 1h');
  company.github.addFault(lost);
  await company.github.as('dana').comment(repo, issue, '/cancel');
  await company.github.as('omar').comment(repo, issue, '/approve');
  const comments = await company.until(
    issue,
    /no request waits for a decision|is `cancelled` already/,
  );
  assert.match(comments[0] ?? '', /: cancelled/);
});

test('an approval that was not yet heard gives nothing once the requester has withdrawn', async () => {
  await using company = await startCompany();
  const issue = await company.asked('/connect payments-db 1h');
  await company.stopBot();
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.github.as('dana').comment(repo, issue, '/cancel');
  await company.github.settled();
  await company.startBot();
  const [card] = await company.until(issue, /: cancelled/);
  await company.github.settled();
  assert.doesNotMatch(card ?? '', /granted until/);
  assert.ok(company.botComments(issue).every((body) => !body.includes('is granted until')));
});

test('a revocation that was written after the approval, before either was heard, ends what was given', async () => {
  await using company = await startCompany();
  const issue = await company.asked('/connect payments-db 1h');
  await company.stopBot();
  await company.github.as('omar').comment(repo, issue, '/approve');
  await company.github.as('omar').comment(repo, issue, '/revoke Wrong person, sorry');
  await company.github.settled();
  await company.startBot();
  await company.until(issue, /: revoked/);
});

test('a revocation acts although its reason holds a token, which goes nowhere', async () => {
  await using company = await startCompany();
  const issue = await company.granted('/connect payments-db 1h');
  const token = `ghp_${'a'.repeat(36)}`;
  await company.github.as('omar').comment(repo, issue, `/revoke leaked: ${token}`);
  const comments = await company.until(issue, /: revoked/);
  assert.match(comments[0] ?? '', /left out, because it held what looks like a GitHub token/);
  assert.ok(comments.every((body) => !body.includes(token)));
});

test('two approvals of which the first was lost both count', async () => {
  await using company = await startCompany();
  const issue = await company.openIssue();
  await company.github.as('dana').comment(repo, issue, '/connect payments-db 30m as writer');
  await company.until(issue, /2 approvals by/);
  company.github.addFault(lost);
  await company.github.as('omar').comment(repo, issue, '/approve');
  // What otto says makes the bot hear the thread, and so omar.
  await company.github.as('otto').comment(repo, issue, '/approve');
  await company.until(issue, /is granted until/);
});

test('a command that was edited before anybody heard it is passed over, also in the thread', async () => {
  await using company = await startCompany();
  const issue = await company.asked('/connect payments-db 1h');
  company.github.addFault(lost);
  const omar = company.github.as('omar');
  const { id } = await omar.comment(repo, issue, 'Let me see');
  await omar.editComment(repo, id, '/approve');
  await company.stopBot();
  await company.startBot();
  await company.github.as('dana').comment(repo, issue, '/status');
  const comments = await company.until(issue, /\| Request \| Of/);
  assert.match(comments[0] ?? '', /waiting for approval/);
});
