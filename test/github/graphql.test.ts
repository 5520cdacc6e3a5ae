// The few GraphQL documents a bot needs, and what the local GitHub says to any other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askGraphql, installationToken, personClient } from './clients.ts';
import { acmeWith, startAcme, withIssue } from './fixture.ts';
import type { LocalGitHub } from './server.ts';

const access = { owner: 'acme', repo: 'access' } as const;
const minimize = `mutation ($id: ID!) { minimizeComment(input: { subjectId: $id, classifier: OFF_TOPIC }) {
  minimizedComment { isMinimized minimizedReason } } }`;

function ask(github: LocalGitHub, query: string, variables: object = {}) {
  return askGraphql(github, github.as('dana').token, { query, variables });
}

test('GraphQL tells what REST does not: who edited, when, and whether it came by mail', async () => {
  await using world = await withIssue();
  const { github, at } = world;
  const { id, node_id } = await github
    .as('dana')
    .commentByEmail('acme/access', at.issue_number, 'one');
  await github.as('omar').editComment('acme/access', id, 'two');
  const { data } = await ask(
    github,
    `query ($id: ID!) { node(id: $id) { __typename ... on IssueComment {
      databaseId fullDatabaseId body createdViaEmail includesCreatedEdit lastEditedAt pullRequest { number }
      author { login ... on User { databaseId } } editor { login }
      repository { name isPrivate owner { login } } } } }`,
    { id: node_id },
  );
  const { lastEditedAt, ...node } = (data?.['node'] ?? {}) as Record<string, unknown>;
  assert.ok(Date.parse(String(lastEditedAt)) > 0);
  assert.deepEqual(node, {
    __typename: 'IssueComment',
    databaseId: null,
    fullDatabaseId: String(id),
    body: 'two',
    createdViaEmail: true,
    includesCreatedEdit: true,
    pullRequest: null,
    author: { login: 'dana', databaseId: github.seeded.userIds['dana'] },
    editor: { login: 'omar' },
    repository: { name: 'access', isPrivate: true, owner: { login: 'acme' } },
  });
});

test('a comment that nobody edited has no editor and no history', async () => {
  await using world = await withIssue();
  const { github, at } = world;
  const { node_id: id } = await github.as('dana').comment('acme/access', at.issue_number, 'one');
  const query = `query ($id: ID!) { node(id: $id) { ... on IssueComment { editor { login } lastEditedAt
    includesCreatedEdit userContentEdits(first: 5) { totalCount nodes { diff } } } } }`;
  assert.deepEqual((await ask(github, query, { id })).data, {
    node: {
      editor: null,
      lastEditedAt: null,
      includesCreatedEdit: false,
      userContentEdits: { totalCount: 0, nodes: [] },
    },
  });
});

test('the history of a comment is told newest first, page by page, down to its first version', async () => {
  await using world = await withIssue();
  const { github, at } = world;
  const { id, node_id } = await github.as('dana').comment('acme/access', at.issue_number, 'one');
  await github.as('omar').editComment('acme/access', id, 'two');
  await github.as('dana').editComment('acme/access', id, 'three');
  const page = async (slice: string) => {
    const query = `query ($id: ID!) { node(id: $id) { ... on IssueComment { userContentEdits${slice} {
      nodes { diff createdAt editedAt editor { login } } pageInfo { hasNextPage hasPreviousPage endCursor } } } } }`;
    const answer = await ask(github, query, { id: node_id });
    const { userContentEdits } = (answer.data?.['node'] ?? {}) as { userContentEdits: EditsPage };
    const nodes = userContentEdits?.nodes.map(({ diff, editor }) => [diff, editor.login]);
    return { nodes, ...userContentEdits?.pageInfo, type: answer.errors?.[0]?.type };
  };
  const first = await page('(first: 2)');
  assert.deepEqual(
    [first.nodes, first.hasNextPage, first.hasPreviousPage],
    [
      [
        ['three', 'dana'],
        ['two', 'omar'],
      ],
      true,
      false,
    ],
  );
  const second = await page(`(first: 2, after: "${first.endCursor}")`);
  assert.deepEqual([second.nodes, second.hasNextPage], [[['one', 'dana']], false]);
  assert.deepEqual((await page('(last: 1)')).nodes, [['one', 'dana']]);
  assert.equal((await page('')).type, 'MISSING_PAGINATION_BOUNDARIES');
  assert.equal((await page('(first: 101)')).type, 'EXCESSIVE_PAGINATION');
});

interface EditsPage {
  readonly nodes: readonly { diff: string; editor: { login: string } }[];
  readonly pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string };
}

test('what is missing is null with NOT_FOUND, also in the middle of a list', async () => {
  await using world = await withIssue();
  const { github, at } = world;
  const { node_id: id } = await github.as('dana').comment('acme/access', at.issue_number, 'one');
  const one = await ask(github, '{ node(id: "IC_kwMQ") { id } }');
  assert.deepEqual(
    [one.status, one.data, one.errors?.[0]?.type],
    [200, { node: null }, 'NOT_FOUND'],
  );
  const list = await ask(github, `{ nodes(ids: ["${id}", "IC_kwMQ", "${id}"]) { id } }`);
  assert.deepEqual(list.data, { nodes: [{ id }, null, { id }] });
  assert.deepEqual([list.errors?.[0]?.type, list.errors?.[0]?.path], ['NOT_FOUND', ['nodes', 1]]);
});

test('people are found by their logins, in any case; an organisation and nobody are NOT_FOUND beside them', async () => {
  await using github = await startAcme();
  const { id: databaseId } = (await personClient(github, 'omar').rest.users.getAuthenticated())
    .data;
  const query = `query ($a: String!, $b: String!, $c: String!) {
    a: user(login: $a) { login databaseId } b: user(login: $b) { login } c: user(login: $c) { login } }`;
  const answer = await ask(github, query, { a: 'OMAR', b: 'acme', c: 'nobody-here' });
  assert.deepEqual(answer.data, { a: { login: 'omar', databaseId }, b: null, c: null });
  assert.deepEqual(
    answer.errors?.map(({ type, path, message }) => [type, path, message]),
    [
      ['NOT_FOUND', ['b'], "Could not resolve to a User with the login of 'acme'."],
      ['NOT_FOUND', ['c'], "Could not resolve to a User with the login of 'nobody-here'."],
    ],
  );
});

test('an unknown field gives no data, a code and no change; a broken document a parse error', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  const { data } = await octokit.rest.issues.createComment({ ...at, body: 'a card' });
  const unknown = await ask(
    github,
    `{ viewer { login } node(id: "${data.node_id}") { invented } }`,
  );
  assert.equal('data' in unknown, false);
  assert.match(
    String(unknown.errors?.[0]?.message),
    /Field 'invented' doesn't exist on type 'Node'/,
  );
  assert.equal(unknown.errors?.[0]?.extensions?.['code'], 'undefinedField');
  const token = await installationToken(github);
  const query = minimize.replace('isMinimized', 'isMinimized invented');
  const mutation = await askGraphql(github, token, { query, variables: { id: data.node_id } });
  assert.equal(mutation.errors?.[0]?.extensions?.['code'], 'undefinedField');
  const [comment] = github.thread('acme/access', at.issue_number).view().comments;
  assert.equal(comment?.minimizedReason, null);
  assert.match(String((await ask(github, '{ node(id: "x"')).errors?.[0]?.message), /^Parse error/);
});

test('a missing permission is HTTP 200 with FORBIDDEN and null', async () => {
  await using github = await startAcme({ seed: acmeWith({ contents: 'read' }) });
  const { number } = await github.as('dana').openIssue('acme/access', { title: 'Hello' });
  const { node_id } = await github.as('dana').comment('acme/access', number, 'one');
  const query = `{ node(id: "${node_id}") { id } }`;
  const answer = await askGraphql(github, await installationToken(github), { query });
  assert.deepEqual([answer.status, answer.data], [200, { node: null }]);
  assert.equal(answer.errors?.[0]?.type, 'FORBIDDEN');
});

test('a comment is minimized by those who may write, where they may write', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  const { data } = await octokit.rest.issues.createComment({ ...at, body: 'old news' });
  const asked = { query: minimize, variables: { id: data.node_id } };
  const bea = await askGraphql(github, github.as('bea').token, asked);
  assert.deepEqual([bea.data, bea.errors?.[0]?.type], [{ minimizeComment: null }, 'FORBIDDEN']);
  const minimizedComment = { isMinimized: true, minimizedReason: 'off-topic' };
  const token = await installationToken(github);
  const answer = await askGraphql(github, token, asked);
  assert.deepEqual(answer.data, { minimizeComment: { minimizedComment } });
  const [comment] = github.thread('acme/access', at.issue_number).view().comments;
  assert.equal(comment?.minimizedReason, 'OFF_TOPIC');
});

test('an installation minimizes nothing in a repository it does not cover, nor in an archived one', async () => {
  await using github = await startAcme();
  github.repository.publicize('acme/secret', 'olga');
  const token = await installationToken(github);
  for (const repo of ['acme/secret', 'acme/access']) {
    const { number } = await github.as('dana').openIssue(repo, { title: 'Hello' });
    const { node_id } = await github.as('dana').comment(repo, number, 'one');
    if (repo === 'acme/access') github.repository.archive(repo, 'olga');
    const asked = { query: minimize, variables: { id: node_id } };
    const answer = await askGraphql(github, token, asked);
    assert.equal(answer.errors?.[0]?.type, 'FORBIDDEN', repo);
    assert.equal(github.thread(repo, number).view().comments[0]?.minimizedReason, null);
  }
});

test('a mutation is known by its operation, whatever stands before it', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  const { data } = await octokit.rest.issues.createComment({ ...at, body: 'old news' });
  const writes: string[] = [];
  github.on('write', ({ phase, route }) => void writes.push(`${phase} ${route}`));
  const token = await installationToken(github);
  const variables = { id: data.node_id };
  await askGraphql(github, token, { query: `# a comment\n${minimize}`, variables });
  assert.deepEqual(writes, ['before POST /graphql', 'after POST /graphql']);
  const query = `query mutation { viewer { login } } ${minimize.replace('mutation', 'mutation M')}`;
  await askGraphql(github, token, { query, variables, operationName: 'mutation' });
  assert.equal(writes.length, 2, 'a query may be called so');
});

test("the clients' own graphql method understands the errors", async () => {
  await using world = await withIssue();
  const dana = personClient(world.github, 'dana');
  await assert.rejects(
    dana.graphql('{ node(id: "IC_kwMQ") { id } }'),
    /Could not resolve to a node/,
  );
  await assert.rejects(dana.graphql('{ invented }'), /doesn't exist on type 'Query'/);
  assert.equal((await dana.rest.repos.get(access)).status, 200);
});
