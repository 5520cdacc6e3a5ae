import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { openAccounts } from '../../bot/accounts.ts';
import { createApp } from '../../bot/github/app.ts';
import { openRepositories } from '../../bot/github/repositories.ts';
import { openEntityHistory } from '../../bot/entity-history.ts';
import { openFileVersions } from '../../bot/file-versions.ts';
import { openRuleBook } from '../../bot/github/rules.ts';
import { openBotMetrics } from '../../bot/observe/metrics.ts';
import { findPeople } from '../../bot/people.ts';
import { openStore } from '../../bot/store/store.ts';
import { startLocalGitHub } from '../github/server.ts';
import type { Seed } from '../github/seed.ts';
import { findAccount } from '../github/state.ts';
import { now, user } from './access/world.ts';
import { template } from './company.ts';

const issuer = 'https://id.acme.dev';
const home = 'acme/access';
const org = 'acme/org';
const policyPath = 'sallyport.yml';
const catalogPath = 'catalog-info.yaml';

const catalog = [
  user('omar', []),
  user('dana', []),
  // An account that is gone, and one that is an organisation’s.
  user('gone', []),
  user('acme', []),
  `---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: nologin, annotations: { sallyport.dev/subject: 00u-nologin } }
spec: { memberOf: [] }`,
].join('\n');

const seed: Seed = {
  // The catalog writes his login in small letters; GitHub knows it as he wrote it.
  users: [{ login: 'Omar', id: 77 }, { login: 'dana', id: 501 }, { login: 'mallory' }],
  organizations: [{ login: 'acme', owners: ['dana'] }],
  repositories: [
    { owner: 'acme', name: 'access', files: { [policyPath]: template(policyPath) } },
    { owner: 'acme', name: 'org', files: { [catalogPath]: catalog } },
  ],
  apps: [
    {
      slug: 'sallyport',
      owner: 'acme',
      permissions: { contents: 'read', metadata: 'read' },
      installations: [{ account: 'acme' }],
    },
  ],
};

/** Sign-ins at a bot that reads policy and catalog from a GitHub, and asks it who has a login. */
async function openWorld() {
  const github = await startLocalGitHub({ seed });
  const store = await openStore(':memory:');
  const log = pino({ level: 'silent' });
  const app = github.seeded.apps['sallyport'];
  assert.ok(app);
  const { appId, privateKey } = app;
  const repositories = openRepositories(
    createApp({ apiUrl: github.apiUrl, appId, privateKey }, log, openBotMetrics()),
  );
  const config = {
    policy: { repository: home, path: policyPath },
    catalog: { repositories: [org], path: catalogPath },
    relays: [{ name: 'eu-1', url: 'https://eu-1.acme.dev', publicKey: '' }],
  };
  const rules = openRuleBook({
    config,
    repositories,
    fileVersions: await openFileVersions(store, config),
    history: openEntityHistory(store, () => now),
    catalogRead: () => undefined,
    log,
    now: () => now,
  });
  const accounts = openAccounts({ store, log, metrics: openBotMetrics(), now: () => now });
  const find = findPeople({ accounts, rules, repositories, home, issuer });
  return {
    accounts,
    signIn: (subject: string, at = issuer) => find(at, subject),
    /** Somebody changes what they are called on GitHub. */
    rename(login: string, to: string) {
      const account = findAccount(github.instance.state, login);
      assert.ok(account);
      account.login = to;
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await github.close();
    },
  };
}

test('a person is found by the subject that the catalog names, as the account that GitHub has, by its number', async () => {
  await using world = await openWorld();
  assert.deepEqual(await world.signIn('00u-omar'), { id: 77, login: 'Omar' });
  assert.deepEqual(await world.signIn('00u-dana'), { id: 501, login: 'dana' });
  assert.deepEqual(await world.signIn('00u-omar'), { id: 77, login: 'Omar' }, 'and again');
});

test('a subject that the catalog does not name, byte by byte, is nobody', async () => {
  await using world = await openWorld();
  for (const subject of ['00u-mallory', '00U-OMAR', '00u-omar ', 'omar', 'omar@acme.dev', '']) {
    assert.equal(await world.signIn(subject), undefined, subject);
  }
});

test('the right subject at another provider is nobody', async () => {
  await using world = await openWorld();
  for (const other of ['https://id.mallory.dev', `${issuer}/`, 'http://id.acme.dev', '']) {
    assert.equal(await world.signIn('00u-omar', other), undefined, other);
  }
});

test('a User of the catalog without a login is nobody', async () => {
  await using world = await openWorld();
  assert.equal(await world.signIn('00u-nologin'), undefined);
});

test('an account that is gone is nobody, and so is one that is no person’s', async () => {
  await using world = await openWorld();
  assert.equal(await world.signIn('00u-gone'), undefined);
  assert.equal(await world.signIn('00u-acme'), undefined);
});

test('whoever takes over a login that was known before is nobody, until its owner has it back', async () => {
  await using world = await openWorld();
  const omar = await world.signIn('00u-omar');
  world.rename('Omar', 'omar-moved');
  assert.equal(await world.signIn('00u-omar'), undefined, 'nobody has it');
  world.rename('mallory', 'omar');
  assert.equal(await world.signIn('00u-omar'), undefined, 'somebody else has it');
  assert.equal(await world.signIn('00u-omar'), undefined, 'and does not come to own it by asking');
  world.rename('omar', 'mallory');
  world.rename('omar-moved', 'Omar');
  assert.deepEqual(await world.signIn('00u-omar'), omar);
});

test('a login is known from the first command on, not only from a first sign-in', async () => {
  await using world = await openWorld();
  // As bot/github/facts.ts keeps it when a command is decided.
  const omar = { ref: 'user:default/omar', subject: '00u-omar' };
  await world.accounts.standsFor(omar, { id: 4711, login: 'OMAR' });
  assert.equal(await world.signIn('00u-omar'), undefined);
});
