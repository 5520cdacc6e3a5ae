// What a database says of itself when it is a copy of another: that it only lies there, or that it has taken the place of
// one that is lost. It stands in the database itself, where it cannot get lost on the way.

import type Database from 'better-sqlite3';
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

export interface Mark {
  /** When the copy was made; null where it is not known. */
  readonly madeAt: string | null;
  /** When it took the place of one that is lost; null while it only lies there. */
  readonly restoredAt: string | null;
}

/** Undefined for a database that is no copy. Asked before anything of it is changed, so it may be of any version. */
export function readMark(database: Database.Database): Mark | undefined {
  if (!canBeMarked(database)) return undefined;
  const columns = 'made_at as madeAt, restored_at as restoredAt';
  return database.prepare(`select ${columns} from backup`).get() as Mark | undefined;
}

/** Marks a copy that was just made. One of before there were marks has no place for it, and stays as it is. */
export function markCopy(database: Database.Database, madeAt: string): void {
  if (!canBeMarked(database)) return;
  database.transaction(() => {
    database.prepare('delete from backup').run();
    database.prepare('insert into backup (made_at) values (?)').run(madeAt);
  })();
}

export async function setMark(queries: Kysely<Schema>, mark: Mark): Promise<void> {
  await queries.deleteFrom('backup').execute();
  await queries.insertInto('backup').values(mark).execute();
}

/** Takes the mark of a restored database off. Undefined where there is none. */
export async function takeRestoredMark(
  queries: Kysely<Schema>,
): Promise<{ madeAt: string | null; restoredAt: string } | undefined> {
  const mark = await queries.deleteFrom('backup').returningAll().executeTakeFirst();
  if (!mark) return undefined;
  const { madeAt, restoredAt } = mark;
  if (restoredAt === null) throw new Error('a backup was opened that nobody has restored');
  return { madeAt, restoredAt };
}

function canBeMarked(database: Database.Database): boolean {
  const table = "select 1 from sqlite_master where type = 'table' and name = 'backup'";
  return database.prepare(table).get() !== undefined;
}
