// What an App is told, and what it can ask to be told again.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { appClient, installationClient, sallyport, startAcme, startReceiver } from './fixture.ts';
import type { LocalGitHub } from './server.ts';

async function startBoth() {
  const receiver = await startReceiver();
  const github = await startAcme();
  github.setWebhookUrl('sallyport', receiver.url);
  const stack = new AsyncDisposableStack();
  stack.use(receiver);
  stack.use(github);
  return { receiver, github, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const repo = 'acme/access';

function openIssue(github: LocalGitHub) {
  return github.as('dana').openIssue(repo, { title: 'Access to payments-db' });
}

test("a webhook's signature verifies over the raw bytes, and its headers name the App", async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  await openIssue(github);
  await github.settled();
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
  await github.settled();
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
  await github.settled();
  const payload = receiver.received.find((one) => one.payload['action'] === 'edited')?.payload as {
    changes: { body: { from: string } };
    sender: { login: string };
    comment: { user: { login: string } };
  };
  assert.equal(payload.changes.body.from, '/connect payments-db');
  assert.equal(payload.sender.login, 'olga');
  assert.equal(payload.comment.user.login, 'dana');
});

test('a redelivery keeps its GUID and has an id of its own', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  receiver.answerWith(500);
  await openIssue(github);
  await github.settled();
  const app = appClient(github);
  const failed = await app.rest.apps.listWebhookDeliveries({ status: 'failure' });
  const [first] = failed.data;
  assert.ok(first);
  assert.equal(first.status, 'Invalid HTTP Response: 500');
  receiver.answerWith(202);
  const delivery_id = first.id;
  const answer = await app.rest.apps.redeliverWebhookDelivery({ delivery_id });
  assert.equal(answer.status, 202);
  await github.settled();
  const [latest] = (await app.rest.apps.listWebhookDeliveries()).data;
  assert.equal(latest?.guid, first.guid);
  assert.notEqual(latest?.id, first.id);
  assert.equal(latest?.redelivery, true);
  assert.equal(latest?.status, 'OK');
  const [one, two] = receiver.received;
  assert.deepEqual(one?.body, two?.body);
  assert.equal(one?.headers['x-github-delivery'], two?.headers['x-github-delivery']);
});

test('a lost delivery is listed as failed and can be redelivered', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  github.addFault({ kind: 'lost-delivery', event: 'issues.opened' });
  await openIssue(github);
  await github.settled();
  assert.equal(receiver.received.length, 0);
  const app = appClient(github);
  const [lost] = (await app.rest.apps.listWebhookDeliveries({ status: 'failure' })).data;
  assert.ok(lost);
  await app.rest.apps.redeliverWebhookDelivery({ delivery_id: lost.id });
  await github.settled();
  assert.equal(receiver.received.length, 1);
  assert.equal(receiver.received[0]?.headers['x-github-delivery'], lost.guid);
});

test('a duplicate delivery arrives twice under one GUID', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  github.addFault({ kind: 'duplicate-delivery', event: 'issues' });
  await openIssue(github);
  await openIssue(github);
  await github.settled();
  const guids = receiver.received.map((one) => one.headers['x-github-delivery']);
  assert.equal(guids.length, 3);
  assert.equal(new Set(guids).size, 2);
});

test('the cursor walks every delivery once, newest first', async () => {
  await using both = await startBoth();
  const { github } = both;
  for (let count = 0; count < 7; count += 1) await openIssue(github);
  await github.settled();
  const app = appClient(github);
  const all = await app.paginate(app.rest.apps.listWebhookDeliveries, { per_page: 3 });
  const ids = all.map((one) => one.id);
  assert.equal(ids.length, 7);
  assert.deepEqual(
    ids,
    [...new Set(ids)].sort((a, b) => b - a),
  );
});

test('a repository outside the installation sends nothing', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  await github.as('dana').openIssue('acme/secret', { title: 'Not for the bot' });
  await github.settled();
  assert.equal(receiver.received.length, 0);
});

test('a suspended installation hears of its suspension and then nothing', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  github.installation.suspend(Number(sallyport(github).installations['acme']), 'olga');
  await openIssue(github);
  await github.settled();
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
  await github.settled();
  const payload = receiver.received.at(-1)?.payload as {
    ref: string;
    after: string;
    commits: { modified: string[] }[];
  };
  assert.equal(payload.ref, 'refs/heads/main');
  assert.equal(payload.after, commit.sha);
  assert.deepEqual(payload.commits[0]?.modified, ['sallyport.yml']);
});

test('a receiver that does not answer in time is recorded as timed out', async () => {
  const silent = createServer();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  await using github = await startAcme({ webhookTimeoutMs: 20 });
  const { port } = silent.address() as AddressInfo;
  github.setWebhookUrl('sallyport', `http://127.0.0.1:${port}/`);
  await openIssue(github);
  await github.settled();
  const [late] = (await appClient(github).rest.apps.listWebhookDeliveries()).data;
  assert.deepEqual([late?.status, late?.status_code], ['timed out', 504]);
  silent.close();
});
