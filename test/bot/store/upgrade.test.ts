// An upgrade that goes wrong must cost nothing: what was there is there afterwards, under its name or beside it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { sql, type Kysely } from 'kysely';
import { migrations } from '../../../bot/store/migrations.ts';
import { StoreError } from '../../../bot/store/store-error.ts';
import { openStore } from '../../../bot/store/store.ts';
import { keepBinding } from '../../../bot/store/accounts.ts';
import type { Migrations } from '../../../bot/store/upgrade.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/folders.ts';

/** Today's steps and one that the next version may bring. */
const nextSteps: Migrations = {
  ...migrations,
  '9000-colours': {
    async up(db: Kysely<unknown>) {
      await sql.raw('alter table accounts add column colour text').execute(db);
      await sql.raw('create table colours (name text primary key) strict').execute(db);
    },
  },
};
const failing: Migrations = {
  ...nextSteps,
  '9001-not-thought-through': {
    async up(db: Kysely<unknown>) {
      await sql.raw('create table shapes (name text primary key) strict').execute(db);
      await sql.raw('insert into no_such_table values (1)').execute(db);
    },
  },
};

const copyName = 'db.before-9000-colours';

/** A database of today with one account in it, closed. */
async function inUse(folder: TemporaryFolder): Promise<string> {
  const path = folder.at('db');
  await using store = await openStore(path);
  const binding = { id: 501, seenAt: '2026-11-24T00:00:00.000Z', userRef: null, subject: null };
  await keepBinding(store.queries, 'dana', binding);
  return path;
}

async function faultOf(opening: Promise<unknown>): Promise<StoreError> {
  const error = await opening.then(
    () => assert.fail('it was opened'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof StoreError, String(error));
  return error;
}

function read(path: string): { accounts: unknown[]; tables: string[] } {
  using database = disposable(new Database(path, { readonly: true }));
  return {
    accounts: database.it.prepare('select login, id from accounts').all(),
    tables: database.it
      .prepare("select name from sqlite_master where type = 'table' order by name")
      .pluck()
      .all() as string[],
  };
}

const disposable = (it: Database.Database) => ({ it, [Symbol.dispose]: () => it.close() });
const dana = [{ login: 'dana', id: 501 }];

test('before a database in use is changed, a whole copy of it lies beside it, for its user alone', async () => {
  await using folder = await createTemporaryFolder('upgrade');
  const path = await inUse(folder);
  const before = read(path);
  await using _store = await openStore(path, { steps: nextSteps });
  assert.deepEqual(read(folder.at(copyName)), before);
  assert.deepEqual(before.accounts, dana);
  if (process.platform !== 'win32') assert.equal(statSync(folder.at(copyName)).mode & 0o777, 0o600);
});

test('the copy holds what was committed and not yet moved into the file: it is no copy of the file', async () => {
  await using folder = await createTemporaryFolder('upgrade');
  const path = await inUse(folder);
  // As after a crash: the last commits are in the journal beside the file alone.
  using other = disposable(new Database(path));
  other.it.pragma('wal_autocheckpoint = 0');
  other.it.prepare("insert into accounts (login, id, seen_at) values ('omar', 502, '2026')").run();
  await using _store = await openStore(path, { steps: nextSteps });
  assert.equal(read(folder.at(copyName)).accounts.length, 2);
});

test('a new database, one in memory, and one that is up to date leave no copy', async () => {
  await using folder = await createTemporaryFolder('upgrade');
  await (await openStore(folder.at('db')))[Symbol.asyncDispose]();
  await (await openStore(folder.at('db')))[Symbol.asyncDispose]();
  await (await openStore(':memory:', { steps: nextSteps }))[Symbol.asyncDispose]();
  assert.deepEqual(readdirSync(folder.path), ['db']);
});

test('a copy that cannot be made stops the start, says what to do, and nothing was changed', async () => {
  await using folder = await createTemporaryFolder('upgrade');
  const path = await inUse(folder);
  const before = readFileSync(path);
  // In the way of the copy's name: nothing can be renamed to a folder.
  mkdirSync(folder.at(copyName));
  const error = await faultOf(openStore(path, { steps: nextSteps }));
  assert.equal(error.code, 'copy-failed');
  assert.match(error.message, /Nothing was changed\. The copy needs 1 MB/);
  assert.deepEqual(readFileSync(path), before);
  assert.deepEqual(
    readdirSync(folder.path).sort(),
    ['db', copyName],
    'and no half copy lies about',
  );
});

test('what an interrupted copy left is not taken for a copy, and the next start makes a whole one', async () => {
  await using folder = await createTemporaryFolder('upgrade');
  const path = await inUse(folder);
  writeFileSync(folder.at(`${copyName}.part`), 'the first half of a data');
  await using _store = await openStore(path, { steps: nextSteps });
  assert.deepEqual(read(folder.at(copyName)).accounts, dana);
  assert.ok(!readdirSync(folder.path).includes(`${copyName}.part`));
});

test('a copy from an earlier try is replaced by a whole one', async () => {
  await using folder = await createTemporaryFolder('upgrade');
  const path = await inUse(folder);
  writeFileSync(folder.at(copyName), 'the copy of last week');
  await using _store = await openStore(path, { steps: nextSteps });
  assert.deepEqual(read(folder.at(copyName)).accounts, dana);
});

test('a copy from an earlier try is kept when no whole one can be made', async () => {
  await using folder = await createTemporaryFolder('upgrade');
  const path = await inUse(folder);
  writeFileSync(folder.at(copyName), 'the copy of last week');
  // In the way of the part: no copy can begin.
  mkdirSync(folder.at(`${copyName}.part`));
  assert.equal((await faultOf(openStore(path, { steps: nextSteps }))).code, 'copy-failed');
  assert.equal(readFileSync(folder.at(copyName), 'utf8'), 'the copy of last week');
});

test('a bot that is killed in the middle of an upgrade has changed nothing, and the copy is there', async () => {
  await using folder = await createTemporaryFolder('upgrade');
  const path = await inUse(folder);
  const before = read(path);
  const store = new URL('../../../bot/store/', import.meta.url).href;
  const program = `
    const { openStore } = await import('${store}store.ts');
    const { migrations } = await import('${store}migrations.ts');
    const { sql } = await import('kysely');
    await openStore(process.argv[1], { steps: { ...migrations, '9000-colours': { async up(db) {
      await sql.raw('alter table accounts add column colour text').execute(db);
      process.kill(process.pid, 'SIGKILL');
    } } } });`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program, path]);
  assert.equal(run.signal, 'SIGKILL', String(run.stderr));
  assert.deepEqual(read(folder.at(copyName)), before);
  assert.deepEqual(read(path), before);
  await using _store = await openStore(path, { steps: nextSteps });
  assert.deepEqual(read(path).accounts, dana);
});

test('when one step fails none has happened, and the version before opens the database again', async () => {
  await using folder = await createTemporaryFolder('upgrade');
  const path = await inUse(folder);
  const before = read(path);
  const error = await faultOf(openStore(path, { steps: failing }));
  assert.equal(error.code, 'migration-failed');
  assert.match(error.message, /no such table: no_such_table.*It is as it was/);
  assert.deepEqual(read(path), before);
  await (await openStore(path))[Symbol.asyncDispose]();
});

test('a database that a newer version has written is refused, and says which and where the copy is', async () => {
  await using folder = await createTemporaryFolder('upgrade');
  const path = await inUse(folder);
  await (await openStore(path, { steps: nextSteps }))[Symbol.asyncDispose]();
  const before = readFileSync(path);
  const error = await faultOf(openStore(path));
  assert.equal(error.code, 'newer-database');
  const newest = Object.keys(migrations).sort().at(-1);
  assert.match(error.message, new RegExp(`it has 9000-colours, .* up to ${newest}\\.`));
  assert.ok(error.message.includes(`run sallyportd restore ${folder.at(copyName)}.`));
  assert.deepEqual(readFileSync(path), before);
});

test('a newer database without a copy beside it is not said to have one', async () => {
  await using folder = await createTemporaryFolder('upgrade');
  const path = folder.at('db');
  await (await openStore(path, { steps: nextSteps }))[Symbol.asyncDispose]();
  assert.match((await faultOf(openStore(path))).message, /no copy .* lies beside it/);
});
