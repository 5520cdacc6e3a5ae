// What a test holds in its hand: held writes, surprises, waiting, the control endpoint, the seed's own checks.
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { test } from 'node:test';
import { within } from '../support/within.ts';
import { startAcme, withIssue } from './fixture.ts';
import { startSilent } from './receiver.ts';
import type { Write } from './instance.ts';
import type { ThreadView } from './threads.ts';

const access = { owner: 'acme', repo: 'access' } as const;

test('a route that does not exist answers 501, names itself, and is written down', async () => {
  await using world = await withIssue();
  const { github, octokit } = world;
  await assert.rejects(octokit.rest.pulls.list(access), {
    status: 501,
    message: /no route for GET \/api\/v3\/repos\/acme\/access\/pulls/,
  });
  assert.deepEqual(github.unhandled, ['GET /api/v3/repos/acme/access/pulls']);
});

test('what does not exist outside the API is written down as well, whatever the method', async () => {
  await using github = await startAcme();
  assert.equal((await fetch(`${github.url}/acme/access/issues`)).status, 200);
  assert.deepEqual(github.unhandled, []);
  for (const path of ['/acme/access/pulls/1', '/robots.txt', '/login/device']) {
    assert.equal((await fetch(github.url + path)).status, 404, path);
  }
  const answer = await fetch(`${github.url}/login/device/code`, { method: 'POST' });
  assert.equal(answer.status, 404);
  assert.deepEqual(github.unhandled, [
    'GET /acme/access/pulls/1',
    'GET /robots.txt',
    'GET /login/device',
    'POST /login/device/code',
  ]);
});

test('a write can be held before it happens and after', async () => {
  await using world = await withIssue();
  const { github, at } = world;
  const reached = { before: Promise.withResolvers<void>(), after: Promise.withResolvers<void>() };
  const goOn = { before: Promise.withResolvers<void>(), after: Promise.withResolvers<void>() };
  github.on('write', async ({ phase }) => {
    reached[phase].resolve();
    await goOn[phase].promise;
  });
  const bodies = () =>
    github
      .thread('acme/access', at.issue_number)
      .view()
      .comments.map((one) => one.body);
  let isAnswered = false;
  const asked = github.as('dana').comment('acme/access', at.issue_number, 'hello');
  void asked.then(() => (isAnswered = true));
  await within('the write is about to happen', reached.before.promise);
  assert.deepEqual(bodies(), []);
  goOn.before.resolve();
  await within('the write has happened', reached.after.promise);
  assert.deepEqual([bodies(), isAnswered], [['hello'], false]);
  goOn.after.resolve();
  assert.equal((await within('the answer comes', asked)).body, 'hello');
});

test('a caller that dies while its write is held does no harm', async () => {
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
  await github.settled();
});

test('what a listener throws is a 500 to the caller, and is told to whoever waits', async () => {
  await using world = await withIssue();
  const { github, at } = world;
  const stop = github.on('write', () => {
    throw new Error('this listener is wrong');
  });
  const comment = () => github.as('dana').comment('acme/access', at.issue_number, 'hello');
  await assert.rejects(comment(), { status: 500 });
  await assert.rejects(github.settled(), /this listener is wrong/);
  stop();
  github.instance.onChange(() => {
    throw new Error('so is this one');
  });
  await comment();
  await comment();
  await assert.rejects(github.settled(), { name: 'AggregateError' });
  await github.settled();
});

test('a surprise that nobody waited for is told by close, when everything is closed', async () => {
  const github = await startAcme();
  github.instance.state.accounts.clear();
  github.on('write', () => Promise.reject(new Error('this listener is wrong')));
  const { token } = github.as('dana');
  const answer = await fetch(`${github.apiUrl}/repos/acme/site/issues`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: '{}',
  });
  assert.equal(answer.status, 500);
  await assert.rejects(github.close(), /this listener is wrong/);
  await assert.rejects(fetch(github.url), { name: 'TypeError' });
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

test('closing waits for nobody: a stream that is open ends, a webhook under way is dropped, what is held is cut', async () => {
  await using silent = await startSilent();
  const github = await startAcme();
  const headers = { authorization: `Bearer ${github.seeded.controlToken}` };
  github.setWebhookUrl('sallyport', silent.url);
  const stream = await fetch(`${github.url}/_local/changes`, { headers });
  const ended = stream.text().then(
    () => 'ended',
    () => 'cut',
  );
  await github.as('dana').openIssue('acme/access', { title: 'Hello' });
  const held = github.addFault({ kind: 'held', route: 'GET /meta', when: 'before' });
  const asked = fetch(`${github.apiUrl}/meta`).then(
    () => 'answered',
    () => 'cut',
  );
  await within('the call is held', held.struck);
  await within('it closes', github.close());
  assert.match(await within('the stream ends', ended), /ended|cut/);
  assert.match(await within('the call ends', asked), /answered|cut/);
  await assert.rejects(fetch(github.url), { name: 'TypeError' });
  await within('a second time it is closed already', github.close());
});
