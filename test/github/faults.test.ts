// What a test can make go wrong, at the moment and for the caller that it means.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { within } from '../support/within.ts';
import { personClient } from './clients.ts';
import { withIssue, appClient, installationClient, sallyport } from './fixture.ts';
import type { Fault } from './fault-schema.ts';

const access = { owner: 'acme', repo: 'access' } as const;
const comments = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';

test('502 after the write leaves the comment in place, once', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  github.addFault({ kind: '502-after-write', route: comments });
  const asked = octokit.rest.issues.createComment({ ...at, body: 'a card' });
  await assert.rejects(asked, { status: 502 });
  const { comments: found } = github.thread('acme/access', at.issue_number).view();
  assert.deepEqual(
    found.map((one) => one.body),
    ['a card'],
  );
  await octokit.rest.issues.createComment({ ...at, body: 'the fault is used up' });
});

for (const when of ['before', 'after'] as const) {
  test(`an answer lost ${when} the work was done leaves ${when === 'before' ? 'nothing' : 'the comment'}`, async () => {
    await using world = await withIssue();
    const { github, octokit, at } = world;
    github.addFault({ kind: 'answer', route: comments, when, status: 503, retryAfterSeconds: 7 });
    const asked = octokit.rest.issues.createComment({ ...at, body: 'a card' });
    await assert.rejects(asked, (error: GitHubError) => {
      assert.deepEqual([error.status, error.response.headers['retry-after']], [503, '7']);
      return true;
    });
    const found = github.thread('acme/access', at.issue_number).view().comments;
    assert.equal(found.length, when === 'before' ? 0 : 1);
  });
}

/** What octokit throws, as far as these tests look at it. */
interface GitHubError extends Error {
  readonly status: number;
  readonly response: { readonly headers: Readonly<Record<string, string>>; readonly data: unknown };
}

test('reads and the making of tokens are struck like everything else', async () => {
  await using world = await withIssue();
  const { github } = world;
  const minting = 'POST /app/installations/{installation_id}/access_tokens';
  const struck: readonly [Fault, () => Promise<unknown>][] = [
    [
      { kind: 'answer', route: minting, status: 500 },
      () => {
        const installation_id = Number(sallyport(github).installations['acme']);
        return appClient(github).rest.apps.createInstallationAccessToken({ installation_id });
      },
    ],
    [
      { kind: 'answer', route: 'GET /repos/{owner}/{repo}', status: 500 },
      () => personClient(github, 'dana').rest.repos.get(access),
    ],
    [
      { kind: 'answer', route: 'POST /graphql', status: 500 },
      () => personClient(github, 'dana').graphql('{ viewer { login } }'),
    ],
  ];
  for (const [fault, call] of struck) {
    github.addFault(fault);
    await assert.rejects(call(), { status: 500 });
    await call();
  }
});

test('the body of a struck answer is GitHub’s, a proxy’s, or that of a secondary limit', async () => {
  await using world = await withIssue();
  const { github } = world;
  const ask = () => fetch(`${github.apiUrl}/users/dana`);
  github.addFault({ kind: 'answer', status: 429, body: 'secondary', retryAfterSeconds: 60 });
  const limited = await ask();
  assert.equal(limited.headers.get('retry-after'), '60');
  assert.match(await limited.text(), /You have exceeded a secondary rate limit/);
  github.addFault({ kind: 'answer', status: 502, body: 'html' });
  const page = await ask();
  assert.match(String(page.headers.get('content-type')), /^text\/html/);
  assert.match(await page.text(), /^<html>/);
  github.addFault({ kind: 'answer', status: 500 });
  assert.equal(((await (await ask()).json()) as { message: string }).message, 'Server Error');
});

test('a fault lets through as many as it was told, strikes as often as it was told, and only the actor it names', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  const fault = {
    kind: 'answer',
    status: 500,
    actor: 'sallyport[bot]',
    skip: 1,
    times: 2,
  } as const;
  github.addFault({ ...fault, route: comments });
  const statuses: number[] = [];
  for (let count = 0; count < 4; count += 1) {
    await github.as('dana').comment('acme/access', at.issue_number, 'people are not struck');
    const asked = octokit.rest.issues.createComment({ ...at, body: 'a card' });
    statuses.push(
      await asked.then(({ status }) => status).catch((error: GitHubError) => error.status),
    );
  }
  assert.deepEqual(statuses, [201, 500, 500, 201]);
});

test('a held answer comes when it is released, and the work was done all the while', async () => {
  await using world = await withIssue();
  const { github, octokit, at } = world;
  const held = github.addFault({ kind: 'held', route: comments, actor: 'sallyport[bot]' });
  let isAnswered = false;
  const asked = octokit.rest.issues.createComment({ ...at, body: 'a card' });
  void asked.then(() => (isAnswered = true));
  await within('the call is held', held.struck);
  await github.as('dana').comment('acme/access', at.issue_number, 'meanwhile');
  const found = github.thread('acme/access', at.issue_number).view().comments;
  assert.deepEqual(
    found.map(({ body }) => body),
    ['a card', 'meanwhile'],
  );
  assert.equal(isAnswered, false);
  held.release();
  assert.equal((await within('the answer comes', asked)).status, 201);
});

test('what is held is let go when the faults are cleared', async () => {
  await using world = await withIssue();
  const { github, octokit } = world;
  const route = 'GET /repos/{owner}/{repo}';
  const held = github.addFault({ kind: 'held', route, when: 'before' });
  const asked = octokit.rest.repos.get(access);
  await within('the call is held', held.struck);
  github.clearFaults();
  assert.equal((await within('the answer comes', asked)).status, 200);
});

const misspelt: readonly [Fault, RegExp][] = [
  [{ kind: '502-after-write', route: 'POST /repos/{owner}/{repo}/comments' }, /no route/],
  [{ kind: 'answer', route: 'GET /repos/{owner}/{repository}', status: 500 }, /no route/],
  [{ kind: 'lost-delivery', event: 'issue_comments' }, /No such event/],
  [{ kind: 'lost-delivery', event: 'issue_comment.opened' }, /No such event/],
];

for (const [fault, message] of misspelt) {
  const name = 'event' in fault ? fault.event : 'route' in fault ? fault.route : '';
  test(`a fault about ${name} is refused when it is armed`, async () => {
    await using world = await withIssue();
    assert.throws(() => world.github.addFault(fault), message);
    assert.deepEqual(world.github.armedFaults(), []);
  });
}

test('the list of faults tells what is still armed, and how often it will strike', async () => {
  await using world = await withIssue();
  const { github, at } = world;
  const octokit = installationClient(github);
  github.addFault({ kind: '502-after-write', route: comments, times: 2 });
  github.addFault({ kind: 'lost-delivery', event: 'issues' });
  await assert.rejects(octokit.rest.issues.createComment({ ...at, body: 'one' }), { status: 502 });
  assert.deepEqual(github.armedFaults(), [
    { kind: '502-after-write', route: comments, times: 1 },
    { kind: 'lost-delivery', event: 'issues', times: 1 },
  ]);
});
