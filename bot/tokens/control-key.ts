// The control key as a file, for who carries it from one folder to another: what it is good for is in keys.ts. It is
// never overwritten.

import { existsSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivateFile } from './key-files.ts';

export const controlName = 'control.pem';

/** The key as it stands in the folder, in PEM; undefined where there is none. */
export async function readControlKey(folder: string): Promise<string | undefined> {
  const path = join(folder, controlName);
  return existsSync(path) ? readFile(path, 'utf8') : undefined;
}

/** Writes it, for this user alone. Throws when there is one. */
export async function writeControlKey(folder: string, pem: string): Promise<void> {
  const path = join(folder, controlName);
  if (existsSync(path)) throw new Error(`${path} is there already`);
  await writePrivateFile(path, pem);
}

export function removeControlKey(folder: string): void {
  rmSync(join(folder, controlName), { force: true });
}
