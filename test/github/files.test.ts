// Files and commits: read back as they were written, within GitHub's limits, under git's own hashes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { createTemporaryFolder } from '../support/folders.ts';
import { personClient } from './clients.ts';
import { startAcme, withIssue } from './fixture.ts';
import { makeBlob, makeLink, makeSubmodule, type Commit } from './git-objects.ts';
import { commitFiles, putFile } from './repository-actions.ts';
import type { LocalGitHub } from './server.ts';
import { requireAccount } from './lookups.ts';
import { findRepository } from './state.ts';

const access = { owner: 'acme', repo: 'access' } as const;

test('a file reads back as it was pushed, in JSON and raw', async () => {
  await using world = await withIssue();
  const { github, octokit } = world;
  const text = 'version: 1\n# grüße\n';
  const { commit } = await github.as('omar').putFile('acme/access', 'a/b.yml', { text });
  const asked = { ...access, path: 'a/b.yml' };
  const { data } = await octokit.rest.repos.getContent({ ...asked, ref: String(commit.sha) });
  assert.ok(!Array.isArray(data) && data.type === 'file');
  assert.equal(Buffer.from(data.content, 'base64').toString(), text);
  const raw = await octokit.rest.repos.getContent({ ...asked, mediaType: { format: 'raw' } });
  assert.deepEqual(raw.data, text);
  const head = await octokit.rest.repos.getCommit({ ...access, ref: 'main' });
  assert.equal(head.data.sha, commit.sha);
  const missing = octokit.rest.repos.getContent({ ...access, path: 'missing.yml' });
  await assert.rejects(missing, { status: 404 });
  await assert.rejects(github.as('dana').putFile('acme/access', 'x', { text }), { status: 403 });
});

const mebibyte = 1024 * 1024;
const sizes: readonly [string, number, { encoding: string; content: boolean; raw: number }][] = [
  ['a file of 1 MB', mebibyte, { encoding: 'base64', content: true, raw: 200 }],
  ['one byte more', mebibyte + 1, { encoding: 'none', content: false, raw: 200 }],
];

for (const [claim, bytes, expected] of sizes) {
  test(`${claim} comes ${expected.content ? 'with' : 'without'} its content in JSON, and raw in full`, async () => {
    await using github = await startAcme();
    plantFile(github, Buffer.alloc(bytes, 'x'));
    const { rest } = personClient(github, 'dana');
    const asked = { ...access, path: 'big.bin' };
    const { data } = await rest.repos.getContent(asked);
    assert.ok(!Array.isArray(data) && data.type === 'file');
    assert.deepEqual(
      [data.encoding, data.content !== '', data.size],
      [expected.encoding, expected.content, bytes],
    );
    const raw = await rest.repos.getContent({ ...asked, mediaType: { format: 'raw+json' } });
    assert.equal(raw.status, expected.raw);
    assert.equal((raw.data as unknown as string).length, bytes);
  });
}

test('a file of more than 100 MB is refused in every form', async () => {
  await using github = await startAcme();
  plantFile(github, Buffer.alloc(100 * mebibyte + 1));
  const { rest } = personClient(github, 'dana');
  for (const format of ['json', 'raw']) {
    const asked = { ...access, path: 'big.bin', mediaType: { format } };
    await assert.rejects(rest.repos.getContent(asked), { status: 403, message: /too_large/ });
  }
});

/** Past the route, which would want it in base64 and JSON. */
function plantFile(github: LocalGitHub, bytes: Buffer): void {
  const { state } = github.instance;
  const repository = findRepository(state, 'acme', 'access');
  assert.ok(repository);
  const account = requireAccount(state, 'omar');
  const file = { path: 'big.bin', bytes, branch: 'main', message: 'Big', account };
  putFile(github.instance, repository, file);
}

/** A folder, a link and a submodule. */
function plantMore(github: LocalGitHub): Commit {
  const { instance } = github;
  const repository = findRepository(instance.state, 'acme', 'access');
  assert.ok(repository);
  const account = requireAccount(instance.state, 'omar');
  const changes = new Map([
    ['a/b/c.yml', makeBlob(Buffer.from('c'))],
    ['a/link.yml', makeLink('../sallyport.yml')],
    ['vendor', makeSubmodule('0123456789abcdef0123456789abcdef01234567')],
  ]);
  const made = { branch: 'main', message: 'Grow', account, changes };
  return commitFiles(instance, repository, made).commit;
}

test('a tree is listed by folder or whole, by branch, HEAD, commit or its own hash', async () => {
  await using github = await startAcme();
  const commit = plantMore(github);
  const { rest } = personClient(github, 'omar');
  const listed = async (tree_sha: string, recursive?: string) => {
    const asked = { ...access, tree_sha, ...(recursive !== undefined && { recursive }) };
    const { data } = await rest.git.getTree(asked);
    assert.equal(data.truncated, false);
    return data.tree.map(({ path, mode, type }) => `${path} ${mode} ${type}`);
  };
  const top = [
    '.github 040000 tree',
    'a 040000 tree',
    'sallyport.yml 100644 blob',
    'vendor 160000 commit',
  ];
  for (const sha of ['main', 'HEAD', commit.sha, commit.tree.sha]) {
    assert.deepEqual(await listed(sha), top, sha);
  }
  // Any value is a yes.
  const all = await listed('HEAD', '0');
  const below = ['a/b 040000 tree', 'a/b/c.yml 100644 blob', 'a/link.yml 120000 blob'];
  assert.deepEqual(all.slice(3, 6), below);
  const { data } = await rest.git.getTree({ ...access, tree_sha: 'HEAD' });
  const folder = data.tree.find(({ path }) => path === 'a')?.sha ?? '';
  assert.deepEqual(await listed(folder), ['b 040000 tree', 'link.yml 120000 blob']);
  const file = data.tree.find(({ path }) => path === 'sallyport.yml')?.sha ?? '';
  await assert.rejects(listed(file), { status: 422 });
  await assert.rejects(listed('no-branch'), { status: 404 });
});

test('a file is found by the hash of its blob, also after it was changed', async () => {
  await using world = await withIssue();
  const { github, octokit } = world;
  const text = `# ${'grüße '.repeat(20)}\n`;
  const pushed = await github.as('omar').putFile('acme/access', 'a.yml', { text });
  await github.as('omar').putFile('acme/access', 'a.yml', { text: 'other\n' });
  const blob = (file_sha: string) => octokit.rest.git.getBlob({ ...access, file_sha });
  const { data } = await blob(makeBlob(Buffer.from(text)).sha);
  assert.equal(Buffer.from(data.content, 'base64').toString(), text);
  assert.equal(data.size, Buffer.byteLength(text));
  // A commit's hash is no file's.
  await assert.rejects(blob(String(pushed.commit.sha)), { status: 404 });
  await assert.rejects(blob('main'), { status: 422 });
});

test('a tree listed whole ends at 7 MB and says so; by folder it does not', async () => {
  await using github = await startAcme();
  const { instance } = github;
  const repository = findRepository(instance.state, 'acme', 'access');
  assert.ok(repository);
  const account = requireAccount(instance.state, 'omar');
  const one = makeBlob(Buffer.from('x'));
  const path = (n: number) => `many/${n}${'x'.repeat(240)}`;
  const changes = new Map(Array.from({ length: 20_000 }, (_, n) => [path(n), one]));
  commitFiles(instance, repository, { branch: 'main', message: 'Grow', account, changes });
  const { rest } = personClient(github, 'omar');
  const listed = async (tree_sha: string, recursive?: string) =>
    (await rest.git.getTree({ ...access, tree_sha, ...(recursive && { recursive }) })).data;
  const all = await listed('HEAD', '1');
  assert.ok(all.truncated && all.tree.length < 20_000 && all.tree.length > 10_000);
  const top = await listed('HEAD');
  const folder = await listed(top.tree.find((entry) => entry.path === 'many')?.sha ?? '');
  assert.deepEqual([top.truncated, folder.truncated, folder.tree.length], [false, false, 20_000]);
});

test('a link to a file of the repository is answered as that file', async () => {
  await using github = await startAcme();
  plantMore(github);
  const { rest } = personClient(github, 'omar');
  const { data } = await rest.repos.getContent({ ...access, path: 'a/link.yml' });
  assert.ok(!Array.isArray(data) && data.type === 'file');
  assert.equal(Buffer.from(data.content, 'base64').toString(), 'version: 1\n');
});

test('GraphQL gives the texts of files by their hashes, cut off at 512,000 bytes, and of none that is binary', async () => {
  await using world = await withIssue();
  const { github, octokit } = world;
  plantFile(github, Buffer.alloc(512_001, 'x'));
  const { state } = github.instance;
  const head = findRepository(state, 'acme', 'access')?.branches.get('main');
  const shas = ['sallyport.yml', 'big.bin'].map((path) => head?.files.get(path)?.sha);
  plantFile(github, Buffer.from([0x50, 0x00]));
  shas.push(
    findRepository(state, 'acme', 'access')?.branches.get('main')?.files.get('big.bin')?.sha,
  );
  const query = `query ($owner: String!, $repo: String!, $oid: GitObjectID!) {
    repository(owner: $owner, name: $repo) { object(oid: $oid) {
      ... on Blob { isBinary isTruncated byteSize text } } } }`;
  const ask = async (oid: string | undefined, repo: string = access.repo) => {
    const answer = await octokit.graphql<{
      repository: { object: { text: string | null } | null };
    }>(query, { owner: 'acme', repo, oid });
    return answer.repository.object;
  };
  const small = { isBinary: false, isTruncated: false, byteSize: 11, text: 'version: 1\n' };
  assert.deepEqual(await ask(shas[0]), small);
  const { text, ...big } = (await ask(shas[1])) ?? {};
  assert.deepEqual(big, { isBinary: false, isTruncated: true, byteSize: 512_001 });
  assert.equal(text?.length, 512_000);
  const binary = { isBinary: true, isTruncated: false, byteSize: 2, text: null };
  assert.deepEqual(await ask(shas[2]), binary);
  assert.equal(await ask('0'.repeat(40)), null);
  await assert.rejects(ask(shas[0], 'secret'), /Could not resolve to a Repository/);
});

const { error: lacksGit } = spawnSync('git', ['--version']);
const needsGit = { skip: lacksGit && 'there is no git here to compare the hashes with' };

test('a commit has the very hash that git gives it', needsGit, async () => {
  await using github = await startAcme({ now: () => new Date('2026-01-02T03:04:05Z') });
  plantMore(github);
  const { commit } = await github
    .as('omar')
    .putFile('acme/access', 'a/b.txt', { text: 'hello\n', message: 'Say hello' });
  const repository = findRepository(github.instance.state, 'acme', 'access');
  const head = repository?.branches.get('main');
  assert.ok(head && head.parent !== null);
  assert.equal(head.sha, commit.sha);
  await using folder = await createTemporaryFolder('git');
  git(folder.path, ['init', '--quiet']);
  for (const [path, blob] of head.files) {
    await writeFile(folder.at('blob'), blob.bytes);
    const isHere = blob.mode !== '160000';
    if (isHere) assert.equal(git(folder.path, ['hash-object', '-w', 'blob']), blob.sha);
    const entry = `${blob.mode},${blob.sha},${path}`;
    git(folder.path, ['update-index', '--add', '--cacheinfo', entry]);
  }
  assert.equal(git(folder.path, ['write-tree']), commit.tree?.sha);
  const text = Buffer.from(commitText(head));
  assert.equal(git(folder.path, ['hash-object', '-t', 'commit', '--stdin'], text), commit.sha);
});

/** As `git cat-file commit` shows it; git itself checks the form before it hashes. */
function commitText({ tree, parent, author, message }: Commit): string {
  const who = `${author.name} <${author.email}> ${Date.parse('2026-01-02T03:04:05Z') / 1000} +0000`;
  return `tree ${tree.sha}\nparent ${parent}\nauthor ${who}\ncommitter ${who}\n\n${message}`;
}

/** git as it is installed, and not as whoever runs the tests has set it up. */
function git(cwd: string, args: readonly string[], input?: Buffer): string {
  const env = {
    PATH: process.env['PATH'],
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  };
  const { status, stdout, stderr } = spawnSync('git', args, { cwd, env, input });
  assert.equal(status, 0, String(stderr));
  return stdout.toString().trim();
}
