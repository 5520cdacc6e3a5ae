// Issues as things with a life: numbered once, changed by those who may, and gone in several ways.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installationToken, personClient } from './clients.ts';
import { startAcme, startBoth, withIssue, installationClient } from './fixture.ts';
import type { LocalGitHub } from './server.ts';

const access = { owner: 'acme', repo: 'access' } as const;

async function opened(github: LocalGitHub, title = 'Hello'): Promise<number> {
  return (await github.as('dana').openIssue('acme/access', { title })).number;
}

test('an issue is changed by its author or a writer, and nothing is changed in an archived repository', async () => {
  await using github = await startAcme();
  const number = await opened(github);
  await assert.rejects(github.as('bea').editIssue('acme/access', number, { state: 'closed' }), {
    status: 403,
  });
  await github.as('dana').editIssue('acme/access', number, { title: 'Hello again' });
  await github.as('omar').editIssue('acme/access', number, { state: 'closed' });
  const { title, state } = github.thread('acme/access', number).view();
  assert.deepEqual([title, state], ['Hello again', 'closed']);
  github.repository.archive('acme/access', 'olga');
  await assert.rejects(github.as('omar').comment('acme/access', number, 'late'), {
    status: 403,
    message: /archived/,
  });
});

test('an author without push access changes the title, and the labels are dropped without a word', async () => {
  await using github = await startAcme();
  const at = { ...access, issue_number: await opened(github) };
  const { rest } = personClient(github, 'dana');
  const { data } = await rest.issues.update({ ...at, title: 'Please', labels: ['access'] });
  assert.deepEqual([data.title, data.labels], ['Please', []]);
});

test('a change with a bad label in it changes nothing, and makes no label', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  const before = github.thread('acme/access', at.issue_number).view();
  const labels = ['brand-new', 'x'.repeat(51)];
  await assert.rejects(octokit.rest.issues.update({ ...at, title: 'Changed', labels }), {
    status: 422,
  });
  const many = Array.from({ length: 101 }, (_, index) => `label-${index}`);
  await assert.rejects(octokit.rest.issues.update({ ...at, title: 'Changed', labels: many }), {
    status: 422,
  });
  await assert.rejects(octokit.rest.issues.addLabels({ ...at, labels }), { status: 422 });
  await assert.rejects(octokit.rest.issues.setLabels({ ...at, labels }), { status: 422 });
  assert.deepEqual(github.thread('acme/access', at.issue_number).view(), before);
  const known = await octokit.rest.issues.listLabelsForRepo(access);
  assert.deepEqual(
    known.data.map(({ name }) => name),
    ['access'],
  );
});

test('a number is used once: the issue after a deleted one has the next', async () => {
  await using github = await startAcme();
  const first = await opened(github);
  await github.as('olga').deleteIssue('acme/access', first);
  assert.equal(await opened(github), first + 1);
});

test('a deleted issue is 410 to whoever could read it, 404 to a stranger, and only an administrator deletes', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  const number = await opened(github);
  await assert.rejects(github.as('omar').deleteIssue('acme/access', number), { status: 403 });
  await github.as('olga').deleteIssue('acme/access', number);
  const at = { ...access, issue_number: number };
  for (const login of ['dana', 'olga']) {
    const { issues } = personClient(github, login).rest;
    await assert.rejects(issues.get(at), { status: 410 });
    await assert.rejects(issues.createComment({ ...at, body: 'late' }), { status: 410 });
  }
  await assert.rejects(personClient(github, 'stan').rest.issues.get(at), { status: 404 });
  await github.settled();
  assert.deepEqual(receiver.heard(), ['issues.deleted', 'issues.opened']);
});

test('a transferred issue leads to where it went, with its comments and the labels that are known there', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  const number = await opened(github);
  const at = { ...access, issue_number: number };
  const octokit = installationClient(github);
  await octokit.rest.issues.addLabels({ ...at, labels: ['access'] });
  await github.as('dana').comment('acme/access', number, 'stays with it');
  github.repository.privatize('acme/site', 'olga');
  await assert.rejects(github.as('dana').transferIssue('acme/access', number, 'acme/site'), {
    status: 403,
  });
  const moved = await github.as('olga').transferIssue('acme/access', number, 'acme/site');
  const followed = await octokit.rest.issues.get(at);
  assert.deepEqual([followed.data.number, followed.data.labels], [moved, []]);
  assert.match(followed.data.html_url, /\/acme\/site\/issues\/1$/);
  const comments = await octokit.rest.issues.listComments(at);
  assert.equal(comments.data[0]?.body, 'stays with it');
  const headers = { authorization: `Bearer ${github.as('dana').token}` };
  const url = `${github.apiUrl}/repos/acme/access/issues/${number}`;
  const answer = await fetch(url, { headers, redirect: 'manual' });
  assert.equal(answer.status, 301);
  await github.settled();
  const { changes } = receiver.last('issues.transferred') as Transferred;
  assert.equal(changes.new_repository.full_name, 'acme/site');
  const came = receiver.last('issues.opened') as Came;
  assert.deepEqual([came.issue.number, came.changes.old_issue.number], [moved, number]);
});

interface Transferred {
  readonly changes: { new_repository: { full_name: string } };
}

interface Came {
  readonly changes: { old_issue: { number: number } };
  readonly issue: { number: number };
}

test('a private issue is not transferred to a public repository', async () => {
  await using github = await startAcme();
  const number = await opened(github);
  await assert.rejects(github.as('olga').transferIssue('acme/access', number, 'acme/site'), {
    status: 422,
  });
  assert.equal(github.thread('acme/access', number).exists(), true);
});

test('whoever cannot read the place where an issue went is told nothing of it', async () => {
  await using github = await startAcme();
  const number = await opened(github);
  const moved = await github.as('olga').transferIssue('acme/access', number, 'acme/secret');
  assert.equal(github.thread('acme/secret', moved).exists(), true);
  const url = `${github.apiUrl}/repos/acme/access/issues/${number}`;
  const headers = { authorization: `Bearer ${await installationToken(github)}` };
  const answer = await fetch(url, { headers, redirect: 'manual' });
  assert.equal(answer.status, 404);
});

test('a converted issue stays, closed and locked, and a discussion is told of', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  const number = await opened(github);
  await assert.rejects(github.as('dana').convertIssue('acme/access', number), { status: 403 });
  await github.as('omar').convertIssue('acme/access', number);
  const { state, locked } = github.thread('acme/access', number).view();
  assert.deepEqual([state, locked], ['closed', true]);
  await github.settled();
  assert.deepEqual(receiver.heard(), [
    'discussion.created',
    'issues.closed',
    'issues.locked',
    'issues.opened',
  ]);
});

test('a locked issue takes no comment and no reaction, neither from an App nor from a reader', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  const { id } = await github.as('dana').comment('acme/access', at.issue_number, 'first');
  await github.as('omar').lockIssue('acme/access', at.issue_number);
  const dana = personClient(github, 'dana');
  const reaction = { ...access, comment_id: Number(id), content: 'eyes' } as const;
  for (const { rest } of [octokit, dana]) {
    await assert.rejects(rest.issues.createComment({ ...at, body: 'hi' }), {
      status: 403,
      message: /Unable to create comment because issue is locked/,
    });
    await assert.rejects(rest.reactions.createForIssueComment(reaction), { status: 403 });
    await assert.rejects(rest.reactions.createForIssue({ ...at, content: 'eyes' }), {
      status: 403,
    });
  }
  await github.as('omar').comment('acme/access', at.issue_number, 'a writer may');
  await github.as('omar').unlockIssue('acme/access', at.issue_number);
  await octokit.rest.issues.createComment({ ...at, body: 'an App may again' });
});

test("an App's edit on a locked issue is taken, unless this GitHub was told not to", async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  const { data } = await octokit.rest.issues.createComment({ ...at, body: 'pending' });
  await github.as('omar').lockIssue('acme/access', at.issue_number);
  const edit = { ...access, comment_id: data.id, body: 'granted' };
  assert.equal((await octokit.rest.issues.updateComment(edit)).status, 200);
  github.instance.habits.lockedIssuesTakeAppEdits = false;
  const refused = octokit.rest.issues.updateComment({ ...edit, body: 'ended' });
  await assert.rejects(refused, { status: 403, message: /locked/ });
  await github.as('omar').editComment('acme/access', data.id, 'a writer may');
});
