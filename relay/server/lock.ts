// One relay a data folder. Two that write the same record number their events alike, and each tells of the other's live
// sessions as lost; and the port alone does not keep them apart: one that drains has given it up and still writes.

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { dataFolderFaults } from '../data-folder.ts';

/** Thrown when another relay has the folder, or this user cannot use it. */
export class LockError extends Error {
  readonly code = 'lock';
}

/** Makes the folder where there is none, and holds it until it is disposed of or this process is gone. */
export async function lockFolder(dataFolder: string): Promise<Disposable> {
  const faults = dataFolderFaults(dataFolder);
  if (faults.length > 0) throw new LockError(faults.join('\n  '));
  // Node has no lock of its own. SQLite takes the operating system's, which no killed process leaves behind, also on
  // Windows; nothing is ever written into the file, nor beside it.
  const file = new DatabaseSync(join(dataFolder, 'relay.lock'));
  try {
    file.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
    return file;
  } catch (error) {
    file.close();
    if ((error as { errcode?: number }).errcode !== busy) throw error;
    throw new LockError(
      `${dataFolder} is used by another relay, perhaps one that is still draining. Wait until it has ended, or give this one a folder of its own (\`data:\` in relay.yml).`,
    );
  }
}

/** SQLITE_BUSY. */
const busy = 5;
