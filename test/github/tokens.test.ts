// What an App's tokens are worth: who may make them, for how long, and never for more than there is.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { SignJWT, importPKCS8 } from 'jose';
import { acme, startAcme, appClient, sallyport, tokenClient } from './fixture.ts';
import type { LocalGitHub } from './server.ts';

const access = { owner: 'acme', repo: 'access' } as const;

function installationId(github: LocalGitHub): number {
  return Number(sallyport(github).installations['acme']);
}

type Wanted = {
  repositories?: string[];
  permissions?: { issues?: 'read' | 'write'; contents?: 'read' | 'write' };
};

async function mint(github: LocalGitHub, wanted: Wanted = {}) {
  const { apps } = appClient(github).rest;
  const installation_id = installationId(github);
  return (await apps.createInstallationAccessToken({ installation_id, ...wanted })).data;
}

test('a token asks for less than its installation has, and gets no more than it asked for', async () => {
  await using github = await startAcme();
  const { number } = await github.as('dana').openIssue('acme/access', { title: 'Hello' });
  const made = await mint(github, { repositories: ['access'], permissions: { issues: 'read' } });
  assert.match(made.token, /^ghs_/);
  assert.deepEqual(
    made.repositories?.map((one) => one.full_name),
    ['acme/access'],
  );
  const octokit = tokenClient(github, made.token);
  const listed = await octokit.rest.apps.listReposAccessibleToInstallation();
  assert.equal(listed.data.total_count, 1);
  const comment = { ...access, issue_number: number, body: 'hi' };
  await assert.rejects(octokit.rest.issues.createComment(comment), { status: 403 });
  await assert.rejects(mint(github, { permissions: { contents: 'write' } }), { status: 422 });
});

test('a narrowed token loses what its installation loses, at once', async () => {
  await using github = await startAcme();
  const { number } = await github.as('dana').openIssue('acme/access', { title: 'Hello' });
  const { token } = await mint(github, {
    repositories: ['access', 'site'],
    permissions: { issues: 'write', contents: 'read' },
  });
  const { rest } = tokenClient(github, token);
  const comment = { ...access, issue_number: number, body: 'hi' };
  await rest.issues.createComment(comment);
  github.installation.acceptPermissions(installationId(github), { issues: 'read' }, 'olga');
  await assert.rejects(rest.issues.createComment(comment), { status: 403 });
  assert.equal((await rest.issues.get(comment)).status, 200);
  const file = rest.repos.getContent({ ...access, path: 'sallyport.yml' });
  await assert.rejects(file, { status: 403 });
  github.installation.removeRepository(installationId(github), 'acme/access', 'olga');
  await assert.rejects(rest.issues.get(comment), { status: 404 });
  const left = await rest.apps.listReposAccessibleToInstallation();
  assert.deepEqual(
    left.data.repositories.map(({ name }) => name),
    ['site'],
  );
});

test('a name chooses a repository of the account alone, whoever else has one called so', async () => {
  const repositories = [
    { owner: 'stan', name: 'access' },
    { owner: 'stan', name: 'own' },
  ];
  const seed = { ...acme, repositories: [...repositories, ...(acme.repositories ?? [])] };
  await using github = await startAcme({ seed });
  const made = await mint(github, { repositories: ['access'] });
  assert.deepEqual(
    made.repositories?.map((one) => one.full_name),
    ['acme/access'],
  );
  await assert.rejects(mint(github, { repositories: ['own'] }), { status: 422 });
});

test('a token of the longer form, with dots in it, is as good as any', async () => {
  await using github = await startAcme({ longTokens: true });
  await using usual = await startAcme();
  const { token } = await mint(github);
  assert.match(token, /^ghs_[A-Za-z0-9._]{36,}$/);
  assert.ok(token.includes('.') && token.length > 500, token);
  assert.equal((await tokenClient(github, token).rest.repos.get(access)).status, 200);
  assert.match((await mint(usual)).token, /^ghs_[A-Za-z0-9]{36}$/);
  const asked = await appClient(usual).rest.apps.createInstallationAccessToken({
    installation_id: installationId(usual),
    headers: { 'x-github-stateless-s2s-token': 'enabled' },
  });
  assert.ok(asked.data.token.length > 500);
});

test('an installation token is worth nothing after an hour', async () => {
  let now = new Date('2026-01-01T10:00:00Z');
  await using github = await startAcme({ now: () => now });
  const seconds = now.getTime() / 1000;
  const jwt = await sign(github, sallyport(github).privateKey, {
    iat: seconds,
    exp: seconds + 500,
  });
  const minted = await tokenClient(github, jwt).rest.apps.createInstallationAccessToken({
    installation_id: installationId(github),
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
  const { privateKey } = sallyport(github);
  const good = { iat: nowSeconds - 30, exp: nowSeconds + 300 };
  const statusOf = async (jwt: string): Promise<number> => {
    const headers = { authorization: `Bearer ${jwt}` };
    return (await fetch(`${github.apiUrl}/app`, { headers })).status;
  };
  const cases: readonly [string, { iat: number; exp: number }, number][] = [
    [privateKey, good, 200],
    [otherKey, good, 401],
    [privateKey, { ...good, exp: nowSeconds + 700 }, 401],
    [privateKey, { ...good, exp: nowSeconds - 1 }, 401],
    [privateKey, { ...good, iat: nowSeconds + 60 }, 401],
  ];
  for (const [key, claims, expected] of cases) {
    assert.equal(await statusOf(await sign(github, key, claims)), expected);
  }
  assert.equal(await statusOf(github.as('dana').token), 401);
});

async function sign(
  github: LocalGitHub,
  pem: string,
  claims: { iat: number; exp: number },
): Promise<string> {
  return new SignJWT({ iss: String(sallyport(github).appId), ...claims })
    .setProtectedHeader({ alg: 'RS256' })
    .sign(await importPKCS8(pem, 'RS256'));
}
