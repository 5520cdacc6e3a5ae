// Puts a backup in the place of a data folder that is lost. Nothing that is there is ever replaced: a database in the
// way, or another control key, is for the operator to move. The database comes last and is marked, so that a restore
// that was interrupted is no restore, and the next start of the bot ends what the backup still calls open.

import { existsSync, statSync } from 'node:fs';
import { dataFolderFaults, makePrivateFolder } from '../relay/data-folder.ts';
import { databasePath, keysFolder } from './data-folder.ts';
import { openOperator } from './operator.ts';
import { keepCredentials, readCredentials } from './setup/credentials.ts';
import { prepareDatabase, type Contents } from './store/backup.ts';
import { databaseFiles } from './store/copy.ts';
import { readControlKey, writeControlKey } from './tokens/control-key.ts';

export type Restore =
  | {
      readonly kind: 'restored';
      readonly contents: Contents;
      readonly madeAt: string | null;
      /** False where neither the backup nor the folder has the key that the relays have pinned. */
      readonly hasControlKey: boolean;
      /** Whether the credentials of the App are in the folder now. */
      readonly hasApp: boolean;
    }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * `from` is a backup, a data folder, or a single database. Throws StartFault (a bot runs, a database is unfit) and errors
 * of the disk; nothing was restored then.
 */
export async function restoreBackup(
  from: string,
  { dataFolder, now }: { dataFolder: string; now: Date },
): Promise<Restore> {
  if (!existsSync(from)) return refused(`There is no ${from}.`);
  const isFolder = statSync(from).isDirectory();
  const source = isFolder ? databasePath(from) : from;
  if (!existsSync(source))
    return refused(`${from} is no backup: it has no ${source}, or it may not be read.`);
  const faults = dataFolderFaults(dataFolder);
  if (faults.length > 0) return refused(faults.join('\n'));
  // Held like a running bot holds it: no bot can begin on the folder meanwhile.
  const held = await openOperator({
    dataFolder,
    perform: () => Promise.reject(new Error('a backup is being restored')),
    report: () => undefined,
  });
  try {
    return await restoreInto(dataFolder, { source, keysFrom: isFolder ? from : undefined, now });
  } finally {
    await held.close();
  }
}

interface Source {
  readonly source: string;
  /** The folder that may have the control key, and the App's credentials, beside the database. */
  readonly keysFrom: string | undefined;
  readonly now: Date;
}

async function restoreInto(
  dataFolder: string,
  { source, keysFrom, now }: Source,
): Promise<Restore> {
  const inTheWay = databaseFiles(databasePath(dataFolder)).filter((file) => existsSync(file));
  if (inTheWay.length > 0) return refused(occupied(dataFolder, inTheWay));
  const keys = keysFolder(dataFolder);
  const present = await readControlKey(keys);
  const kept = keysFrom === undefined ? undefined : await readControlKey(keysFolder(keysFrom));
  if (present !== undefined && kept !== undefined && present !== kept) {
    return refused(otherKey(keys));
  }
  const presentApp = await readCredentials(dataFolder);
  const keptApp = keysFrom === undefined ? undefined : await readCredentials(keysFrom);
  if (presentApp && keptApp && presentApp.appId !== keptApp.appId) {
    return refused(otherApp(dataFolder));
  }
  const prepared = await prepareDatabase(source, { to: databasePath(dataFolder), now });
  try {
    makePrivateFolder(keys);
    if (present === undefined && kept !== undefined) await writeControlKey(keys, kept);
    if (!presentApp && keptApp) await keepCredentials(dataFolder, keptApp);
    prepared.place();
  } catch (error) {
    prepared.discard();
    throw error;
  }
  const { contents, madeAt } = prepared;
  return {
    kind: 'restored',
    contents,
    madeAt,
    hasControlKey: (present ?? kept) !== undefined,
    hasApp: (presentApp ?? keptApp) !== undefined,
  };
}

function occupied(dataFolder: string, files: readonly string[]): string {
  return (
    `${dataFolder} has a database already (${files.join(', ')}). Nothing was changed.\n` +
    'If it is lost for good, move these files to another folder, all of them, and restore again.'
  );
}

function otherKey(keys: string): string {
  return (
    `${keys} has another control key than the backup. Nothing was changed.\n` +
    'If the backup is of this bot, move that folder away, and restore again: the relays have pinned one of the two.'
  );
}

function otherApp(dataFolder: string): string {
  return (
    `${dataFolder} has the credentials of another GitHub App than the backup. Nothing was changed.\n` +
    'If the backup is of this bot, move its github-app away, and restore again.'
  );
}

function refused(why: string): Restore {
  return { kind: 'refused', why };
}
