// Deliveries that go wrong: lost, lost without a trace, doubled, late and out of order. And what an App can
// ask to be told again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { within } from '../support/within.ts';
import { startAcme, startBoth, appClient } from './fixture.ts';
import { startSilent } from './receiver.ts';
import type { LocalGitHub } from './server.ts';

const repo = 'acme/access';

function openIssue(github: LocalGitHub, title = 'Access to payments-db') {
  return github.as('dana').openIssue(repo, { title });
}

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

test('an unrecorded delivery never comes, and GitHub knows nothing of it', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  const fault = github.addFault({ kind: 'unrecorded-delivery', event: 'issues' });
  await openIssue(github);
  await within('the fault strikes', fault.struck);
  await openIssue(github, 'A second one');
  await github.settled();
  assert.deepEqual(receiver.heard(), ['issues.opened']);
  assert.equal((await appClient(github).rest.apps.listWebhookDeliveries()).data.length, 1);
});

test('a duplicate comes under the same GUID, after the first was answered', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  github.addFault({ kind: 'duplicate-delivery', event: 'issues' });
  const answer = receiver.holdAnswers();
  await openIssue(github);
  await github.waitFor(() => github.deliveries.length > 0);
  assert.equal(github.deliveries.length, 1, 'the second is not even on its way');
  answer();
  await github.settled();
  await openIssue(github);
  await github.settled();
  const guids = receiver.received.map((one) => one.headers['x-github-delivery']);
  assert.equal(guids.length, 3);
  assert.equal(new Set(guids).size, 2);
});

test('held deliveries are sent when they are released, in any order, and are not listed before', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  const first = github.addFault({ kind: 'held-delivery', event: 'issues.opened' });
  const second = github.addFault({ kind: 'held-delivery', event: 'issues.opened' });
  await openIssue(github, 'one');
  await openIssue(github, 'two');
  await openIssue(github, 'three');
  await github.settled();
  const titles = () =>
    receiver.received.map(({ payload }) => (payload as { issue: { title: string } }).issue.title);
  assert.deepEqual(titles(), ['three']);
  assert.equal((await appClient(github).rest.apps.listWebhookDeliveries()).data.length, 1);
  for (const held of [second, first]) {
    held.release();
    await github.settled();
  }
  assert.deepEqual(titles(), ['three', 'two', 'one']);
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

test('a receiver that does not answer in time is recorded as timed out', async () => {
  await using github = await startAcme({ webhookTimeoutMs: 20 });
  await using silent = await startSilent();
  github.setWebhookUrl('sallyport', silent.url);
  await openIssue(github);
  await within('the delivery ends', github.settled());
  const [late] = (await appClient(github).rest.apps.listWebhookDeliveries()).data;
  assert.deepEqual([late?.status, late?.status_code], ['timed out', 504]);
});
