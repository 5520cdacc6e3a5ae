// A copy of a database while it may be in use: before it is migrated, for a backup, and from one. Promises that what lies
// under the copy's name is whole, on disk, of one moment, and for this user alone, and that it says of itself that it is
// a copy; one that was interrupted has another name.

import Database from 'better-sqlite3';
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { markCopy } from './mark.ts';

/** What an interrupted copy leaves behind: never whole, never read, removed by the next one. */
const partEnding = '.part';

/**
 * Copies `database` to the path `to`, in place of what is there. Throws, with `to` as it was, when it cannot be whole.
 */
export function copyDatabase(database: Database.Database, to: string, now: Date): void {
  const part = `${to}${partEnding}`;
  removeDatabase(part);
  try {
    // Made by us, because SQLite would let others read it; it takes an empty file as none.
    closeSync(openSync(part, 'wx', 0o600));
    // One reading transaction: whoever writes meanwhile neither waits for it nor is in it.
    database.prepare('vacuum into ?').run(part);
    mark(part, now);
    placeDatabase(part, to);
  } catch (error) {
    removeDatabase(part);
    throw error;
  }
}

/** Gives a whole database its name, on disk when it returns. */
export function placeDatabase(part: string, to: string): void {
  syncFile(part);
  renameSync(part, to);
  syncFolderOf(to);
}

// In the copy itself, where it cannot get lost: a bot that is started on a copy would take it for all there is.
function mark(part: string, now: Date): void {
  const copy = new Database(part);
  try {
    markCopy(copy, now.toISOString());
  } finally {
    copy.close();
  }
}

/** The files of a database: what SQLite keeps beside one belongs to it, and would be read into another in its place. */
export function databaseFiles(path: string): string[] {
  return [path, `${path}-wal`, `${path}-shm`, `${path}-journal`];
}

export function removeDatabase(path: string): void {
  for (const file of databaseFiles(path)) rmSync(file, { force: true });
}

/** The size of a database in whole megabytes, at least one. */
export function megabytesOf(path: string): number {
  const files = databaseFiles(path).filter((file) => existsSync(file));
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  return Math.ceil(bytes / 1_000_000) || 1;
}

function syncFile(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Without this a new name may be lost in a power cut. Windows knows no such thing. */
export function syncFolderOf(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
