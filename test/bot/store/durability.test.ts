// What no test can stage is a loss of power: SIGKILL leaves the operating system alive, and with it everything that was
// written and never synced. So the database is asked for the settings under which SQLite promises to survive one.

import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { sql } from 'kysely';
import { openStore, type Store } from '../../../bot/store/store.ts';
import { createTemporaryFolder } from '../../support/folders.ts';

// Asked through the store's own queries: all but the journal belong to the connection, not to the file.
async function pragma({ queries }: Store, name: string): Promise<unknown> {
  const { rows } = await sql<object>`pragma ${sql.raw(name)}`.execute(queries);
  return Object.values(rows[0] ?? {})[0];
}

test('what was committed survives a loss of power: the journal is synced at every commit', async () => {
  await using folder = await createTemporaryFolder('durability');
  await using store = await openStore(folder.at('db'));
  assert.equal(await pragma(store, 'journal_mode'), 'wal');
  assert.equal(await pragma(store, 'synchronous'), 2, 'FULL; NORMAL syncs at checkpoints only');
});

test('no row names another that is not there', async () => {
  await using folder = await createTemporaryFolder('durability');
  await using store = await openStore(folder.at('db'));
  assert.equal(await pragma(store, 'foreign_keys'), 1);
});

test(
  'the database and what SQLite keeps beside it are for their user alone',
  { skip: process.platform === 'win32' && 'no file modes here' },
  async () => {
    await using folder = await createTemporaryFolder('durability');
    await using _store = await openStore(folder.at('db'));
    const modes = readdirSync(folder.path).map((name) => [name, statSync(folder.at(name)).mode]);
    assert.deepEqual(Object.fromEntries(modes), {
      db: 0o100600,
      'db-shm': 0o100600,
      'db-wal': 0o100600,
    });
  },
);
