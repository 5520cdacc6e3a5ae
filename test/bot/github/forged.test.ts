import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCompany, type Company } from '../company.ts';

const repo = 'acme/access';
const ask = '/connect payments-db 2h\n\nThe ledger is off by one cent.';

interface Delivered {
  readonly comment: { readonly id: number };
  readonly issue: object;
  readonly repository: object;
}

/** What GitHub delivered for a comment. */
function deliveredFor({ github }: Company, commentId: number | bigint): Delivered {
  const payloads = github.deliveries
    .filter(({ event }) => event === 'issue_comment')
    .map(({ body }) => JSON.parse(body.toString()) as Delivered);
  const found = payloads.find(({ comment }) => comment.id === Number(commentId));
  assert.ok(found);
  return found;
}

test('a signed event cannot carry somebody’s yes from one issue to another', async () => {
  await using company = await startCompany();
  const { github } = company;
  const issue = await company.openIssue();
  const asked = await github.as('dana').comment(repo, issue, ask);
  await company.until(issue, /waiting for approval/);
  // A yes to something else, where the bot does not act: it is not settled and stands there unedited.
  const open = await github.as('omar').openIssue('acme/open', { title: 'Release notes' });
  const yes = await github.as('omar').comment('acme/open', open.number, '/approve');
  await github.settled();
  const { issue: other, repository } = deliveredFor(company, asked.id);
  const forged = { ...deliveredFor(company, yes.id), issue: other, repository };
  assert.equal(await company.forge('issue_comment', forged), 202);

  await github.as('dana').comment(repo, issue, '/help');
  const comments = await company.until(issue, /A command is the first line/);
  assert.match(comments[0] ?? '', /waiting for approval/);
});

test('a public repository stays out of it, whatever a signed event says', async () => {
  await using company = await startCompany();
  const { github } = company;
  const open = await github.as('dana').openIssue('acme/open', { title: 'x' });
  const asked = await github.as('dana').comment('acme/open', open.number, ask);
  await github.settled();
  const delivered = deliveredFor(company, asked.id);
  const repository = { ...delivered.repository, private: true };
  assert.equal(await company.forge('issue_comment', { ...delivered, repository }), 202);

  const issue = await company.openIssue();
  await github.as('dana').comment(repo, issue, '/help');
  await company.until(issue, /A command is the first line/);
  assert.equal(github.thread('acme/open', open.number).view().comments.length, 1);
});

for (const action of ['edited', 'deleted']) {
  test(`a request is not void because a signed event says that its comment was ${action}`, async () => {
    await using company = await startCompany();
    const { github } = company;
    const issue = await company.openIssue();
    const asked = await github.as('dana').comment(repo, issue, ask);
    await company.until(issue, /waiting for approval/);
    const delivered = deliveredFor(company, asked.id);
    const sender = { login: 'mallory', id: 666, type: 'User' };
    assert.equal(
      await company.forge('issue_comment', { ...delivered, action, changes: {}, sender }),
      202,
    );
    await github.as('omar').comment(repo, issue, '/approve');
    const comments = await company.until(issue, /is granted until/);
    assert.doesNotMatch(comments.join('\n'), /mallory/);
  });
}

test('a command that was deleted before it was read holds up nothing', async () => {
  await using company = await startCompany();
  const { github } = company;
  const issue = await company.openIssue();
  await company.stopBot();
  const { id } = await github.as('bea').comment(repo, issue, '/help');
  await github.as('bea').deleteComment(repo, id);
  await github.as('dana').comment(repo, issue, ask);
  await github.settled();
  await company.startBot();
  await company.until(issue, /waiting for approval/);
});

test('a yes that was written before the request is no yes to it, however late it is delivered', async () => {
  await using company = await startCompany();
  const { github } = company;
  const issue = await company.openIssue();
  github.addFault({ kind: 'lost-delivery', event: 'issue_comment', times: 1 });
  const yes = await github.as('omar').comment(repo, issue, '/approve');
  await github.settled();
  await github.as('dana').comment(repo, issue, ask);
  await company.until(issue, /waiting for approval/);
  assert.equal(await company.forge('issue_comment', deliveredFor(company, yes.id)), 202);
  await github.as('dana').comment(repo, issue, '/help');
  const comments = await company.until(issue, /A command is the first line/);
  assert.match(comments[0] ?? '', /waiting for approval/);
});
