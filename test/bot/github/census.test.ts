import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { openCensus } from '../../../bot/github/census.ts';
import { locate } from '../../../bot/github/place.ts';
import { openStore } from '../../../bot/store/store.ts';
import { installationClient, sallyport, withIssue } from '../../github/fixture.ts';

/** The owner of acme/access, as GitHub says it, and whoever is asked about. */
async function openWorld() {
  const { github, octokit, ...world } = await withIssue();
  const store = await openStore(':memory:');
  const inOrganization = async () => installationClient(github);
  const log = pino({ level: 'silent' });
  const census = openCensus({ store, log, inOrganization, now: () => new Date() });
  const { data } = await octokit.rest.repos.get({ owner: 'acme', repo: 'access' });
  const place = { repositoryId: data.id, owner: 'acme', repo: 'access' };
  const found = await locate(octokit, place);
  assert.ok(typeof found === 'object');
  const person = (login: string) => ({ login, id: github.seeded.userIds[login] ?? 0 });
  return {
    github,
    census,
    owner: found.owner,
    belonging: (owner: typeof found.owner, login: string) =>
      census.belongingTo(octokit, owner, person(login)),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

test('whoever is in the organisation that owns the repository belongs to it, and nobody else', async () => {
  await using world = await openWorld();
  assert.equal(await world.belonging(world.owner, 'dana'), 'member');
  assert.equal(await world.belonging(world.owner, 'stan'), 'outsider');
});

test('by the name that an organisation had until it was renamed, nobody is found to be an outsider', async () => {
  await using world = await openWorld();
  world.github.organization('acme').rename('umbrella', 'olga');
  assert.equal(await world.belonging(world.owner, 'dana'), 'unreadable');
  const present = { ...world.owner, login: 'umbrella' };
  assert.equal(await world.belonging(present, 'dana'), 'member');
  assert.equal(await world.belonging(present, 'stan'), 'outsider');
});

test('a repository that a person owns has no organisation that anybody could be an outsider of', async () => {
  await using world = await openWorld();
  const owner = { id: world.github.seeded.userIds['bea'] ?? 0, login: 'bea', isPerson: true };
  assert.equal(await world.belonging(owner, 'dana'), 'member');
});

test('a team of an organisation in which the App is suspended cannot be read, which is no failure', async () => {
  await using world = await openWorld();
  const { github, census } = world;
  const team = await census.team('acme/payments');
  assert.ok(team && team !== 'unreadable' && team.logins.has('omar'));
  github.installation.suspend(Number(sallyport(github).installations['acme']), 'olga');
  assert.equal(await census.team('acme/payments'), 'unreadable');
});
