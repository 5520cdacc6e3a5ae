// The routes themselves, called by octokit: pages, files, reactions, labels, people, limits.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startAcme, tokenClient, withIssue } from './fixture.ts';

const access = { owner: 'acme', repo: 'access' } as const;

test('pagination walks every comment once, in order', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  for (let count = 1; count <= 7; count += 1) {
    await github.as('dana').comment('acme/access', at.issue_number, `comment ${count}`);
  }
  const all = await octokit.paginate(octokit.rest.issues.listComments, { ...at, per_page: 3 });
  const bodies = all.map((one) => one.body);
  assert.deepEqual(
    bodies,
    Array.from({ length: 7 }, (_, index) => `comment ${index + 1}`),
  );
  const first = await octokit.rest.issues.listComments({ ...at, per_page: 3 });
  assert.match(String(first.headers.link), /rel="next".*rel="last"/);
});

test('a reaction is added once: 201, then 200, and only its author takes it back', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  const { id } = await github.as('dana').comment('acme/access', at.issue_number, '/connect');
  const reaction = { ...access, comment_id: Number(id), content: 'eyes' } as const;
  const first = await octokit.rest.reactions.createForIssueComment(reaction);
  const again = await octokit.rest.reactions.createForIssueComment(reaction);
  assert.deepEqual([first.status, again.status], [201, 200]);
  assert.equal(first.data.id, again.data.id);
  const removal = { ...access, comment_id: Number(id), reaction_id: first.data.id };
  const dana = tokenClient(github, github.as('dana').token);
  await assert.rejects(dana.rest.reactions.deleteForIssueComment(removal), { status: 403 });
  await octokit.rest.reactions.deleteForIssueComment(removal);
  const left = await octokit.rest.reactions.listForIssueComment(reaction);
  assert.deepEqual(left.data, []);
});

test('labels are added, replaced and removed, and an unknown one is made', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  const view = () => github.thread('acme/access', at.issue_number).view().labels;
  await octokit.rest.issues.addLabels({ ...at, labels: ['access', 'sallyport:pending'] });
  assert.deepEqual(view(), ['access', 'sallyport:pending']);
  await octokit.rest.issues.setLabels({ ...at, labels: ['sallyport:granted'] });
  assert.deepEqual(view(), ['sallyport:granted']);
  await octokit.rest.issues.removeLabel({ ...at, name: 'sallyport:granted' });
  assert.deepEqual(view(), []);
  const made = await octokit.rest.issues.getLabel({ ...access, name: 'sallyport:pending' });
  assert.equal(made.data.color, 'ededed');
  const again = octokit.rest.issues.createLabel({ ...access, name: 'Access', color: '000000' });
  await assert.rejects(again, { status: 422 });
});

test('a file reads back as it was pushed, in JSON and raw, and its sha is git’s', async () => {
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

test('a commit has the very hash that git gives it', async () => {
  const now = new Date('2026-01-02T03:04:05Z');
  await using github = await startAcme({ now: () => now });
  const { commit } = await github
    .as('omar')
    .putFile('acme/access', 'a/b.txt', { text: 'hello\n', message: 'Say hello' });
  const repository = github.instance.state.repositories
    .values()
    .find((one) => one.name === 'access');
  const files = repository?.branches.get('main')?.files ?? new Map<string, never>();
  const folder = await mkdtemp(join(tmpdir(), 'local-github-'));
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' }).trim();
  try {
    git('init', '-q');
    for (const [path, blob] of files) {
      await writeFile(join(folder, 'blob'), blob.bytes);
      const sha = git('hash-object', '-w', 'blob');
      assert.equal(sha, blob.sha);
      git('update-index', '--add', '--cacheinfo', `100644,${sha},${path}`);
    }
    assert.equal(git('write-tree'), commit.tree?.sha);
  } finally {
    await rm(folder, { recursive: true });
  }
});

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

test('answers count down the hour’s allowance, and the last one is followed by 403', async () => {
  await using github = await startAcme({ requestsPerHour: 3 });
  const ask = () => fetch(`${github.apiUrl}/users/dana`);
  const remaining = [await ask(), await ask(), await ask()].map((one) =>
    one.headers.get('x-ratelimit-remaining'),
  );
  assert.deepEqual(remaining, ['2', '1', '0']);
  assert.equal((await ask()).status, 403);
});

test('an API version that does not exist is refused', async () => {
  await using github = await startAcme();
  const ask = (version: string) =>
    fetch(`${github.apiUrl}/meta`, { headers: { 'x-github-api-version': version } });
  assert.equal((await ask('2026-03-10')).status, 200);
  assert.equal((await ask('2031-01-01')).status, 400);
});
