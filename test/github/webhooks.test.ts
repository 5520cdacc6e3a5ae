// What an App is told: signed, with who did it, and only of what it was given.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { within } from '../support/within.ts';
import { startBoth, installationClient, sallyport } from './fixture.ts';
import type { LocalGitHub } from './server.ts';

const repo = 'acme/access';

/** No delivery here has a reason to take long. */
function settled(github: LocalGitHub): Promise<void> {
  return within('every delivery is answered', github.settled());
}

function openIssue(github: LocalGitHub) {
  return github.as('dana').openIssue(repo, { title: 'Access to payments-db' });
}

test("a webhook's signature verifies over the raw bytes, and its headers name the App", async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  await openIssue(github);
  await settled(github);
  const [hook] = receiver.received;
  assert.ok(hook);
  const { webhookSecret, appId } = sallyport(github);
  const expected = createHmac('sha256', webhookSecret).update(hook.body).digest('hex');
  assert.equal(hook.headers['x-hub-signature-256'], `sha256=${expected}`);
  assert.equal(hook.headers['x-github-event'], 'issues');
  assert.match(String(hook.headers['x-github-delivery']), /^[\da-f-]{36}$/);
  assert.equal(hook.headers['x-github-hook-installation-target-id'], String(appId));
  assert.equal(hook.headers['x-github-hook-installation-target-type'], 'integration');
  assert.match(String(hook.headers['user-agent']), /^GitHub-Hookshot\//);
});

test("an App's own comment comes back to it with a sender that is a bot", async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  const issue = await openIssue(github);
  const octokit = installationClient(github);
  const at = { owner: 'acme', repo: 'access', issue_number: issue.number };
  await octokit.rest.issues.createComment({ ...at, body: 'a card' });
  await settled(github);
  const payload = receiver.received.at(-1)?.payload as {
    action: string;
    sender: { type: string; login: string };
    comment: { performed_via_github_app: { slug: string } };
    installation: { id: number };
  };
  assert.equal(payload.action, 'created');
  assert.equal(payload.sender.type, 'Bot');
  assert.equal(payload.sender.login, 'sallyport[bot]');
  assert.equal(payload.comment.performed_via_github_app.slug, 'sallyport');
  assert.equal(payload.installation.id, sallyport(github).installations['acme']);
});

test('an edit tells who edited, which may be another than who wrote', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  const issue = await openIssue(github);
  const comment = await github.as('dana').comment(repo, issue.number, '/connect payments-db');
  await github.as('olga').editComment(repo, comment.id, '/connect payments-db 8h');
  await settled(github);
  const payload = receiver.received.find((one) => one.payload['action'] === 'edited')?.payload as {
    changes: { body: { from: string } };
    sender: { login: string };
    comment: { user: { login: string } };
  };
  assert.equal(payload.changes.body.from, '/connect payments-db');
  assert.equal(payload.sender.login, 'olga');
  assert.equal(payload.comment.user.login, 'dana');
});

test('a repository outside the installation sends nothing', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  await github.as('dana').openIssue('acme/secret', { title: 'Not for the bot' });
  await settled(github);
  assert.equal(receiver.received.length, 0);
});

test('a suspended installation hears of its suspension and then nothing', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  github.installation.suspend(Number(sallyport(github).installations['acme']), 'olga');
  await openIssue(github);
  await settled(github);
  const heard = receiver.received.map((one) => one.headers['x-github-event']);
  assert.deepEqual(heard, ['installation']);
  await assert.rejects(installationClient(github).rest.apps.listReposAccessibleToInstallation(), {
    status: 403,
  });
});

test('a pushed file is told as a push with its commit', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  const { commit } = await github
    .as('omar')
    .putFile(repo, 'sallyport.yml', { text: 'version: 2\n' });
  await settled(github);
  const payload = receiver.received.at(-1)?.payload as {
    ref: string;
    after: string;
    commits: { modified: string[] }[];
  };
  assert.equal(payload.ref, 'refs/heads/main');
  assert.equal(payload.after, commit.sha);
  assert.deepEqual(payload.commits[0]?.modified, ['sallyport.yml']);
});
