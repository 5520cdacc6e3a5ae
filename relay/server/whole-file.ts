// Replaces a file as a whole: the old content or the new one, never half of it, also when the machine dies in between.

import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Durable when it resolves. The file is for this user only. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(path);
}

/** A new name in a folder is only durable once the folder is. Windows knows no such thing. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
