// The relay's own key: it signs what the relay says to the bot, and nothing else. It lies in one file that only the
// relay's user can read; a file that others can read is refused, because somebody else may have it by now.

import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makePrivateFolder } from '../data-folder.ts';
import type { Signer } from '../grant.ts';

export interface RelayKey {
  readonly signer: Signer;
  /** The raw public key, base64url: what the bot's configuration names. */
  readonly pin: string;
}

export type KeyReading =
  | { readonly kind: 'read'; readonly key: RelayKey }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unfit'; readonly fault: string };

export async function readRelayKey(dataFolder: string): Promise<KeyReading> {
  const path = pathIn(dataFolder);
  const { mode } = (await stat(path).catch(() => undefined)) ?? {};
  if (mode === undefined) return { kind: 'missing' };
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    return {
      kind: 'unfit',
      fault: `${path} can be read by others. Make a new key (remove the file, run \`sallyportd relay init\`), or chmod 600 when you are sure that nobody has it.`,
    };
  }
  const pem = await readFile(path, 'utf8');
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('not an Ed25519 key');
    const pin = String(createPublicKey(key).export({ format: 'jwk' }).x);
    const signer: Signer = {
      kid: pin,
      sign: (data) => Promise.resolve(new Uint8Array(sign(null, data, key))),
    };
    return { kind: 'read', key: { signer, pin } };
  } catch {
    const fault = `${path} is not an Ed25519 private key. Restore it, or remove it and run \`sallyportd relay init\`.`;
    return { kind: 'unfit', fault };
  }
}

/** Makes the key where there is none. Rejects when there is one: the bot knows the relay by it. */
export async function makeRelayKey(dataFolder: string): Promise<void> {
  const path = pathIn(dataFolder);
  makePrivateFolder(dirname(path));
  const { privateKey } = generateKeyPairSync('ed25519');
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await file.sync();
  } finally {
    await file.close();
  }
}

function pathIn(dataFolder: string): string {
  return join(dataFolder, 'relay.pem');
}
