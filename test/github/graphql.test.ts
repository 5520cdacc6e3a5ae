// The few GraphQL documents a bot needs, and what the local GitHub says to any other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenClient, withIssue } from './fixture.ts';

const access = { owner: 'acme', repo: 'access' } as const;

test('GraphQL tells what REST does not: who edited, when, and whether it came by mail', async () => {
  await using world = await withIssue();
  const { github, at } = world;
  const { id } = await github.as('dana').commentByEmail('acme/access', at.issue_number, 'one');
  await github.as('omar').editComment('acme/access', id, 'two');
  const dana = tokenClient(github, github.as('dana').token);
  const rest = await dana.rest.issues.getComment({ ...access, comment_id: id });
  const { node } = await dana.graphql<{ node: Record<string, unknown> }>(
    `query ($id: ID!) { node(id: $id) { __typename ... on IssueComment {
      databaseId body createdViaEmail includesCreatedEdit lastEditedAt
      author { login ... on User { databaseId } } editor { login } } } }`,
    { id: rest.data.node_id },
  );
  assert.equal(node['__typename'], 'IssueComment');
  assert.equal(node['databaseId'], id);
  assert.equal(node['createdViaEmail'], true);
  assert.equal(node['includesCreatedEdit'], true);
  assert.ok(Date.parse(String(node['lastEditedAt'])) > 0);
  assert.deepEqual(node['author'], { login: 'dana', databaseId: github.seeded.userIds['dana'] });
  assert.deepEqual(node['editor'], { login: 'omar' });
  await assert.rejects(
    dana.graphql(`{ node(id: "${rest.data.node_id}") { invented } }`),
    /doesn't exist on type/,
  );
  await assert.rejects(
    dana.graphql('{ node(id: "IC_kwMQ") { id } }'),
    /Could not resolve to a node/,
  );
  await assert.rejects(dana.graphql('{ node(id: "x"'), /Parse error/);
});

test('a comment is minimized by those who may write', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  const { data } = await octokit.rest.issues.createComment({ ...at, body: 'old news' });
  const document = `mutation ($id: ID!) { minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) {
    minimizedComment { isMinimized minimizedReason } } }`;
  const variables = { id: data.node_id };
  const writes: string[] = [];
  github.on('write', ({ phase, route }) => void writes.push(`${phase} ${route}`));
  const bea = tokenClient(github, github.as('bea').token);
  await assert.rejects(bea.graphql(document, variables), /not accessible/);
  const answer = await octokit.graphql(document, variables);
  assert.deepEqual(writes.slice(-2), ['before POST /graphql', 'after POST /graphql']);
  const minimizedComment = { isMinimized: true, minimizedReason: 'outdated' };
  assert.deepEqual(answer, { minimizeComment: { minimizedComment } });
  const [comment] = github.thread('acme/access', at.issue_number).view().comments;
  assert.equal(comment?.minimizedReason, 'OUTDATED');
});
