// Files and commits: read back as they were written, within GitHub's limits, under git's own hashes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { createTemporaryFolder } from '../support/folders.ts';
import { personClient } from './clients.ts';
import { startAcme, withIssue } from './fixture.ts';
import type { Commit } from './git-objects.ts';
import { putFile } from './repository-actions.ts';
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

const { error: lacksGit } = spawnSync('git', ['--version']);
const needsGit = { skip: lacksGit && 'there is no git here to compare the hashes with' };

test('a commit has the very hash that git gives it', needsGit, async () => {
  await using github = await startAcme({ now: () => new Date('2026-01-02T03:04:05Z') });
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
    const sha = git(folder.path, ['hash-object', '-w', 'blob']);
    assert.equal(sha, blob.sha);
    git(folder.path, ['update-index', '--add', '--cacheinfo', `100644,${sha},${path}`]);
  }
  assert.equal(git(folder.path, ['write-tree']), commit.tree?.sha);
  const text = Buffer.from(commitText(head));
  assert.equal(git(folder.path, ['hash-object', '-t', 'commit', '--stdin'], text), commit.sha);
});

/** As `git cat-file commit` shows it; git itself checks the form before it hashes. */
function commitText({ treeSha, parent, author, message }: Commit): string {
  const who = `${author.name} <${author.email}> ${Date.parse('2026-01-02T03:04:05Z') / 1000} +0000`;
  return `tree ${treeSha}\nparent ${parent}\nauthor ${who}\ncommitter ${who}\n\n${message}`;
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
