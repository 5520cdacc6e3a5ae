// GitHub tells of a comment before everybody can read it: its read replicas are a moment behind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askGraphql, installationToken } from './clients.ts';
import { withIssue } from './fixture.ts';

const access = { owner: 'acme', repo: 'access' } as const;
const query = 'query ($id: ID!) { node(id: $id) { id } }';

test('a comment that is not yet visible is missing from as many answers as was said, wherever they are asked', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  await github.as('dana').comment('acme/access', at.issue_number, 'an old one');
  github.addFault({ kind: 'not-yet-visible', times: 3 });
  const { id, node_id } = await github.as('dana').comment('acme/access', at.issue_number, 'new');
  const comment = { ...access, comment_id: Number(id) };
  await assert.rejects(octokit.rest.issues.getComment(comment), { status: 404 });
  const asked = { query, variables: { id: node_id } };
  const early = await askGraphql(github, await installationToken(github), asked);
  assert.deepEqual([early.data, early.errors?.[0]?.type], [{ node: null }, 'NOT_FOUND']);
  const bodies = async () =>
    (await octokit.rest.issues.listComments(at)).data.map((one) => one.body);
  assert.deepEqual(await bodies(), ['an old one']);
  assert.deepEqual(await bodies(), ['an old one', 'new']);
  const late = await askGraphql(github, await installationToken(github), asked);
  assert.deepEqual(late.data, { node: { id: node_id } });
  assert.equal((await octokit.rest.issues.getComment(comment)).data.body, 'new');
});

test('only the next comment of the author that was named is hidden, and it can be written to all the while', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  github.addFault({ kind: 'not-yet-visible', author: 'dana', times: 1 });
  const card = (await octokit.rest.issues.createComment({ ...at, body: 'a card' })).data;
  assert.equal(
    (await octokit.rest.issues.getComment({ ...access, comment_id: card.id })).status,
    200,
  );
  const { id } = await github.as('dana').comment('acme/access', at.issue_number, '/connect');
  const reaction = { ...access, comment_id: Number(id), content: 'eyes' } as const;
  assert.equal((await octokit.rest.reactions.createForIssueComment(reaction)).status, 201);
  assert.deepEqual(github.armedFaults(), [{ kind: 'not-yet-visible', author: 'dana', times: 1 }]);
  const { data } = await octokit.rest.issues.listComments(at);
  assert.deepEqual(
    data.map((one) => one.body),
    ['a card'],
  );
  assert.deepEqual(github.armedFaults(), []);
});
