// Who may see and do what: the local GitHub says no where GitHub does, in GitHub's words.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { SignJWT, importPKCS8 } from 'jose';
import {
  acme,
  appClient,
  installationClient,
  sallyport,
  startAcme,
  tokenClient,
} from './fixture.ts';
import { mintUserToken } from './auth.ts';
import type { Seed } from './seed.ts';
import type { LocalGitHub } from './server.ts';

const access = { owner: 'acme', repo: 'access' } as const;

/** What octokit throws, as far as these tests look at it. */
interface GitHubError extends Error {
  readonly status: number;
  readonly response: { readonly headers: Readonly<Record<string, string>> };
}

function clientOf(github: LocalGitHub, login: string) {
  return tokenClient(github, github.as(login).token);
}

function seedWith(permissions: Record<string, 'read' | 'write'>): Seed {
  const [app] = acme.apps ?? [];
  if (!app) throw new Error('The seed has no App');
  return { ...acme, apps: [{ ...app, permissions }] };
}

test('a private repository is 404 to a stranger, to nobody, and to an App that was not given it', async () => {
  await using github = await startAcme();
  await assert.rejects(clientOf(github, 'stan').rest.repos.get(access), { status: 404 });
  const nobody = await fetch(`${github.apiUrl}/repos/acme/access`);
  assert.equal(nobody.status, 404);
  const octokit = installationClient(github);
  await assert.rejects(octokit.rest.repos.get({ ...access, repo: 'secret' }), { status: 404 });
  assert.equal((await octokit.rest.repos.get(access)).data.private, true);
  assert.equal(
    (await clientOf(github, 'stan').rest.repos.get({ ...access, repo: 'site' })).status,
    200,
  );
});

test('an App without issues:write cannot comment, and is told which permission was missing', async () => {
  await using github = await startAcme({ seed: seedWith({ issues: 'read' }) });
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

test('a token asks for less than its installation has, and gets no more than it asked for', async () => {
  await using github = await startAcme();
  const { number } = await github.as('dana').openIssue('acme/access', { title: 'Hello' });
  const installation_id = Number(sallyport(github).installations['acme']);
  const { data } = await appClient(github).rest.apps.createInstallationAccessToken({
    installation_id,
    repositories: ['access'],
    permissions: { issues: 'read' },
  });
  assert.match(data.token, /^ghs_/);
  assert.deepEqual(
    data.repositories?.map((one) => one.full_name),
    ['acme/access'],
  );
  const octokit = tokenClient(github, data.token);
  const listed = await octokit.rest.apps.listReposAccessibleToInstallation();
  assert.equal(listed.data.total_count, 1);
  const comment = { ...access, issue_number: number, body: 'hi' };
  await assert.rejects(octokit.rest.issues.createComment(comment), { status: 403 });
  const more = { installation_id, permissions: { contents: 'write' } } as const;
  await assert.rejects(appClient(github).rest.apps.createInstallationAccessToken(more), {
    status: 422,
  });
});

test('an installation token is worth nothing after an hour', async () => {
  let now = new Date('2026-01-01T10:00:00Z');
  await using github = await startAcme({ now: () => now });
  const key = await importPKCS8(sallyport(github).privateKey, 'RS256');
  const seconds = now.getTime() / 1000;
  const jwt = await new SignJWT({
    iss: sallyport(github).clientId,
    iat: seconds,
    exp: seconds + 500,
  })
    .setProtectedHeader({ alg: 'RS256' })
    .sign(key);
  const installation_id = Number(sallyport(github).installations['acme']);
  const minted = await tokenClient(github, jwt).rest.apps.createInstallationAccessToken({
    installation_id,
  });
  const octokit = tokenClient(github, minted.data.token);
  now = new Date('2026-01-01T10:59:59Z');
  assert.equal((await octokit.rest.repos.get(access)).status, 200);
  now = new Date('2026-01-01T11:00:00Z');
  await assert.rejects(octokit.rest.repos.get(access), { status: 401 });
});

test('an App JWT is refused when it lives too long, is expired, or is signed by another key', async () => {
  await using github = await startAcme();
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const otherKey = other.export({ type: 'pkcs8', format: 'pem' });
  const nowSeconds = Math.floor(Date.now() / 1000);
  const sign = async (pem: string, claims: { iat: number; exp: number }): Promise<string> =>
    new SignJWT({ iss: String(sallyport(github).appId), ...claims })
      .setProtectedHeader({ alg: 'RS256' })
      .sign(await importPKCS8(pem, 'RS256'));
  const { privateKey } = sallyport(github);
  const good = { iat: nowSeconds - 30, exp: nowSeconds + 300 };
  const statusOf = async (jwt: string): Promise<number> => {
    const response = await fetch(`${github.apiUrl}/app`, {
      headers: { authorization: `Bearer ${jwt}` },
    });
    return response.status;
  };
  assert.equal(await statusOf(await sign(privateKey, good)), 200);
  assert.equal(await statusOf(await sign(otherKey, good)), 401);
  assert.equal(await statusOf(await sign(privateKey, { ...good, exp: nowSeconds + 700 })), 401);
  assert.equal(await statusOf(await sign(privateKey, { ...good, exp: nowSeconds - 1 })), 401);
  assert.equal(await statusOf(await sign(privateKey, { ...good, iat: nowSeconds + 60 })), 401);
  assert.equal(await statusOf(github.as('dana').token), 401);
});

test('a locked issue takes no comment and no reaction from an App, nor from a reader', async () => {
  await using github = await startAcme();
  const { number } = await github.as('dana').openIssue('acme/access', { title: 'Hello' });
  const { id } = await github.as('dana').comment('acme/access', number, 'first');
  await github.as('omar').lock('acme/access', number);
  const octokit = installationClient(github);
  const comment = { ...access, issue_number: number, body: 'hi' };
  await assert.rejects(octokit.rest.issues.createComment(comment), {
    status: 403,
    message: /Unable to create comment because issue is locked/,
  });
  const reaction = { ...access, comment_id: Number(id), content: 'eyes' } as const;
  await assert.rejects(octokit.rest.reactions.createForIssueComment(reaction), { status: 403 });
  await assert.rejects(github.as('dana').comment('acme/access', number, 'more'), { status: 403 });
  await github.as('omar').comment('acme/access', number, 'a writer may');
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

test('an issue is changed by its author or a writer, and nothing is changed in an archived repository', async () => {
  await using github = await startAcme();
  const { number } = await github.as('dana').openIssue('acme/access', { title: 'Hello' });
  await assert.rejects(github.as('bea').editIssue('acme/access', number, { state: 'closed' }), {
    status: 403,
  });
  await github.as('dana').editIssue('acme/access', number, { title: 'Hello again' });
  await github.as('omar').editIssue('acme/access', number, { state: 'closed' });
  const { title, state } = github.thread('acme/access', number).view();
  assert.deepEqual([title, state], ['Hello again', 'closed']);
  for (const repository of github.instance.state.repositories.values()) repository.archived = true;
  await assert.rejects(github.as('omar').comment('acme/access', number, 'late'), {
    status: 403,
    message: /archived/,
  });
});

test('roles add up: owner, team, base permission, invitation, nothing', async () => {
  await using github = await startAcme();
  const octokit = installationClient(github);
  const roleOf = async (username: string): Promise<string> => {
    const asked = { ...access, username };
    return (await octokit.rest.repos.getCollaboratorPermissionLevel(asked)).data.role_name;
  };
  const found = await Promise.all(['olga', 'omar', 'dana', 'stan'].map(roleOf));
  assert.deepEqual(found, ['admin', 'write', 'read', 'none']);
});

test('team and organisation membership are told to an App with members:read, and to no other', async () => {
  await using github = await startAcme();
  const octokit = installationClient(github);
  const team = { org: 'acme', team_slug: 'payments' } as const;
  const omar = await octokit.rest.teams.getMembershipForUserInOrg({ ...team, username: 'omar' });
  assert.deepEqual([omar.data.state, omar.data.role], ['active', 'maintainer']);
  const dana = octokit.rest.teams.getMembershipForUserInOrg({ ...team, username: 'dana' });
  await assert.rejects(dana, { status: 404 });
  const members = await octokit.rest.teams.listMembersInOrg(team);
  assert.deepEqual(
    members.data.map((one) => one.login),
    ['omar'],
  );
  const org = await octokit.rest.orgs.getMembershipForUser({ org: 'acme', username: 'olga' });
  assert.equal(org.data.role, 'admin');
  await assert.rejects(
    octokit.rest.orgs.checkMembershipForUser({ org: 'acme', username: 'stan' }),
    {
      status: 404,
    },
  );
  await using blind = await startAcme({ seed: seedWith({ issues: 'write' }) });
  const refused = installationClient(blind).rest.teams.getByName(team);
  await assert.rejects(refused, { status: 403 });
});

test('an App acting for a person may do only what both of them may', async () => {
  await using github = await startAcme({ seed: seedWith({ issues: 'read' }) });
  const { number } = await github.as('dana').openIssue('acme/access', { title: 'Hello' });
  const { state } = github.instance;
  const dana = state.accounts.get(Number(github.seeded.userIds['dana']));
  const app = state.apps.get(sallyport(github).appId);
  assert.ok(dana && app);
  const octokit = tokenClient(github, mintUserToken(github.instance, dana, app));
  assert.equal((await octokit.rest.users.getAuthenticated()).data.login, 'dana');
  const comment = { ...access, issue_number: number, body: 'hi' };
  await assert.rejects(octokit.rest.issues.createComment(comment), { status: 403 });
  await assert.rejects(octokit.rest.repos.get({ ...access, repo: 'secret' }), { status: 404 });
});
