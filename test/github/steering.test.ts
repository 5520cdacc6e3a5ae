// What a test holds in its hand: faults, held writes, waiting, the control endpoint, the seed's own checks.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { test } from 'node:test';
import { startAcme, withIssue } from './fixture.ts';
import type { Write } from './instance.ts';
import type { LocalGitHub } from './server.ts';
import type { ThreadView } from './threads.ts';

const access = { owner: 'acme', repo: 'access' } as const;

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

test('another process reads a thread and hears of its changes, with the control token', async () => {
  await using world = await withIssue();
  const { github, at } = world;
  const headers = { authorization: `Bearer ${github.seeded.controlToken}` };
  assert.equal((await fetch(`${github.url}/_local/changes`)).status, 401);
  const stream = await fetch(`${github.url}/_local/changes`, { headers });
  const lines = Readable.fromWeb(stream.body as ReadableStream).setEncoding('utf8');
  const iterator = createInterface({ input: lines })[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).value, ': ready');
  await github.as('dana').comment('acme/access', at.issue_number, 'one');
  const news: string[] = [];
  while (news.length === 0) {
    const { value } = await iterator.next();
    if (value?.startsWith('data: ')) news.push(value.slice(6));
  }
  const change = { what: 'comment', repository: 'acme/access', issue: at.issue_number };
  assert.deepEqual(JSON.parse(String(news[0])), change);
  const path = `/_local/threads/acme/access/${at.issue_number}`;
  const view = (await (await fetch(github.url + path, { headers })).json()) as ThreadView;
  assert.equal(view.comments[0]?.body, 'one');
  assert.equal(
    (await fetch(`${github.url}/_local/threads/acme/access/9`, { headers })).status,
    404,
  );
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
