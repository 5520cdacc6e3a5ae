// Repositories as things with a life: made, archived, shown to everybody, renamed, given away.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { personClient } from './clients.ts';
import { startAcme, startBoth, installationClient, sallyport } from './fixture.ts';
import type { LocalGitHub } from './server.ts';

const access = { owner: 'acme', repo: 'access' } as const;

interface RepositoryEvent {
  readonly repository: {
    full_name: string;
    archived: boolean;
    private: boolean;
    visibility: string;
  };
  readonly sender: { login: string };
  readonly changes?: object;
}

const acts: readonly [
  string,
  (github: LocalGitHub) => void,
  Partial<RepositoryEvent['repository']>,
][] = [
  ['archived', ({ repository }) => repository.archive('acme/access', 'olga'), { archived: true }],
  [
    'unarchived',
    ({ repository }) => {
      repository.archive('acme/access', 'olga');
      repository.unarchive('acme/access', 'olga');
    },
    { archived: false },
  ],
  [
    'publicized',
    ({ repository }) => repository.publicize('acme/access', 'olga'),
    { private: false, visibility: 'public' },
  ],
  [
    'privatized',
    ({ repository }) => repository.privatize('acme/site', 'olga'),
    { private: true, visibility: 'private', full_name: 'acme/site' },
  ],
];

for (const [action, act, expected] of acts) {
  test(`an App hears of a repository that was ${action}, as it is then, and by whom`, async () => {
    await using both = await startBoth();
    const { github, receiver } = both;
    act(github);
    await github.settled();
    const { repository, sender } = receiver.last(`repository.${action}`) as RepositoryEvent;
    assert.equal(sender.login, 'olga');
    assert.deepEqual({ ...repository, ...expected }, repository);
  });
}

test('a renamed repository is found under its former name, by whoever could find it, for reads and for writes', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  const { number } = await github.as('dana').openIssue('acme/access', { title: 'Hello' });
  const octokit = installationClient(github);
  github.repository.rename('acme/access', 'doors', 'olga');
  const old = await octokit.rest.repos.get(access);
  assert.equal(old.data.full_name, 'acme/doors');
  const comment = { ...access, issue_number: number, body: 'still here' };
  assert.equal((await octokit.rest.issues.createComment(comment)).status, 201);
  assert.equal(github.thread('acme/doors', number).view().comments.length, 1);
  const ask = (login: string) =>
    fetch(`${github.apiUrl}/repos/acme/access/issues?state=all`, {
      headers: { authorization: `Bearer ${github.as(login).token}` },
      redirect: 'manual',
    });
  const answer = await ask('dana');
  assert.equal(answer.status, 301);
  assert.match(String(answer.headers.get('location')), /\/repositories\/\d+\/issues\?state=all$/);
  assert.equal((await ask('stan')).status, 404);
  await github.settled();
  const { changes } = receiver.last('repository.renamed') as RepositoryEvent;
  assert.deepEqual(changes, { repository: { name: { from: 'access' } } });
});

test('a repository that was given away is out of reach of the old account’s installation, which is told so', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  const octokit = installationClient(github);
  github.repository.transfer('acme/access', 'stan', 'olga');
  await assert.rejects(octokit.rest.repos.get(access), { status: 404 });
  const { data } = await personClient(github, 'stan').rest.repos.get({
    owner: 'stan',
    repo: 'access',
  });
  assert.equal(data.permissions, undefined);
  await github.settled();
  const told = receiver.last('installation_repositories.removed') as {
    repositories_removed: { name: string }[];
  };
  assert.deepEqual(
    told.repositories_removed.map(({ name }) => name),
    ['access'],
  );
});

test('a name that was given up can be taken: by a repository with an id of its own, which an App reaches once it is given it', async () => {
  await using both = await startBoth();
  const { github, receiver } = both;
  const octokit = installationClient(github);
  const { id: former } = (await octokit.rest.repos.get(access)).data;
  github.repository.transfer('acme/access', 'stan', 'olga');
  github.repository.create('acme/access', 'olga');
  assert.throws(() => github.repository.create('acme/access', 'olga'), /is there/);
  await assert.rejects(octokit.rest.repos.get(access), { status: 404 });
  const installation = Number(sallyport(github).installations['acme']);
  github.installation.addRepository(installation, 'acme/access', 'olga');
  const { data } = await octokit.rest.repos.get(access);
  assert.notEqual(data.id, former);
  await github.settled();
  const told = receiver.last('installation_repositories.added') as {
    repositories_added: { id: number }[];
  };
  assert.deepEqual(
    told.repositories_added.map(({ id }) => id),
    [data.id],
  );
});

test('an id leads to the repository whatever it is called, and an unknown one nowhere', async () => {
  await using github = await startAcme();
  const { token } = github.as('dana');
  const headers = { authorization: `Bearer ${token}` };
  const { data } = await personClient(github, 'dana').rest.repos.get(access);
  const byId = await fetch(`${github.apiUrl}/repositories/${data.id}/labels`, { headers });
  assert.equal(byId.status, 200);
  assert.equal((await fetch(`${github.apiUrl}/repositories/1/labels`, { headers })).status, 404);
});
