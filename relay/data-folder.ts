// The data folder of the bot or of a relay, before anything is read or kept there: made where there is none, for this
// user alone, and found to be this user's to read and write. What is wrong is a sentence that says how to mend it.

import { accessSync, constants, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** More files that belong to somebody else are not told one by one. */
const maxTold = 5;

/** Makes the folder where there is none. Returns what is wrong, in sentences; none where it can be used. */
export function dataFolderFaults(folder: string): readonly string[] {
  try {
    makePrivateFolder(folder);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const why = whyNotMade[code] ?? 'the disk does not take it';
    return [`The folder ${folder} cannot be made: ${why} (${code}).`];
  }
  return foreignFaults(folder);
}

/** What this user cannot use of a folder, in sentences; none where there is no folder. */
export function foreignFaults(folder: string): readonly string[] {
  const found = [...closedTo(folder)];
  const told = found.slice(0, maxTold).map((path) => closedFault(path, folder));
  const more = found.length - told.length;
  return more > 0 ? [...told, `${more} more in ${folder} cannot be used by this user.`] : told;
}

/** Makes the folder, and those that it lies in, with mode 0700. Throws what the disk says. */
export function makePrivateFolder(folder: string): void {
  if (isFolder(folder)) return;
  const above = dirname(folder);
  // One after the other: Node's own way to make them all never ends where the disk denies for good that one is missing,
  // as /proc does.
  if (above !== folder) makePrivateFolder(above);
  mkdirSync(folder, { mode: 0o700 });
}

const whyNotMade: Readonly<Record<string, string>> = {
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  ENOENT: 'nothing can be made there',
  ENOTDIR: 'a file is in its way',
  EEXIST: 'a file is in its way',
  EROFS: 'the disk can only be read',
  ENOSPC: 'the disk is full',
};

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function* closedTo(path: string): Generator<string> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  const { R_OK, W_OK, X_OK } = constants;
  const isDirectory = found.isDirectory();
  try {
    accessSync(path, isDirectory ? R_OK | W_OK | X_OK : R_OK | W_OK);
  } catch (error) {
    // What is gone by now, or leads nowhere, is for whoever opens it.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') yield path;
    return;
  }
  if (isDirectory) for (const name of readdirSync(path)) yield* closedTo(join(path, name));
}

function closedFault(path: string, folder: string): string {
  const { uid, mode } = lstatSync(path);
  const me = process.getuid?.() ?? uid;
  if (me !== uid) {
    return `${path} belongs to another user (uid ${uid}), and this one (uid ${me}) cannot use it. Start it as that user, or mend it with: chown -R ${me} ${folder}`;
  }
  const found = (mode & 0o777).toString(8);
  return `${path} cannot be read and written by its own user (mode ${found}). Mend it with: chmod u+rwX ${path}`;
}
