// The App's credentials as the bot keeps them itself: three files in one folder of the data folder, for nobody but the
// bot's own user. The folder appears as a whole or not at all, and one that is there is never written to again: what
// GitHub gave out once cannot be fetched a second time. It knows neither GitHub nor how the credentials were got.

import { createPrivateKey } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { lstat, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFolderFaults, makePrivateFolder } from '../../relay/data-folder.ts';
import { minWebhookSecretChars } from '../settings.ts';
import { StartFault } from '../start-fault.ts';
import { syncFolder } from '../sync-folder.ts';

export interface AppCredentials {
  readonly appId: number;
  /** PEM. */
  readonly privateKey: string;
  readonly webhookSecret: string;
}

export const credentialFiles = {
  appId: 'app-id',
  privateKey: 'private-key.pem',
  webhookSecret: 'webhook-secret',
} as const;

export function credentialsFolder(dataFolder: string): string {
  return join(dataFolder, 'github-app');
}

/** What stands at the folder's place; a fault is a sentence with how to mend it. */
export type FolderReading =
  | { readonly kind: 'none' }
  | { readonly kind: 'there' }
  | { readonly kind: 'fault'; readonly message: string };

/** Whether credentials are kept. Never takes what it cannot look at for nothing: a second App would be made. */
export function findCredentials(dataFolder: string): FolderReading {
  const folder = credentialsFolder(dataFolder);
  try {
    const found = lstatSync(folder);
    if (!found.isDirectory()) return { kind: 'fault', message: `${folder} is not a folder.` };
    // Windows keeps no such modes; there the folder's access list protects it.
    if (process.platform === 'win32' || (found.mode & 0o077) === 0) return { kind: 'there' };
    const mode = (found.mode & 0o777).toString(8);
    return {
      kind: 'fault',
      message: `${folder} can be reached by other users (mode ${mode}). Mend it with: chmod 700 ${folder}`,
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { kind: 'none' };
    return { kind: 'fault', message: `${folder} cannot be looked at (${code}).` };
  }
}

/**
 * Makes the data folder, removes what an attempt left that never was in use, and finds out that files can be written:
 * before GitHub gives out keys that then have no place. Throws StartFault.
 */
export async function prepareKeeping(dataFolder: string): Promise<void> {
  const faults = dataFolderFaults(dataFolder);
  if (faults.length > 0) throw new StartFault(faults.map((fault) => `data: ${fault}`));
  try {
    const left = (await readdir(dataFolder)).filter((name) => name.startsWith(partPrefix));
    for (const name of left) await rm(join(dataFolder, name), { recursive: true });
    await rm(await mkdtemp(join(dataFolder, partPrefix)), { recursive: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const fault = `data: nothing can be kept in ${dataFolder} (${code}). Make it writable for the bot's user.`;
    throw new StartFault([fault], { cause: error });
  }
}

/**
 * Keeps the credentials; they are durable when it resolves with true. False, with nothing changed, where credentials
 * are kept already. Rejects, with nothing kept, when the disk does not take them.
 */
export async function keepCredentials(
  dataFolder: string,
  { appId, privateKey, webhookSecret }: AppCredentials,
): Promise<boolean> {
  makePrivateFolder(dataFolder);
  // Mode 0700 from its first moment.
  const part = await mkdtemp(join(dataFolder, partPrefix));
  try {
    await writeNew(join(part, credentialFiles.appId), `${appId}\n`);
    await writeNew(join(part, credentialFiles.privateKey), `${privateKey.trim()}\n`);
    await writeNew(join(part, credentialFiles.webhookSecret), `${webhookSecret}\n`);
    await syncFolder(part);
    const folder = credentialsFolder(dataFolder);
    // Asked first for what rename would replace: an empty folder. One with files in it, rename itself refuses.
    const kept = (await isThere(folder)) || !(await renameNew(part, folder));
    if (!kept) await syncFolder(dataFolder);
    return !kept;
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

/** The credentials that are kept there, if there are any. Throws what the disk says where they cannot be read. */
export async function readCredentials(dataFolder: string): Promise<AppCredentials | undefined> {
  const folder = credentialsFolder(dataFolder);
  if (!(await isThere(folder))) return undefined;
  const read = async (name: string) => (await readFile(join(folder, name), 'utf8')).trim();
  return {
    appId: Number(await read(credentialFiles.appId)),
    privateKey: await read(credentialFiles.privateKey),
    webhookSecret: await read(credentialFiles.webhookSecret),
  };
}

/** Removes the files of a copy that was not finished, and nothing else. */
export function removeCredentials(folder: string): void {
  const left = readdirSync(folder).filter((name) => name.startsWith(partPrefix));
  for (const name of left) rmSync(join(folder, name), { recursive: true });
  const names = Object.values(credentialFiles);
  for (const name of names) rmSync(join(credentialsFolder(folder), name), { force: true });
  if (existsSync(credentialsFolder(folder))) rmdirSync(credentialsFolder(folder));
}

/** What is wrong with the App's private key, as a sentence; undefined when nothing is. */
export function privateKeyFault(pem: string): string | undefined {
  const next = "Download the App's private key from its settings page.";
  try {
    const { asymmetricKeyType } = createPrivateKey(pem);
    return asymmetricKeyType === 'rsa' ? undefined : `this is not an RSA key. ${next}`;
  } catch {
    return `this is not a private key in PEM form. ${next}`;
  }
}

export function webhookSecretFault({ length }: string): string | undefined {
  return length >= minWebhookSecretChars
    ? undefined
    : `the secret has ${length} characters; ${minWebhookSecretChars} or more are needed. Make one with \`openssl rand -hex 32\` and set it at GitHub as well.`;
}

export function appIdFault(text: string): string | undefined {
  return /^[1-9]\d{0,15}$/.test(text) ? undefined : "this is not the App's number.";
}

const partPrefix = 'github-app.part-';

async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return false;
    },
  );
}

/** False when something stands there already. */
async function renameNew(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (!['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(error.code ?? '')) throw error;
      return false;
    },
  );
}
