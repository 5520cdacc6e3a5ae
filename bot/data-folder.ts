// What lies where in the bot's data folder. A backup is laid out the same, so that a copy of the folder that somebody
// made by hand can be restored like one.

import { join } from 'node:path';

export function databasePath(folder: string): string {
  return join(folder, 'sallyport.db');
}

export function keysFolder(folder: string): string {
  return join(folder, 'keys');
}
