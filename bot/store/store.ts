// The bot's database: one SQLite file behind Kysely, so that PostgreSQL can stand behind the same queries later.
// Promises that what a transaction committed survives a loss of power (WAL with full sync). It holds no query itself:
// those stand in the files beside it, one a noun.

import Database from 'better-sqlite3';
import { chmodSync } from 'node:fs';
import { CamelCasePlugin, Kysely, type Transaction } from 'kysely';
import { migrations } from './migrations.ts';
import { readMark } from './mark.ts';
import type { Schema } from './schema.ts';
import { StoreError } from './store-error.ts';
import { upgrade, UpgradingDialect, type Migrations } from './upgrade.ts';

/** Something queries run on: the database, or a transaction of it. */
export type Queries = Kysely<Schema>;

/** SQLite takes no more values in one statement than 32,766, and no table that is filled like this has more than six. */
export const maxRowsAtOnce = 5_000;

export interface Store extends AsyncDisposable {
  readonly queries: Queries;
  /**
   * Runs `work` in one transaction, committed to disk when the promise resolves, rolled back when it rejects.
   * Only queries may be awaited inside: with SQLite everything else waits behind it.
   */
  transaction<T>(work: (queries: Transaction<Schema>) => Promise<T>): Promise<T>;
}

export interface StoreOptions {
  /** Today's when left out. */
  readonly steps?: Migrations;
  now?(): Date;
}

/**
 * Opens the database at `path` (`:memory:` for none on disk) and brings it to the schema of the steps. Throws
 * StoreError, also for a backup: whoever only puts one in the place of a database has ended nothing of what was given
 * since.
 */
export function openStore(path: string, options: StoreOptions = {}): Promise<Store> {
  const { steps = migrations, now = () => new Date() } = options;
  return open(path, { named: path, isCopy: false, steps, now });
}

/** The same for a copy of the database that is `named`, which is about to be restored: the mark on it is no matter. */
export function openCopy(path: string, copy: { named: string; now: () => Date }): Promise<Store> {
  return open(path, { ...copy, isCopy: true, steps: migrations });
}

interface Opening {
  /** The path to speak of. */
  readonly named: string;
  readonly isCopy: boolean;
  readonly steps: Migrations;
  now(): Date;
}

async function open(path: string, { named, isCopy, steps, now }: Opening): Promise<Store> {
  const database = openDatabase(path);
  const queries = new Kysely<Schema>({
    dialect: new UpgradingDialect({ database }),
    plugins: [new CamelCasePlugin()],
  });
  try {
    if (!isCopy) refuseBackup(path, database);
    const keepsCopy = !isCopy && path !== ':memory:';
    await upgrade({ path: named, database, queries, migrations: steps, keepsCopy, now });
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

function refuseBackup(path: string, database: Database.Database): void {
  const mark = readMark(database);
  if (mark?.restoredAt !== null) return;
  throw new StoreError(
    'a-backup',
    `${path} is a backup (made ${mark.madeAt ?? 'at an unknown time'}) that was put there by hand: what was given since would go on, unknown to the bot. Move it to another folder and run: sallyportd restore <that file>.`,
  );
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
