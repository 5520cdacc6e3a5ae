// For which account a login stands, in a real database: also one that an older version wrote.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { pino } from 'pino';
import { openAccounts } from '../../bot/accounts.ts';
import { openBotMetrics } from '../../bot/observe/metrics.ts';
import { migrations } from '../../bot/store/migrations.ts';
import { openStore, type Store } from '../../bot/store/store.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/folders.ts';
import { now } from './access/world.ts';

const dana = { ref: 'user:default/dana', subject: '00u-dana' };
const eve = { ref: 'user:default/eve', subject: '00u-eve' };
const users = (user: typeof dana) => new Map([['dana', user]]);

function open(store: Store) {
  const lines: string[] = [];
  const log = pino({}, { write: (line) => void lines.push(line) });
  const metrics = openBotMetrics();
  const accounts = openAccounts({ store, log, metrics, now: () => now });
  return { accounts, lines, metrics };
}

/** The database of a version that bound no login to a User, in which dana is account 501. */
async function openOlder(folder: TemporaryFolder): Promise<Store> {
  const path = folder.at('db');
  const before = Object.entries(migrations).filter(([name]) => name < '0012-bindings');
  const steps = Object.fromEntries(before);
  await (await openStore(path, { steps }))[Symbol.asyncDispose]();
  const database = new Database(path);
  database.prepare("insert into accounts values ('dana', 501, '2026')").run();
  database.close();
  return openStore(path);
}

test('a login that an older version bound keeps its account, for the User that has it now', async () => {
  await using folder = await createTemporaryFolder('accounts');
  await using store = await openOlder(folder);
  const { accounts } = open(store);
  assert.equal(await accounts.standsFor(dana, { id: 666, login: 'Dana' }), 501);
  assert.equal(await accounts.standsFor(eve, { id: 666, login: 'dana' }), 666, 'no longer dana’s');
});

test('the first reading notes whose login an older version bound, before anybody comes with it', async () => {
  await using folder = await createTemporaryFolder('accounts');
  await using store = await openOlder(folder);
  const { accounts } = open(store);
  assert.deepEqual(await accounts.unbound(users(dana)), new Map(), 'it is bound');
  assert.deepEqual(await accounts.unbound(users(eve)), users(eve), 'to another');
});

test('a login that the catalog gives to another User is bound anew, and the log says so once', async () => {
  await using store = await openStore(':memory:');
  const { accounts, lines } = open(store);
  await accounts.bindAll([{ user: dana, account: { id: 501, login: 'dana' } }]);
  assert.equal(lines.length, 0);
  await accounts.bindAll([{ user: eve, account: { id: 666, login: 'DANA' } }]);
  assert.equal(await accounts.standsFor(eve, { id: 666, login: 'dana' }), 666);
  assert.equal(lines.length, 1);
  const { msg, known, id, of, user } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  assert.match(String(msg), /bound anew/);
  assert.deepEqual([known, id, of, user], [501, 666, dana.ref, eve.ref]);
});

test('each time another account comes with the login of a User, the log tells it and a counter counts it', async () => {
  await using store = await openStore(':memory:');
  const { accounts, lines, metrics } = open(store);
  for (const id of [501, 666, 666, 501]) await accounts.standsFor(dana, { id, login: 'dana' });
  assert.equal(lines.filter((line) => line.includes('another account has the login')).length, 2);
  assert.match(metrics.text(), /^sallyport_bot_logins_reassigned_total 2$/m);
});

test('of two accounts that come with an unbound login at once one is its User, for both', async () => {
  await using store = await openStore(':memory:');
  const { accounts } = open(store);
  const ids = [501, 666].map((id) => accounts.standsFor(dana, { id, login: 'dana' }));
  const [one, other] = await Promise.all(ids);
  assert.equal(one, other);
});
