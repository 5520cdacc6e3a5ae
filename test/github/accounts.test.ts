// Who somebody is: found by login and by numeric id, shown with what may be known of them, and gone at last.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askGraphql, personClient } from './clients.ts';
import { acme, startAcme, withIssue } from './fixture.ts';
import type { Seed } from './seed.ts';

const access = { owner: 'acme', repo: 'access' } as const;

test('people are found by login and by numeric id, with the keys they publish', async () => {
  await using world = await withIssue();
  const { github, octokit } = world;
  const account_id = Number(github.seeded.userIds['dana']);
  assert.equal((await octokit.rest.users.getById({ account_id })).data.login, 'dana');
  const keys = await octokit.rest.users.listPublicKeysForUser({ username: 'DANA' });
  assert.deepEqual(
    keys.data.map((one) => one.key),
    ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA'],
  );
});

test('of a deleted account its words stay, by the ghost in REST and by nobody in GraphQL', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  const { id, node_id } = await github.as('omar').comment('acme/access', at.issue_number, 'yes');
  const { token } = github.as('omar');
  github.deleteAccount('omar');
  const comment = await octokit.rest.issues.getComment({ ...access, comment_id: Number(id) });
  const { user, body, author_association } = comment.data;
  assert.deepEqual([user?.login, user?.id, body], ['ghost', 10137, 'yes']);
  assert.equal(author_association, 'NONE');
  const query = `{ node(id: "${node_id}") { ... on IssueComment { body author { login } } } }`;
  const answer = await askGraphql(github, github.as('dana').token, { query });
  assert.deepEqual(answer.data, { node: { body: 'yes', author: null } });
  assert.equal((await askGraphql(github, token, { query })).status, 401);
});

test('a deleted account is 404 by id and by login, and a member of nothing', async () => {
  await using world = await withIssue();
  const { github, octokit } = world;
  const account_id = Number(github.seeded.userIds['omar']);
  github.deleteAccount('omar');
  await assert.rejects(octokit.rest.users.getById({ account_id }), { status: 404 });
  await assert.rejects(octokit.rest.users.getByUsername({ username: 'omar' }), { status: 404 });
  const team = { org: 'acme', team_slug: 'payments' };
  assert.deepEqual((await octokit.rest.teams.listMembersInOrg(team)).data, []);
});

test('the association of an author shows a membership only when it is public', async () => {
  await using github = await startAcme({ seed: acmeInPublic() });
  const { number } = await github.as('dana').openIssue('acme/access', { title: 'Hello' });
  await github.as('omar').putFile('acme/access', 'a', { text: 'b' });
  for (const login of ['olga', 'omar', 'bea', 'vera']) {
    await github.as(login).comment('acme/access', number, 'hi');
  }
  const { rest } = personClient(github, 'dana');
  const { data } = await rest.issues.listComments({ ...access, issue_number: number });
  assert.deepEqual(
    data.map(({ user, author_association: shown }) => [user?.login, shown]),
    [
      ['olga', 'MEMBER'],
      ['omar', 'CONTRIBUTOR'],
      ['bea', 'NONE'],
      ['vera', 'COLLABORATOR'],
    ],
  );
});

/** olga lets everybody see that she is in acme; vera was invited to one repository. */
function acmeInPublic(): Seed {
  const [company] = acme.organizations ?? [];
  const [first, ...others] = acme.repositories ?? [];
  assert.ok(company && first);
  return {
    ...acme,
    users: [...acme.users, { login: 'vera' }],
    organizations: [{ ...company, publicMembers: ['olga'] }],
    repositories: [{ ...first, collaborators: { vera: 'read' } }, ...others],
  };
}
