// Backups of the database: made from one that may be in use, and made ready to take the place of one that is lost. What
// a restored one means is not decided here: it is marked, and the next start of the bot acts on the mark.

import Database from 'better-sqlite3';
import { dirname } from 'node:path';
import { copyDatabase, megabytesOf, placeDatabase, removeDatabase } from './copy.ts';
import { StoreError } from './store-error.ts';
import { openCopy } from './store.ts';
import { readMark, setMark } from './mark.ts';

/** What is in a database, in numbers that an operator knows again. */
export interface Contents {
  readonly requests: number;
  readonly pendingRequests: number;
  readonly activeGrants: number;
  readonly records: number;
}

/** Copies the database at `from`, in use or not, to the new path `to`. Throws StoreError, and nothing is at `to`. */
export function backUpDatabase(from: string, { to, now }: { to: string; now: Date }): Contents {
  let database: Database.Database | undefined;
  try {
    // Not for reading alone: whoever closes a database last has to put away what SQLite keeps beside it.
    database = new Database(from, { fileMustExist: true });
    copyDatabase(database, to, now);
    return contentsOf(database);
  } catch (error) {
    throw faultOf(from, error, to);
  } finally {
    database?.close();
  }
}

/** A database ready to take its place: whole, brought to today's schema, and marked as restored. */
export interface Prepared {
  readonly contents: Contents;
  /** When the backup was made; null where it does not say. */
  readonly madeAt: string | null;
  /** Gives it its name. Whoever calls it has seen that there is no other, and sees to it that none comes. */
  place(): void;
  discard(): void;
}

/** Makes a copy of the backup at `from` ready beside `to`. Throws StoreError; `from` and `to` are never changed. */
export async function prepareDatabase(
  from: string,
  { to, now }: { to: string; now: Date },
): Promise<Prepared> {
  const part = `${to}.restoring`;
  const discard = (): void => removeDatabase(part);
  discard();
  let source: Database.Database | undefined;
  try {
    source = new Database(from, { readonly: true, fileMustExist: true });
    const faults = source.pragma('integrity_check', { simple: true });
    if (faults !== 'ok') throw Object.assign(new Error(String(faults)), { code: 'SQLITE_CORRUPT' });
    const contents = contentsOf(source);
    const madeAt = readMark(source)?.madeAt ?? null;
    copyDatabase(source, part, now);
    await markRestored(part, { from, madeAt, now });
    return { contents, madeAt, discard, place: () => placeDatabase(part, to) };
  } catch (error) {
    discard();
    throw faultOf(from, error, to);
  } finally {
    source?.close();
  }
}

async function markRestored(
  part: string,
  { from, madeAt, now }: { from: string; madeAt: string | null; now: Date },
): Promise<void> {
  await using copy = await openCopy(part, { named: from, now: () => now });
  await copy.transaction((queries) => setMark(queries, { madeAt, restoredAt: now.toISOString() }));
}

function contentsOf(database: Database.Database): Contents {
  const count = (what: string): number =>
    database.prepare(`select count(*) from ${what}`).pluck().get() as number;
  return {
    requests: count('requests'),
    pendingRequests: count("requests where state = 'pending'"),
    activeGrants: count("grants where state = 'active'"),
    records: count('records'),
  };
}

/** What is the matter with the database at `from`, or with the place that its copy was to have. */
function faultOf(from: string, error: unknown, to: string): StoreError {
  if (error instanceof StoreError) return error;
  const why = error instanceof Error ? error.message : String(error);
  const { code = '' } = error as { code?: string };
  if (/^SQLITE_(FULL|IOERR|READONLY|CANTOPEN)/.test(code) || !code.startsWith('SQLITE_')) {
    const sentence = `${from} could not be copied to ${dirname(to)} (${why}). It needs ${megabytesOf(from)} MB there, and leave to read the one and to write to the other.`;
    return new StoreError('copy-failed', sentence, { cause: error });
  }
  const sentence = `${from} is not a whole database of Sallyport (${why}).`;
  return new StoreError('unusable', sentence, { cause: error });
}
