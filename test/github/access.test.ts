// Who may see and do what: the local GitHub says no where GitHub does, in GitHub's words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProbotOctokit } from 'probot';
import { personClient, signedInClient } from './clients.ts';
import { acme, acmeWith, startAcme, installationClient } from './fixture.ts';

const access = { owner: 'acme', repo: 'access' } as const;

/** What octokit throws, as far as these tests look at it. */
interface GitHubError extends Error {
  readonly status: number;
  readonly response: { readonly headers: Readonly<Record<string, string>> };
}

test('a private repository is 404 to a stranger, to nobody, and to an App that was not given it', async () => {
  await using github = await startAcme();
  await assert.rejects(personClient(github, 'stan').rest.repos.get(access), { status: 404 });
  const nobody = await fetch(`${github.apiUrl}/repos/acme/access`);
  assert.equal(nobody.status, 404);
  const octokit = installationClient(github);
  await assert.rejects(octokit.rest.repos.get({ ...access, repo: 'secret' }), { status: 404 });
  assert.equal((await octokit.rest.repos.get(access)).data.private, true);
  assert.equal(
    (await personClient(github, 'stan').rest.repos.get({ ...access, repo: 'site' })).status,
    200,
  );
});

test('an App without issues:write cannot comment, and is told which permission was missing', async () => {
  await using github = await startAcme({ seed: acmeWith({ issues: 'read' }) });
  const { number } = await github.as('dana').openIssue('acme/access', { title: 'Hello' });
  const octokit = installationClient(github);
  const at = { ...access, issue_number: number };
  assert.equal((await octokit.rest.issues.get(at)).data.title, 'Hello');
  await assert.rejects(
    octokit.rest.issues.createComment({ ...at, body: 'hi' }),
    (error: GitHubError) => {
      assert.equal(error.status, 403);
      assert.match(error.message, /Resource not accessible by integration/);
      assert.equal(error.response.headers['x-accepted-github-permissions'], 'issues=write');
      return true;
    },
  );
  assert.equal(github.thread('acme/access', number).view().comments.length, 0);
});

test("a person edits their own comment, a writer and an App with issues:write anybody's, a reader no other's", async () => {
  await using github = await startAcme();
  const { number } = await github.as('dana').openIssue('acme/access', { title: 'Hello' });
  const { id } = await github.as('dana').comment('acme/access', number, 'one');
  await github.as('dana').editComment('acme/access', id, 'two');
  await assert.rejects(github.as('bea').editComment('acme/access', id, 'mine'), { status: 403 });
  await github.as('omar').editComment('acme/access', id, 'three');
  const edit = { ...access, comment_id: Number(id), body: 'four' };
  await installationClient(github).rest.issues.updateComment(edit);
  const [comment] = github.thread('acme/access', number).view().comments;
  assert.equal(comment?.body, 'four');
  assert.deepEqual(
    comment.edits.map(({ before, editor }) => [before, editor]),
    [
      ['one', 'dana'],
      ['two', 'omar'],
      ['three', 'sallyport[bot]'],
    ],
  );
});

test('a body of 65,536 characters is taken and one more is refused in GitHub’s words', async () => {
  await using github = await startAcme();
  const { number } = await github.as('dana').openIssue('acme/access', { title: 'Hello' });
  const octokit = installationClient(github);
  const at = { ...access, issue_number: number };
  await octokit.rest.issues.createComment({ ...at, body: '🚪'.repeat(65_536) });
  await assert.rejects(octokit.rest.issues.createComment({ ...at, body: 'x'.repeat(65_537) }), {
    status: 422,
    message: /body is too long \(maximum is 65536 characters\)/,
  });
});

test('roles add up: owner, team, base permission, invitation, nothing', async () => {
  const [first, ...others] = acme.repositories ?? [];
  assert.ok(first);
  const repositories = [{ ...first, collaborators: { bea: 'triage' as const } }, ...others];
  await using github = await startAcme({ seed: { ...acme, repositories } });
  const octokit = installationClient(github);
  const roleOf = async (username: string): Promise<string> => {
    const asked = { ...access, username };
    return (await octokit.rest.repos.getCollaboratorPermissionLevel(asked)).data.role_name;
  };
  const found = await Promise.all(['olga', 'omar', 'dana', 'bea', 'stan'].map(roleOf));
  assert.deepEqual(found, ['admin', 'write', 'read', 'triage', 'none']);
});

test('what somebody may do is told to those who may push, and to an App that was given the repository', async () => {
  await using github = await startAcme();
  const site = { owner: 'acme', repo: 'site', username: 'dana' };
  const ask = ({ rest }: ProbotOctokit, asked = site) =>
    rest.repos.getCollaboratorPermissionLevel(asked);
  assert.equal((await ask(personClient(github, 'olga'))).data.permission, 'read');
  assert.equal((await ask(installationClient(github))).data.permission, 'read');
  await assert.rejects(ask(personClient(github, 'stan')), { status: 403 });
  github.repository.publicize('acme/secret', 'olga');
  const secret = { ...site, repo: 'secret' };
  await assert.rejects(ask(installationClient(github), secret), { status: 403 });
  await assert.rejects(ask(signedInClient(github, 'olga'), secret), { status: 403 });
  const nobody = await fetch(`${github.apiUrl}/repos/acme/site/collaborators/dana/permission`);
  assert.equal(nobody.status, 401);
});

test('team and organisation membership are told to an App with members:read and to members, and to no other', async () => {
  await using github = await startAcme();
  await using blind = await startAcme({ seed: acmeWith({ issues: 'write' }) });
  const team = { org: 'acme', team_slug: 'payments', username: 'omar' } as const;
  const organization = { org: 'acme', username: 'olga' };
  const questions: readonly ((client: ProbotOctokit) => Promise<{ status: number }>)[] = [
    ({ rest }) => rest.teams.getMembershipForUserInOrg(team),
    ({ rest }) => rest.teams.listMembersInOrg(team),
    ({ rest }) => rest.teams.getByName(team),
    ({ rest }) => rest.orgs.getMembershipForUser(organization),
    ({ rest }) => rest.orgs.checkMembershipForUser(organization),
  ];
  for (const ask of questions) {
    const told = [
      installationClient(github),
      signedInClient(github, 'dana'),
      personClient(github, 'dana'),
    ];
    for (const client of told) assert.ok((await ask(client)).status < 300);
    await assert.rejects(ask(installationClient(blind)), { status: 403 });
    await assert.rejects(ask(signedInClient(blind, 'dana')), { status: 403 });
    await assert.rejects(ask(personClient(github, 'stan')), { status: 404 });
  }
});

test('a membership says its role and state, and is 404 for whoever has none', async () => {
  await using github = await startAcme();
  const { rest } = installationClient(github);
  const team = { org: 'acme', team_slug: 'payments' } as const;
  const omar = await rest.teams.getMembershipForUserInOrg({ ...team, username: 'omar' });
  assert.deepEqual([omar.data.state, omar.data.role], ['active', 'maintainer']);
  const dana = rest.teams.getMembershipForUserInOrg({ ...team, username: 'dana' });
  await assert.rejects(dana, { status: 404 });
  const org = await rest.orgs.getMembershipForUser({ org: 'acme', username: 'olga' });
  assert.equal(org.data.role, 'admin');
  const stan = rest.orgs.checkMembershipForUser({ org: 'acme', username: 'stan' });
  await assert.rejects(stan, { status: 404 });
});

test('an App acting for a person may do only what both of them may', async () => {
  await using github = await startAcme({ seed: acmeWith({ issues: 'read' }) });
  const { number } = await github.as('dana').openIssue('acme/access', { title: 'Hello' });
  const octokit = signedInClient(github, 'dana');
  assert.equal((await octokit.rest.users.getAuthenticated()).data.login, 'dana');
  const comment = { ...access, issue_number: number, body: 'hi' };
  await assert.rejects(octokit.rest.issues.createComment(comment), { status: 403 });
  await assert.rejects(octokit.rest.repos.get({ ...access, repo: 'secret' }), { status: 404 });
});
