// Brings a database to today's schema. Promises that a database in use is copied before it is changed, that all steps
// happen or none, and that a database which a newer version has written is left as it is.

import type Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { SqliteAdapter, SqliteDialect, type Kysely } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { copyDatabase, megabytesOf } from './copy.ts';
import type { Schema } from './schema.ts';
import { StoreError } from './store-error.ts';

/** By name, in the order of their names. */
export type Migrations = Readonly<Record<string, Migration>>;

export interface Upgrade {
  /** Where the database lies, or lay before it was copied. */
  readonly path: string;
  readonly database: Database.Database;
  readonly queries: Kysely<Schema>;
  readonly migrations: Migrations;
  /** Whether it is copied before it is changed: not where it is in memory, or a copy itself. */
  readonly keepsCopy: boolean;
  now(): Date;
}

/** Applies the steps that are missing. Throws StoreError; the database is then as it was. */
export async function upgrade(parts: Upgrade): Promise<void> {
  const { path, queries, migrations } = parts;
  const steps = Object.keys(migrations).sort();
  const applied = await appliedSteps(queries);
  const newer = applied.filter((name) => !steps.includes(name)).sort();
  if (newer.length > 0) throw newerDatabase(path, { newer, known: steps.at(-1) });
  const missing = steps.filter((name) => !applied.includes(name));
  const [first] = missing;
  if (first === undefined) return;
  // A new database has nothing to lose.
  if (applied.length > 0 && parts.keepsCopy) keepCopy(parts, first);
  const migrator = new Migrator({
    db: queries,
    provider: { getMigrations: async () => ({ ...migrations }) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  throw new StoreError(
    'migration-failed',
    `${path} could not be brought to this version (${missing.join(', ')}: ${messageOf(error)}). It is as it was: start the version before again, and report this.`,
    { cause: error },
  );
}

/** Kysely leaves each statement of a step to itself on SQLite, which can undo a changed table as well as a row. */
export class UpgradingDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter();
  }
}

class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** Where the copy lies that is made before this step. */
function copyPath(path: string, step: string): string {
  return `${path}.before-${step}`;
}

function keepCopy({ path, database, now }: Upgrade, step: string): void {
  const copy = copyPath(path, step);
  try {
    copyDatabase(database, copy, now());
  } catch (error) {
    throw new StoreError(
      'copy-failed',
      `${path} has to be brought to this version, and could not be copied to ${copy} before (${messageOf(error)}). Nothing was changed. The copy needs ${megabytesOf(path)} MB in that folder and leave to write there; make room and start again, or start the version before.`,
      { cause: error },
    );
  }
}

function newerDatabase(
  path: string,
  { newer, known }: { newer: readonly string[]; known: string | undefined },
): StoreError {
  const copy = copyPath(path, newer[0] ?? '');
  const back = existsSync(copy)
    ? `go back to the copy that was made before the upgrade: move this database away and run sallyportd restore ${copy}`
    : 'restore a backup; no copy from before the upgrade lies beside it';
  return new StoreError(
    'newer-database',
    `${path} was written by a newer version: it has ${newer.join(', ')}, and this version knows the steps up to ${known}. Start the newer version again, or ${back}.`,
  );
}

async function appliedSteps(queries: Kysely<Schema>): Promise<string[]> {
  const tables = await queries.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration' || name === 'kyselyMigration'))
    return [];
  const rows = await (queries as unknown as Kysely<{ kyselyMigration: { name: string } }>)
    .selectFrom('kyselyMigration')
    .select('name')
    .execute();
  return rows.map((row) => row.name);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
