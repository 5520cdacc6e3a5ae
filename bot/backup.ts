// Makes a backup of a data folder, while the bot runs or not: the database, the key that the relays have pinned, and the
// credentials of the App where the bot keeps them, which GitHub gives out once. The
// keys that sign grants are left out on purpose: a restored bot makes new ones, because nothing that was signed before
// counts after a restore, and whoever finds a backup can then sign nothing. What bot.yml names is the operator's.

import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { makePrivateFolder } from '../relay/data-folder.ts';
import { databasePath, keysFolder } from './data-folder.ts';
import { keepCredentials, readCredentials, removeCredentials } from './setup/credentials.ts';
import { backUpDatabase, type Contents } from './store/backup.ts';
import { removeDatabase, syncFolderOf } from './store/copy.ts';
import { readControlKey, removeControlKey, writeControlKey } from './tokens/control-key.ts';

export type Backup =
  | { readonly kind: 'made'; readonly contents: Contents; readonly hasApp: boolean }
  | { readonly kind: 'refused'; readonly why: string };

/** Makes the new folder `to`. It has its name only once it is whole. Throws StoreError and errors of the disk. */
export async function makeBackup(
  dataFolder: string,
  { to, now }: { to: string; now: Date },
): Promise<Backup> {
  const database = databasePath(dataFolder);
  if (!existsSync(database)) {
    return refused(
      `There is no ${database}, or it may not be read: the bot has never run on ${dataFolder}.`,
    );
  }
  const key = await readControlKey(keysFolder(dataFolder));
  if (key === undefined) return refused(`There is no control key in ${keysFolder(dataFolder)}.`);
  if (existsSync(to) && !isEmptyFolder(to)) {
    return refused(`${to} is there already. A backup is a new folder: choose another name.`);
  }
  const part = `${to}.part`;
  clear(part);
  makePrivateFolder(dirname(part));
  mkdirSync(part, { mode: 0o700 });
  mkdirSync(keysFolder(part), { mode: 0o700 });
  try {
    await writeControlKey(keysFolder(part), key);
    const app = await readCredentials(dataFolder);
    if (app) await keepCredentials(part, app);
    const contents = backUpDatabase(database, { to: databasePath(part), now });
    renameSync(part, to);
    syncFolderOf(to);
    return { kind: 'made', contents, hasApp: app !== undefined };
  } catch (error) {
    clear(part);
    throw error;
  }
}

/** Removes what an interrupted backup left, and nothing else: a folder with anything else in it stays, and is told. */
function clear(part: string): void {
  if (!existsSync(part)) return;
  removeDatabase(databasePath(part));
  removeDatabase(`${databasePath(part)}.part`);
  removeControlKey(keysFolder(part));
  if (existsSync(keysFolder(part))) rmdirSync(keysFolder(part));
  removeCredentials(part);
  rmdirSync(part);
}

function isEmptyFolder(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch {
    return false;
  }
}

function refused(why: string): Backup {
  return { kind: 'refused', why };
}
