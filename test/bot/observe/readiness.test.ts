import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { sql } from 'kysely';
import { conditionNames, conditionsOf, type Known } from '../../../bot/observe/conditions.ts';
import { StartFault } from '../../../bot/start-fault.ts';
import { openStore } from '../../../bot/store/store.ts';
import { proveWritable, readFigures } from '../../../bot/store/figures.ts';
import { queuePosting, postpone } from '../../../bot/store/outbox.ts';
import { scrape } from '../../support/exposition.ts';
import { startCompany, withoutGitHub, type Company } from '../company.ts';

interface Readiness {
  readonly ready: boolean;
  readonly conditions: readonly {
    readonly name: string;
    readonly holds: boolean;
    readonly counts: boolean;
    readonly sentence: string;
    readonly limitSeconds?: number;
    readonly found?: string;
  }[];
}

async function readiness(company: Company) {
  const response = await fetch(`http://127.0.0.1:${company.metricsPort()}/readyz`);
  const { ready, conditions } = (await response.json()) as Readiness;
  const failing = conditions.filter(({ holds }) => !holds).map(({ name }) => name);
  return { status: response.status, ready, conditions, failing };
}

test('without its relays the bot tells that one is missing, and stays in rotation: they come in by the same door', async () => {
  await using company = await startCompany();
  const { status, ready, conditions, failing } = await readiness(company);
  assert.deepEqual({ status, ready, failing }, { status: 200, ready: true, failing: ['relays'] });
  assert.deepEqual(
    conditions.map(({ name }) => name),
    conditionNames,
  );
  assert.equal(conditions[0]?.found, 'eu-1 is missing');
  for (const { sentence } of conditions) assert.match(sentence, /\.$/);
});

test('a bot that cannot reach GitHub stays ready for its relays, and its conditions say what is wrong', async () => {
  await using company = await startCompany();
  await company.stopBot();
  await company.startBot(withoutGitHub(company));
  const { status, ready, failing } = await readiness(company);
  assert.deepEqual(
    { status, ready, failing },
    { status: 200, ready: true, failing: ['relays', 'policy', 'catalog', 'app'] },
  );
});

test('readiness is asked without asking GitHub', async () => {
  await using company = await startCompany();
  const count = async (name: string) => (await scrape(company.metricsPort())).value(name);
  // The first round is made at the start.
  while ((await count('sallyport_bot_errands_total')) < 3) await company.github.settled();
  const calls = await count('sallyport_bot_github_call_seconds_count');
  for (let n = 0; n < 5; n += 1) await readiness(company);
  assert.equal(await count('sallyport_bot_github_call_seconds_count'), calls);
});

const now = new Date('2026-11-26T04:00:00.000Z');
const good: Known = {
  now,
  relaysMissing: [],
  isWritable: true,
  policyReadAt: new Date(now.getTime() - 60_000),
  catalogReadAt: new Map([['acme/org', now]]),
  isAppAccepted: true,
  oldestDeliverySeconds: 0,
};

/** Of two sources, in seconds. */
function readAgo(...seconds: readonly (number | undefined)[]) {
  return new Map(
    seconds.map((ago, index) => [
      ['acme/org', 'backstage'][index] ?? '',
      ago === undefined ? undefined : new Date(now.getTime() - ago * 1000),
    ]),
  );
}

const cases: readonly [what: string, known: Partial<Known>, failing: readonly string[]][] = [
  ['everything is well', {}, []],
  ['a relay is missing', { relaysMissing: ['eu-1'] }, ['relays']],
  ['the store takes no write', { isWritable: false }, ['store']],
  ['the policy was never read', { policyReadAt: undefined }, ['policy']],
  ['it was read 15 minutes ago', { policyReadAt: new Date(now.getTime() - 900_000) }, []],
  ['it was read longer ago', { policyReadAt: new Date(now.getTime() - 901_000) }, ['policy']],
  [
    'a repository of the catalog was never read',
    { catalogReadAt: readAgo(0, undefined) },
    ['catalog'],
  ],
  ['Backstage was read 5 minutes ago', { catalogReadAt: readAgo(0, 300) }, []],
  ['one of two sources was read longer ago', { catalogReadAt: readAgo(0, 301) }, ['catalog']],
  ['GitHub refused the key', { isAppAccepted: false }, ['app']],
  ['GitHub has not answered yet', { isAppAccepted: undefined }, ['app']],
  ['a delivery waits for 5 minutes', { oldestDeliverySeconds: 300 }, []],
  ['a delivery waits for longer', { oldestDeliverySeconds: 301 }, ['inbox']],
  ['nobody knows what waits', { oldestDeliverySeconds: undefined }, ['inbox']],
];

for (const [what, known, failing] of cases) {
  test(`which conditions fail when ${what}`, () => {
    const conditions = conditionsOf({ ...good, ...known });
    const found = conditions.filter(({ holds }) => !holds).map(({ name }) => name);
    assert.deepEqual(found, failing);
  });
}

test('only a store that takes no write makes the bot unready', () => {
  const counting = conditionsOf(good).filter(({ counts }) => counts);
  assert.deepEqual(
    counting.map(({ name }) => name),
    ['store'],
  );
});

test('a database that takes no write is found out', async () => {
  await using store = await openStore(':memory:');
  await proveWritable(store);
  await sql`pragma query_only = on`.execute(store.queries);
  await assert.rejects(proveWritable(store), { code: 'SQLITE_READONLY' });
});

test('a posting that is put off again and again has been due since it was queued', async () => {
  await using store = await openStore(':memory:');
  const queued = '2026-11-26T04:00:00.000Z';
  const thread = { installationId: 1, repositoryId: 1, owner: 'acme', repo: 'access', number: 1 };
  const posting = { kind: 'label' } as const;
  await queuePosting(store.queries, { thread, key: 'r1:label', posting, now: queued });
  const later = { notBefore: '2026-11-26T05:00:00.000Z', fault: 'GitHub did not answer' };
  await store.queries.updateTable('outbox').set({ attempts: 3 }).execute();
  await postpone(store.queries, 1, later);
  const { outbox } = await readFigures(store.queries, '2026-11-26T04:30:00.000Z');
  assert.deepEqual(outbox.decisions, { waiting: 1, oldestSince: queued });
});

test('what shall be shown later is not waiting', async () => {
  await using store = await openStore(':memory:');
  const thread = { installationId: 1, repositoryId: 1, owner: 'acme', repo: 'access', number: 1 };
  const [soon, later] = ['2026-11-26T04:00:00.000Z', '2026-11-26T05:00:00.000Z'];
  const posting = { kind: 'card', request: 1 } as const;
  await queuePosting(store.queries, { thread, key: 'r1:card', posting, now: soon, due: later });
  assert.equal((await readFigures(store.queries, soon)).outbox.decisions.waiting, 0);
  assert.deepEqual((await readFigures(store.queries, later)).outbox.decisions, {
    waiting: 1,
    oldestSince: later,
  });
});

test('an address for the metrics that is taken stops the start and names the setting', async () => {
  await using company = await startCompany();
  await company.stopBot();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await assert.rejects(
    company.startBot({ metrics: { host: '127.0.0.1', port } }),
    (error) =>
      error instanceof StartFault &&
      error.faults.some((fault) => /metrics\.port/.test(fault) && fault.includes('EADDRINUSE')),
  );
  taken.close();
  await company.startBot();
});
