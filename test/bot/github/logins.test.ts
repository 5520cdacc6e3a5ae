// Logins change hands, and a place in the catalog does not go with them: a login stands for the account that had it
// when its User was read, and for another once the catalog gives it to another User.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { openAccounts } from '../../../bot/accounts.ts';
import { createApp } from '../../../bot/github/app.ts';
import { openLogins } from '../../../bot/github/logins.ts';
import { openBotMetrics } from '../../../bot/observe/metrics.ts';
import { allBindings } from '../../../bot/store/accounts.ts';
import { openStore } from '../../../bot/store/store.ts';
import { startAcme } from '../../github/fixture.ts';
import type { LocalGitHub } from '../../github/server.ts';
import { findAccount } from '../../github/state.ts';
import { scrape } from '../../support/exposition.ts';
import { factsOf, user } from '../access/world.ts';
import { startCompany, template, type CompanyOptions } from '../company.ts';

const repo = 'acme/access';
const graphql = 'POST /graphql';

/** A log, and a way to wait until it has said something so often. */
function openListening() {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const write = (line: string) => {
    lines.push(line);
    waiting.forEach((look) => look());
  };
  const said = (pattern: RegExp) => lines.filter((line) => pattern.test(line));
  return {
    log: pino({ base: null }, { write }),
    said,
    heard: (pattern: RegExp, times = 1) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (said(pattern).length >= times) resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

const bound = /logins of the catalog were bound/;

function rename({ instance }: LocalGitHub, login: string, to: string): void {
  const account = findAccount(instance.state, login);
  assert.ok(account);
  account.login = to;
}

/** Omar gives up his login before he ever came with it, and olga, whom the catalog does not know, takes it. */
async function startTakenOver(options: CompanyOptions = {}) {
  const { log, said, heard } = openListening();
  const company = await startCompany({ ...options, log });
  const issue = await company.asked('/connect payments-db 1h');
  await heard(bound);
  const { github } = company;
  rename(github, 'omar', 'omar-moved');
  rename(github, 'olga', 'omar');
  return { company, github, issue, said };
}

test('whoever takes a login between the reading of the catalog and its owner’s first command is nobody', async () => {
  const { company, github, issue, said } = await startTakenOver();
  await using _ = company;
  await github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /the login `omar` belonged to another account/);
  assert.ok(said(/another account has the login of a User/).length > 0);
  const seen = await scrape(company.metricsPort());
  assert.ok(seen.value('sallyport_bot_logins_reassigned_total') > 0);
  rename(github, 'omar', 'olga');
  rename(github, 'omar-moved', 'omar');
  await github.as('omar').comment(repo, issue, '/approve');
  await company.until(issue, /is granted until/);
});

for (const [what, from, to] of [
  ['of another name', 'name: omar', 'name: olga'],
  ['with another subject', '00u-omar', '00u-olga'],
] as const) {
  test(`a login that the catalog gives to a User ${what} is bound anew, and its new owner acts`, async () => {
    const { company, github, issue, said } = await startTakenOver();
    await using _ = company;
    await github.as('omar').comment(repo, issue, '/approve');
    await company.until(issue, /with another metadata\.name or sallyport\.dev\/subject/);
    const text = template('org.yaml').replace(from, to);
    // An owner of the organisation, whatever she is called.
    await github.as('omar').putFile('acme/org', 'catalog-info.yaml', { text });
    await github.as('omar').comment(repo, issue, '/approve');
    await company.until(issue, /is granted until/);
    assert.equal(said(/it was bound anew/).length, 1);
  });
}

/** What asks GitHub for logins, by a clock that is put forward by hand, and how often it asked. */
async function openWorld() {
  const github = await startAcme();
  const store = await openStore(':memory:');
  const listening = openListening();
  const { log } = listening;
  const metrics = openBotMetrics();
  let at = new Date('2026-03-02T09:00:00.000Z');
  const now = () => at;
  const { appId = 0, privateKey = '', installations } = github.seeded.apps['sallyport'] ?? {};
  const silent = pino({ level: 'silent' });
  const app = createApp({ apiUrl: github.apiUrl, appId, privateKey }, silent, metrics);
  let calls = 0;
  const logins = openLogins({
    accounts: openAccounts({ store, log, metrics, now }),
    async github() {
      calls += 1;
      return app.asInstallation(Number(installations?.['acme']));
    },
    log,
    metrics,
    now,
  });
  const worker = logins.start();
  return {
    ...listening,
    github,
    calls: () => calls,
    read: (names: readonly string[]) => {
      const { catalog } = factsOf({ org: names.map((name) => user(name, [])).join('\n') });
      logins.catalogRead(catalog);
      return () => logins.catalogRead(catalog);
    },
    pass(ms: number) {
      at = new Date(at.getTime() + ms);
      worker.wake();
    },
    bound: async () => [...(await allBindings(store.queries)).keys()].toSorted(),
    async [Symbol.asyncDispose]() {
      await worker[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await github.close();
    },
  };
}

test('logins are asked for a hundred with a call, and ten calls a minute', async () => {
  await using world = await openWorld();
  world.read(['dana', ...Array.from({ length: 199 }, (_, i) => `x${1000 + i}`), 'omar']);
  await world.heard(bound);
  assert.deepEqual([world.calls(), await world.bound()], [1, ['dana']]);
  for (const call of [2, 3]) {
    world.pass(5_999);
    assert.deepEqual([(await world.bound()).length, world.calls()], [1, call - 1]);
    world.pass(1);
    await world.heard(bound, call);
  }
  assert.deepEqual([world.calls(), await world.bound()], [3, ['dana', 'omar']]);
});

test('a login that GitHub does not know stays unbound, and is asked for again after an hour and not with each reading', async () => {
  await using world = await openWorld();
  const again = world.read(['dana', 'newcomer']);
  await world.heard(bound);
  assert.deepEqual(await world.bound(), ['dana']);
  rename(world.github, 'bea', 'newcomer');
  world.pass(3_599_000);
  again();
  // Another catalog is looked at, and nothing of it but what is new is asked for.
  world.read(['dana', 'newcomer', 'omar']);
  await world.heard(bound, 2);
  assert.deepEqual([world.calls(), await world.bound()], [2, ['dana', 'omar']]);
  world.pass(10_000);
  again();
  await world.heard(bound, 3);
  assert.deepEqual([world.calls(), await world.bound()], [3, ['dana', 'newcomer', 'omar']]);
});

test('what GitHub did not answer is asked for after the next reading, also where the catalog is the same', async () => {
  await using world = await openWorld();
  world.github.addFault({ kind: 'answer', route: graphql, when: 'before', status: 502 });
  const again = world.read(['dana']);
  await world.heard(/logins were not bound/);
  world.pass(6_000);
  assert.deepEqual(await world.bound(), []);
  again();
  await world.heard(bound);
  assert.deepEqual(await world.bound(), ['dana']);
});
