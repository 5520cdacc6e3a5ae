// A thread as octokit works on it: pages of comments, reactions, labels, replies by mail.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { personClient } from './clients.ts';
import { withIssue } from './fixture.ts';

const access = { owner: 'acme', repo: 'access' } as const;

test('pagination walks every comment once, in order', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  for (let count = 1; count <= 7; count += 1) {
    await github.as('dana').comment('acme/access', at.issue_number, `comment ${count}`);
  }
  const all = await octokit.paginate(octokit.rest.issues.listComments, { ...at, per_page: 3 });
  const bodies = all.map((one) => one.body);
  assert.deepEqual(
    bodies,
    Array.from({ length: 7 }, (_, index) => `comment ${index + 1}`),
  );
  const first = await octokit.rest.issues.listComments({ ...at, per_page: 3 });
  assert.match(String(first.headers.link), /rel="next".*rel="last"/);
});

test('a reaction is added once: 201, then 200, and only its author takes it back', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  const { id } = await github.as('dana').comment('acme/access', at.issue_number, '/connect');
  const reaction = { ...access, comment_id: Number(id), content: 'eyes' } as const;
  const first = await octokit.rest.reactions.createForIssueComment(reaction);
  const again = await octokit.rest.reactions.createForIssueComment(reaction);
  assert.deepEqual([first.status, again.status], [201, 200]);
  assert.equal(first.data.id, again.data.id);
  const removal = { ...access, comment_id: Number(id), reaction_id: first.data.id };
  const dana = personClient(github, 'dana');
  await assert.rejects(dana.rest.reactions.deleteForIssueComment(removal), { status: 403 });
  await octokit.rest.reactions.deleteForIssueComment(removal);
  const left = await octokit.rest.reactions.listForIssueComment(reaction);
  assert.deepEqual(left.data, []);
});

test('labels are added, replaced and removed, and an unknown one is made', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  const view = () => github.thread('acme/access', at.issue_number).view().labels;
  await octokit.rest.issues.addLabels({ ...at, labels: ['access', 'sallyport:pending'] });
  assert.deepEqual(view(), ['access', 'sallyport:pending']);
  await octokit.rest.issues.setLabels({ ...at, labels: ['sallyport:granted'] });
  assert.deepEqual(view(), ['sallyport:granted']);
  await octokit.rest.issues.removeLabel({ ...at, name: 'sallyport:granted' });
  assert.deepEqual(view(), []);
  const made = await octokit.rest.issues.getLabel({ ...access, name: 'sallyport:pending' });
  assert.equal(made.data.color, 'ededed');
  const again = octokit.rest.issues.createLabel({ ...access, name: 'Access', color: '000000' });
  await assert.rejects(again, { status: 422 });
});

test('a reply by mail is a comment like any other: the same rights, locks and limits', async () => {
  await using world = await withIssue();
  const { github, at } = world;
  const reply = (login: string, body = 'hi') =>
    github.as(login).commentByEmail('acme/access', at.issue_number, body);
  assert.equal((await reply('dana')).user?.login, 'dana');
  await assert.rejects(reply('stan'), { status: 404 });
  await assert.rejects(reply('dana', 'x'.repeat(65_537)), { status: 422 });
  await assert.rejects(reply('dana', ' '), { status: 422 });
  await github.as('omar').lockIssue('acme/access', at.issue_number);
  await assert.rejects(reply('dana'), { status: 403, message: /locked/ });
  github.repository.archive('acme/access', 'olga');
  await assert.rejects(reply('omar'), { status: 403, message: /archived/ });
  assert.equal(github.thread('acme/access', at.issue_number).view().comments.length, 1);
});
