// Makes a new or a renamed file of a folder last: its content was synced by whoever wrote it, its name was not.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Without this the new name itself may be lost in a power cut, although the file's content was safe. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
