// The routes themselves, called by octokit: pages, files, reactions, labels, faults, observers.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { installationClient, startAcme, tokenClient } from './fixture.ts';
import type { Write } from './instance.ts';
import type { LocalGitHub } from './server.ts';

const access = { owner: 'acme', repo: 'access' } as const;

async function withIssue() {
  const github = await startAcme();
  const { number } = await github.as('dana').openIssue('acme/access', { title: 'Hello' });
  const octokit = installationClient(github);
  return {
    github,
    octokit,
    at: { ...access, issue_number: number },
    [Symbol.asyncDispose]: () => github.close(),
  };
}

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

test('502 after the write leaves the comment in place, once', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
  github.addFault({ kind: '502-after-write', route });
  const asked = octokit.rest.issues.createComment({ ...at, body: 'a card' });
  await assert.rejects(asked, { status: 502 });
  const { comments } = github.thread('acme/access', at.issue_number).view();
  assert.deepEqual(
    comments.map((one) => one.body),
    ['a card'],
  );
  await octokit.rest.issues.createComment({ ...at, body: 'the fault is used up' });
});

test('a route that does not exist answers 501, names itself, and is written down', async () => {
  await using world = await withIssue();
  const { github, octokit } = world;
  await assert.rejects(octokit.rest.pulls.list(access), {
    status: 501,
    message: /no route for GET \/api\/v3\/repos\/acme\/access\/pulls/,
  });
  assert.deepEqual(github.unhandled, ['GET /api/v3/repos/acme/access/pulls']);
});

test('a write can be held before and after it happens, and a caller that dies meanwhile does no harm', async () => {
  await using world = await withIssue();
  const { github, at } = world;
  const seen: Write[] = [];
  const caller = new AbortController();
  const stop = github.on('write', (write) => {
    seen.push(write);
    if (write.phase === 'after') caller.abort();
  });
  const url = `${github.apiUrl}/repos/acme/access/issues/${at.issue_number}/comments`;
  const asked = fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${github.as('dana').token}` },
    body: JSON.stringify({ body: 'last words' }),
    signal: caller.signal,
  });
  await assert.rejects(asked, { name: 'AbortError' });
  stop();
  const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
  assert.deepEqual(
    seen.map((one) => [one.phase, one.route, one.actor]),
    [
      ['before', route, 'dana'],
      ['after', route, 'dana'],
    ],
  );
  const { comments } = github.thread('acme/access', at.issue_number).view();
  assert.deepEqual(
    comments.map((one) => one.body),
    ['last words'],
  );
});

test('waiting for a thread ends with the change that satisfies, and rejects with the thread when none comes', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  const thread = github.thread('acme/access', at.issue_number);
  const both = thread.until((view) => view.comments.length === 2);
  await octokit.rest.issues.createComment({ ...at, body: 'one' });
  await octokit.rest.issues.createComment({ ...at, body: 'two' });
  assert.deepEqual(
    (await both).comments.map((one) => one.body),
    ['one', 'two'],
  );
  await assert.rejects(
    thread.until((view) => view.locked, 5),
    /stayed as it was:[^]*"two"/,
  );
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

test('faults are switched on over HTTP with the control token, and with no other', async () => {
  await using github = await startAcme();
  const send = (token: string, fault: object): Promise<Response> =>
    fetch(`${github.url}/_local/faults`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(fault),
    });
  const fault = { kind: 'lost-delivery', event: 'issues', times: 2 };
  assert.equal((await send(github.as('olga').token, fault)).status, 401);
  assert.equal((await send(github.seeded.controlToken, { kind: 'flood' })).status, 422);
  const answer = await send(github.seeded.controlToken, fault);
  assert.equal(answer.status, 201);
  assert.deepEqual(await answer.json(), [fault]);
});

test('a seed with faults is refused with each of them', async () => {
  const seed = { users: [{ login: 'two words' }], repositories: [{ owner: 'acme', nam: 'x' }] };
  await assert.rejects(startAcme({ seed: seed as never }), (error: Error) => {
    assert.match(error.message, /Expected a login/);
    assert.match(error.message, /repositories\[0\]/);
    return true;
  });
});

test('closing waits for nothing: open connections are cut and webhooks under way are dropped', async () => {
  const { createServer } = await import('node:net');
  const silent = createServer();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const github: LocalGitHub = await startAcme();
  const address = silent.address();
  assert.ok(address !== null && typeof address === 'object');
  github.setWebhookUrl('sallyport', `http://127.0.0.1:${address.port}/`);
  await github.as('dana').openIssue('acme/access', { title: 'Hello' });
  await github.close();
  silent.close();
});
