// GitHub gives whole seconds everywhere: a bot that counts on more finds nothing to count on here either.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askGraphql } from './clients.ts';
import { startBoth, appClient } from './fixture.ts';
import { timestamp } from './shapes/timestamp.ts';

const milliseconds = /\.\d{3}Z"/;
const paths = [
  '/user',
  '/users/dana',
  '/users/dana/keys',
  '/repos/acme/access',
  '/repos/acme/access/commits/main',
  '/repos/acme/access/contents/sallyport.yml',
  '/repos/acme/access/labels',
  '/repos/acme/access/issues?state=all',
  '/repos/acme/access/issues/1',
  '/repos/acme/access/issues/1/comments',
  '/repos/acme/access/issues/1/labels',
  '/orgs/acme/memberships/dana',
  '/orgs/acme/teams/payments',
  '/orgs/acme/teams/payments/members',
];

test('a moment is written in whole seconds, cut and not rounded', () => {
  assert.equal(timestamp(new Date('2026-01-01T10:00:00.999Z')), '2026-01-01T10:00:00Z');
});

test('no answer and no payload has a fraction of a second', async () => {
  await using both = await startBoth({
    now: () => new Date(Math.floor(Date.now() / 1000) * 1000 + 123),
  });
  const { github, receiver } = both;
  const dana = github.as('dana');
  const { number } = await dana.openIssue('acme/access', { title: 'Hello' });
  const { id, node_id } = await dana.comment('acme/access', number, 'one');
  await dana.editComment('acme/access', id, 'two');
  await dana.react('acme/access', id, 'eyes');
  await dana.editIssue('acme/access', number, { state: 'closed' });
  await github.as('omar').putFile('acme/access', 'a', { text: 'b' });
  github.installation.suspend(
    Number(github.seeded.apps['sallyport']?.installations['acme']),
    'olga',
  );
  github.repository.archive('acme/access', 'olga');
  github.organization('acme').removeFromTeam('payments', 'omar', 'olga');
  await github.settled();
  for (const { body } of receiver.received) assert.doesNotMatch(body.toString(), milliseconds);

  const headers = { authorization: `Bearer ${dana.token}` };
  for (const path of paths) {
    const answer = await fetch(github.apiUrl + path, { headers });
    assert.equal(answer.status, 200, path);
    assert.doesNotMatch(await answer.text(), milliseconds, path);
  }
  const { rest } = appClient(github);
  const told = [
    await rest.apps.getAuthenticated(),
    await rest.apps.listInstallations(),
    await rest.apps.listWebhookDeliveries(),
  ];
  assert.doesNotMatch(JSON.stringify(told.map(({ data }) => data)), milliseconds);
  const query = `{ node(id: "${node_id}") { ... on IssueComment { createdAt updatedAt lastEditedAt
    userContentEdits(first: 9) { nodes { createdAt editedAt } } } } }`;
  assert.doesNotMatch(
    JSON.stringify(await askGraphql(github, dana.token, { query })),
    milliseconds,
  );
});
