// Pull requests and check runs: what an App hears of them, and what it may say about a commit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installationClient, startBoth, withIssue, acmeWith } from './fixture.ts';
import { startLocalGitHub } from './server.ts';

const repo = 'acme/access';
const at = { owner: 'acme', repo: 'access' } as const;

test('a pull request tells of its head when it is opened, pushed to, and given another base', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  const omar = github.as('omar');
  await omar.createBranch(repo, 'wider');
  await omar.createBranch(repo, 'release');
  await omar.putFile(repo, 'sallyport.yml', { text: 'version: 2\n', branch: 'wider' });
  const number = await omar.openPull(repo, { head: 'wider', title: 'Wider' });
  const pushed = await omar.putFile(repo, 'sallyport.yml', {
    text: 'version: 3\n',
    branch: 'wider',
  });
  await omar.retargetPull(repo, number, 'release');
  await github.settled();
  const told = receiver.received
    .filter(({ headers }) => headers['x-github-event'] === 'pull_request')
    .map(({ payload }) => payload as unknown as PullPayload);
  assert.deepEqual(
    told.map(({ action, pull_request: pull }) => [action, pull.base.ref]),
    [
      ['opened', 'main'],
      ['synchronize', 'main'],
      ['edited', 'release'],
    ],
  );
  assert.equal(told[1]?.pull_request.head.sha, pushed.commit.sha);
  assert.equal(told[2]?.changes?.base.ref.from, 'main');
});

interface PullPayload {
  readonly action: string;
  readonly pull_request: {
    readonly head: { readonly sha: string };
    readonly base: { readonly ref: string };
  };
  readonly changes?: { readonly base: { readonly ref: { readonly from: string } } };
}

test('a check run stands at its commit, the last of a name alone', async () => {
  await using world = await withIssue();
  const { octokit } = world;
  const { data: head } = await octokit.rest.repos.getCommit({ ...at, ref: 'main' });
  const say = (conclusion: 'failure' | 'success') =>
    octokit.rest.checks.create({
      ...at,
      name: 'policy',
      head_sha: head.sha,
      status: 'completed',
      conclusion,
      output: { title: 'Said', summary: '' },
    });
  await say('failure');
  await say('success');
  const { data } = await octokit.rest.checks.listForRef({ ...at, ref: 'main' });
  assert.deepEqual(
    data.check_runs.map(({ conclusion }) => conclusion),
    ['success'],
  );
});

test('a check run needs the permission, a commit that is there, and at most 50 annotations', async () => {
  await using world = await withIssue();
  const { octokit } = world;
  const { data: head } = await octokit.rest.repos.getCommit({ ...at, ref: 'main' });
  const run = { ...at, name: 'policy', head_sha: head.sha } as const;
  const annotation = {
    path: 'sallyport.yml',
    start_line: 1,
    end_line: 1,
    annotation_level: 'failure',
    message: 'Wrong.',
  } as const;
  const withMany = (count: number) =>
    octokit.rest.checks.create({
      ...run,
      output: {
        title: 'Said',
        summary: '',
        annotations: Array.from({ length: count }, () => annotation),
      },
    });
  await withMany(50);
  await assert.rejects(withMany(51), { status: 422 });
  const nowhere = octokit.rest.checks.create({ ...run, head_sha: 'f'.repeat(40) });
  await assert.rejects(nowhere, { status: 422 });
  await using poor = await startLocalGitHub({ seed: acmeWith({ contents: 'read' }) });
  await assert.rejects(installationClient(poor).rest.checks.create(run), { status: 403 });
});

test('an App that may write checks hears of check runs without asking, and alone of its own asked for again', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  const octokit = installationClient(github);
  const { data: head } = await octokit.rest.repos.getCommit({ ...at, ref: 'main' });
  await octokit.rest.checks.create({ ...at, name: 'policy', head_sha: head.sha });
  await github.as('dana').rerunCheck(repo, 'policy');
  await github.as('dana').rerunAllChecks(repo, 'policy');
  await github.settled();
  const told = receiver.received.map(({ headers, payload }) => [
    headers['x-github-event'],
    payload['action'],
  ]);
  assert.deepEqual(told, [
    ['check_run', 'created'],
    ['check_run', 'rerequested'],
    ['check_suite', 'rerequested'],
  ]);
});
