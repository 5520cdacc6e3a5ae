// The bot's database: one SQLite file behind Kysely, so that PostgreSQL can stand behind the same queries later.
// Promises that what a transaction committed survives a loss of power (WAL with full sync). It refuses a database
// that a newer version has written. It holds no query itself: those stand in the files beside it, one a noun.

import Database from 'better-sqlite3';
import { chmodSync } from 'node:fs';
import { CamelCasePlugin, Kysely, SqliteDialect, type Transaction } from 'kysely';
import { Migrator } from 'kysely/migration';
import { StartFault } from '../start-fault.ts';
import { migrations } from './migrations.ts';
import type { Schema } from './schema.ts';

/** Something queries run on: the database, or a transaction of it. */
export type Queries = Kysely<Schema>;

export interface Store extends AsyncDisposable {
  readonly queries: Queries;
  /**
   * Runs `work` in one transaction, committed to disk when the promise resolves, rolled back when it rejects.
   * Only queries may be awaited inside: with SQLite everything else waits behind it.
   */
  transaction<T>(work: (queries: Transaction<Schema>) => Promise<T>): Promise<T>;
}

export class StoreError extends StartFault {
  readonly code: 'unusable' | 'newer-database' | 'migration-failed';
  constructor(code: StoreError['code'], message: string, options?: ErrorOptions) {
    super([message], options);
    this.code = code;
  }
}

/** Opens the database at `path` (`:memory:` for none on disk) and brings it to today's schema. Throws StoreError. */
export async function openStore(path: string): Promise<Store> {
  const database = openDatabase(path);
  const queries = new Kysely<Schema>({
    dialect: new SqliteDialect({ database }),
    plugins: [new CamelCasePlugin()],
  });
  try {
    await migrate(queries);
  } catch (error) {
    await queries.destroy();
    throw error;
  }
  return {
    queries,
    transaction: (work) => queries.transaction().execute(work),
    [Symbol.asyncDispose]: () => queries.destroy(),
  };
}

function openDatabase(path: string): Database.Database {
  try {
    const database = new Database(path);
    // The file holds who may reach what and every reason given: for the bot's user alone.
    if (path !== ':memory:') chmodSync(path, 0o600);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    // Without this INSERT OR REPLACE deletes rows past the triggers that keep the audit log append-only.
    database.pragma('recursive_triggers = ON');
    return database;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new StoreError(
      'unusable',
      `${path} cannot be used as the database (${code}: ${message}). Check the folder and who may write to it; a damaged file is restored from a backup.`,
      { cause: error },
    );
  }
}

async function migrate(queries: Queries): Promise<void> {
  const migrator = new Migrator({
    db: queries,
    provider: { getMigrations: async () => migrations },
  });
  const known = new Set(Object.keys(migrations));
  // Kysely lists what it knows; what only the database knows was written by a newer version.
  const applied = await appliedMigrations(queries);
  const newer = applied.filter((name) => !known.has(name));
  if (newer.length > 0) {
    throw new StoreError(
      'newer-database',
      `The database was written by a newer version (${newer.join(', ')}). Start that version, or restore the copy made before the upgrade.`,
    );
  }
  const { error } = await migrator.migrateToLatest();
  if (error)
    throw new StoreError('migration-failed', 'The database could not be brought to this version.', {
      cause: error,
    });
}

async function appliedMigrations(queries: Queries): Promise<string[]> {
  const tables = await queries.introspection.getTables({ withInternalKyselyTables: true });
  if (
    !tables.some((table) => table.name === 'kysely_migration' || table.name === 'kyselyMigration')
  )
    return [];
  const rows = await (queries as unknown as Kysely<{ kyselyMigration: { name: string } }>)
    .selectFrom('kyselyMigration')
    .select('name')
    .execute();
  return rows.map((row) => row.name);
}
