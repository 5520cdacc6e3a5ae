import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { createApp, type GitHub } from '../../../bot/github/app.ts';
import { openCoverage, OutOfReach } from '../../../bot/github/coverage.ts';
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
  const comment = { ...name, issue_number: number, body: 'revoked' };
  const write = (octokit: GitHub) => octokit.rest.issues.createComment(comment);
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
    through: <T>(call: (octokit: GitHub) => Promise<T>) => coverage.through(place, call),
    comments: () => github.thread(full, number).view().comments.length,
    [Symbol.asyncDispose]: () => github.close(),
  };
}

test('what is not there in a repository that is reached is answered as GitHub does', async () => {
  await using world = await openWorld();
  const asked = { ...name, comment_id: 4711 };
  await assert.rejects(
    world.through((octokit) => octokit.rest.issues.getComment(asked)),
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
  assert.equal((await (await world.as()).rest.repos.get(name)).data.id, place.repositoryId);
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
