// Private keys as files: written so that a crash leaves either the old file or the new one, and refused when anybody
// but the bot's own user can read or change them. It knows nothing of what a key is for, and never repairs a mode by
// itself: a key that others could read may have been read, and that is for the operator to judge.

import { constants } from 'node:fs';
import { open, readdir, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StartFault } from '../start-fault.ts';
import { syncFolder } from '../sync-folder.ts';

/** Group and others have no business with a private key, neither reading nor replacing it. */
const othersMask = 0o077;
const privateFileMode = 0o600;
const privateFolderMode = 0o700;

/** Key files that cannot be trusted: one sentence each, saying which file and how to mend it. */
export class KeyFileError extends StartFault {
  readonly code = 'key_files_unfit';
}

/** Throws a KeyFileError that lists the folder and every file in it that group or others can reach. */
export async function refuseReadableByOthers(folder: string): Promise<void> {
  // Windows keeps no such modes; there the folder's access list protects the keys.
  if (process.platform === 'win32') return;
  const files = (await readdir(folder)).filter((name) => !isLeftover(name));
  const found = await Promise.all([
    faultOf(folder, privateFolderMode),
    ...files.map((name) => faultOf(join(folder, name), privateFileMode)),
  ]);
  const faults = found.filter((fault) => fault !== undefined);
  if (faults.length > 0) throw new KeyFileError(faults);
}

/** Replaces the file as a whole: temporary file, fsync, rename, fsync of the folder. Mode 0600 from its first byte. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}${leftoverEnding}`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const file = await open(temporary, flags, privateFileMode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** The ending of a file that a crash left half written. It was never in use, and is not looked at. */
const leftoverEnding = '.part';

function isLeftover(name: string): boolean {
  return name.endsWith(leftoverEnding);
}

async function faultOf(path: string, wanted: number): Promise<string | undefined> {
  const { mode } = await stat(path);
  if ((mode & othersMask) === 0) return undefined;
  const found = (mode & 0o777).toString(8);
  return (
    `${path} can be reached by other users (mode ${found}). ` +
    `Mend it with: chmod ${wanted.toString(8)} ${path} — and replace the keys if somebody may have read them.`
  );
}
