import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { pino } from 'pino';
import { createApp } from '../../../bot/github/app.ts';
import { inSight, openCoverage, OutOfReach, type Covered } from '../../../bot/github/coverage.ts';
import { openBotMetrics } from '../../../bot/observe/metrics.ts';
import { sallyport, startAcme } from '../../github/fixture.ts';

const name = { owner: 'acme', repo: 'access' } as const;
const full = 'acme/access';

/** A repository that was reached a moment ago, with an issue in it. */
async function openWorld() {
  const github = await startAcme();
  const { appId, privateKey, installations } = sallyport(github);
  const installationId = Number(installations['acme']);
  const log = pino({ level: 'silent' });
  const start = () =>
    createApp({ apiUrl: github.apiUrl, appId, privateKey }, log, openBotMetrics());
  const app = start();
  const { number } = await github.as('dana').openIssue(full, { title: 'Hello' });
  const seen = await (await app.asInstallation(installationId)).rest.repos.get(name);
  const place = { installationId, repositoryId: seen.data.id, ...name };
  let nowMs = Date.now();
  const now = () => new Date(nowMs);
  let coverage = openCoverage(app, now);
  const comment = { issue_number: number, body: 'revoked' };
  const write = ({ github: octokit, name: called }: Covered) =>
    octokit.rest.issues.createComment({ ...comment, ...called });
  await coverage.through(place, write);
  return {
    github,
    place,
    later: (ms: number) => (nowMs += ms),
    /** Forgets everything, tokens too: octokit tries for five seconds whether a new one is refused by mistake. */
    restart: () => void (coverage = openCoverage(start(), now)),
    /** Calls as whichever installation covers it. */
    as: () => coverage.as(place),
    /** Writes a comment there. */
    write: () => coverage.through(place, write),
    through: <T>(call: (covered: Covered) => Promise<T>) => coverage.through(place, call),
    comments: (repository = full) => github.thread(repository, number).view().comments.length,
    [Symbol.asyncDispose]: () => github.close(),
  };
}

test('what is not there in a repository that is reached is answered as GitHub does', async () => {
  await using world = await openWorld();
  const asked = { ...name, comment_id: 4711 };
  await assert.rejects(
    world.through((covered) => covered.github.rest.issues.getComment(asked)),
    { status: 404 },
  );
});

test('a repository that the App was taken out of is out of reach, until it is put back', async () => {
  await using world = await openWorld();
  const { github, place } = world;
  github.installation.removeRepository(place.installationId, full, 'olga');
  await assert.rejects(world.write(), OutOfReach);
  github.installation.addRepository(place.installationId, full, 'olga');
  await world.write();
  assert.equal(world.comments(), 2);
});

test('the same holds for a public repository, which everybody sees', async () => {
  await using world = await openWorld();
  const { github, place } = world;
  github.repository.publicize(full, 'olga');
  github.installation.removeRepository(place.installationId, full, 'olga');
  await assert.rejects(world.write(), OutOfReach);
});

test('an App that was taken out of the organisation and put back is told to be another installation', async () => {
  await using world = await openWorld();
  const { github, place } = world;
  github.installation.remove(place.installationId, 'olga');
  world.restart();
  await assert.rejects(world.write(), OutOfReach);
  const installationId = github.installation.add('sallyport', 'acme', 'olga');
  await assert.rejects(world.write(), { code: 'covered-anew', installationId });
  assert.equal((await (await world.as()).github.rest.repos.get(name)).data.id, place.repositoryId);
  assert.equal(world.comments(), 1);
});

test('nothing is written to another repository that has taken the name', async () => {
  await using world = await openWorld();
  const { github, place } = world;
  github.repository.transfer(full, 'stan', 'olga');
  github.repository.create(full, 'olga');
  github.installation.addRepository(place.installationId, full, 'olga');
  await github.as('dana').openIssue(full, { title: 'Another', body: '' });
  world.later(60_000);
  await assert.rejects(world.write(), OutOfReach);
  assert.equal(world.comments(), 0);
});

test('a repository that was renamed is written to, though another that the App covers has its name', async () => {
  await using world = await openWorld();
  const { github, place } = world;
  github.repository.rename(full, 'entry', 'olga');
  github.repository.create(full, 'olga');
  github.installation.addRepository(place.installationId, full, 'olga');
  // At once, while the name of before is still trusted, and when it is not any more.
  await world.write();
  world.later(60_000);
  await github.as('dana').openIssue(full, { title: 'Another', body: '' });
  await world.write();
  assert.equal(world.comments(), 0);
  assert.equal(world.comments('acme/entry'), 3);
  const { name: called } = await world.as();
  assert.deepEqual(called, { owner: 'acme', repo: 'entry' });
});

test('a repository is known by the owner that it has now, also after the organisation was renamed', async () => {
  await using world = await openWorld();
  const { github } = world;
  const { owner: before } = await world.as();
  assert.deepEqual([before.login, before.isPerson], ['acme', false]);
  github.organization('acme').rename('umbrella', 'olga');
  world.later(60_000);
  await world.write();
  const { owner, name: called } = await world.as();
  assert.deepEqual(owner, { ...before, login: 'umbrella' });
  assert.deepEqual(called, { owner: 'umbrella', repo: 'access' });
});

test('nothing is to be looked at where the App is suspended or taken out; a GitHub that fails is another matter', async () => {
  await using world = await openWorld();
  const { github, place } = world;
  const look = () => inSight(async () => (await world.as()).github.rest.repos.get(name));
  assert.equal((await look())?.data.id, place.repositoryId);
  github.addFault({ kind: 'answer', route: 'GET /repos/{owner}/{repo}', status: 502, times: 1 });
  await assert.rejects(look(), { status: 502 });
  github.installation.suspend(place.installationId, 'olga');
  assert.equal(await look(), undefined);
  github.installation.unsuspend(place.installationId, 'olga');
  github.installation.removeRepository(place.installationId, full, 'olga');
  world.later(60_000);
  assert.equal(await look(), undefined);
});

test('what stands between and refuses in its own words says nothing of a repository', async () => {
  await using world = await openWorld();
  const { github, place } = world;
  await using between = createServer((_request, response) => {
    response.writeHead(403, { 'content-type': 'application/json' });
    response.end('{"message":"This address is not accessible from here."}');
  });
  await once(between.listen(0, '127.0.0.1'), 'listening');
  const { appId, privateKey } = sallyport(github);
  const apiUrl = `http://127.0.0.1:${(between.address() as AddressInfo).port}`;
  const log = pino({ level: 'silent' });
  const app = createApp({ apiUrl, appId, privateKey }, log, openBotMetrics());
  const coverage = openCoverage(app, () => new Date());
  const look = async () => (await coverage.as(place)).github.rest.repos.get(name);
  await assert.rejects(inSight(look), { status: 403 });
});
