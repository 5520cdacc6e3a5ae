// The bot's signing keys: one for grants, one for the control channel, each good for its one purpose. The first start
// makes them; a later start finds them, or stops when other users could reach them or when one is missing, because a
// bot with a new key would be a stranger to every relay. A folder that was restored has the control key alone, and gets a
// grant key of its own. Rotation is not here yet; its states are in the file already.

import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { z } from 'zod';
import { makePrivateFolder } from '../../relay/data-folder.ts';
import type { Signer } from '../../relay/grant.ts';
import { controlName } from './control-key.ts';
import { KeyFileError, refuseReadableByOthers, writePrivateFile } from './key-files.ts';

export interface Keys {
  /** Signs new grant tokens. */
  active(): Signer;
  /** The public half of every key whose grant tokens still verify: next, active and retiring. RFC 7517 members. */
  published(): JWK[];
  /** Signs what the bot tells its relays; never a grant. */
  control(): Signer;
  /** What `relay.yml` pins as `bot.control-key`: the raw Ed25519 public key, base64url, 43 characters. */
  controlPin(): string;
}

/** Opens the keys in `folder` and makes them at the first start. Throws KeyFileError when they are not fit for use. */
export async function openKeys(folder: string, now: Date): Promise<Keys> {
  makePrivateFolder(folder);
  await refuseReadableByOthers(folder);
  const control = await openControlKey(folder);
  const grants = await openGrantKeys(folder, now);
  const active = grants.filter((key) => key.entry.state === 'active');
  const [first] = active;
  if (first === undefined || active.length > 1) {
    throw new KeyFileError([
      `${join(folder, listName)} names ${active.length} active keys; exactly one signs. Restore the file from a backup.`,
    ]);
  }
  const signer = signerOf(first.key, first.entry.kid);
  const published = grants.filter((key) => key.entry.state !== 'gone').map((key) => publicJwk(key));
  return {
    active: () => signer,
    published: () => structuredClone(published),
    control: () => control.signer,
    controlPin: () => control.pin,
  };
}

const listName = 'keys.json';

/** The life of a grant key: published ahead, signing, still believed, forgotten. */
const keyStates = ['next', 'active', 'retiring', 'gone'] as const;

const keyList = z.strictObject({
  version: z.literal(1),
  grants: z.array(
    z.strictObject({
      kid: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
      state: z.enum(keyStates),
      createdAt: z.iso.datetime(),
    }),
  ),
});

type KeyList = z.infer<typeof keyList>;
type GrantKey = { entry: KeyList['grants'][number]; key: KeyObject };

async function openGrantKeys(folder: string, now: Date): Promise<GrantKey[]> {
  const list = (await readList(folder)) ?? (await firstList(folder, now));
  const living = list.grants.filter((entry) => entry.state !== 'gone');
  return Promise.all(
    living.map(async (entry) => {
      const key = await readKey(join(folder, grantName(entry.kid)));
      if (key !== undefined && (await thumbprint(key)) === entry.kid) return { entry, key };
      throw new KeyFileError([
        `${join(folder, grantName(entry.kid))} is missing or is another key than ${listName} says. Restore it from a backup.`,
      ]);
    }),
  );
}

async function readList(folder: string): Promise<KeyList | undefined> {
  const path = join(folder, listName);
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const parsed = keyList.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new KeyFileError([`${path} is not a list of keys. Restore it from a backup.`]);
}

// The key is on disk before the list names it: a crash between the two leaves a stray file, never a name without a key.
async function firstList(folder: string, now: Date): Promise<KeyList> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const kid = await thumbprint(privateKey);
  await writePrivateFile(join(folder, grantName(kid)), pem(privateKey));
  const list: KeyList = {
    version: 1,
    grants: [{ kid, state: 'active', createdAt: now.toISOString() }],
  };
  await writePrivateFile(join(folder, listName), `${JSON.stringify(list, null, 2)}\n`);
  return list;
}

async function openControlKey(folder: string): Promise<{ signer: Signer; pin: string }> {
  const path = join(folder, controlName);
  const found = await readKey(path);
  const key = found ?? (await firstControlKey(folder, path));
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  return { signer: signerOf(key, await thumbprint(key)), pin: String(x) };
}

// A control key that vanished from a folder in use is not made anew: every relay has pinned the old one.
async function firstControlKey(folder: string, path: string): Promise<KeyObject> {
  if ((await readIfThere(join(folder, listName))) !== undefined) {
    throw new KeyFileError([`${path} is missing. Restore it from a backup.`]);
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  await writePrivateFile(path, pem(privateKey));
  return privateKey;
}

function signerOf(key: KeyObject, kid: string): Signer {
  return { kid, sign: (data) => Promise.resolve(new Uint8Array(sign(null, data, key))) };
}

function publicJwk({ key, entry }: GrantKey): JWK {
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  // RFC 9864: `Ed25519` says which curve, as the older `EdDSA` did not.
  return { ...jwk, kid: entry.kid, alg: 'Ed25519', use: 'sig' };
}

async function thumbprint(key: KeyObject): Promise<string> {
  return calculateJwkThumbprint(createPublicKey(key).export({ format: 'jwk' }));
}

function grantName(kid: string): string {
  return `grant-${kid}.pem`;
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' });
}

async function readKey(path: string): Promise<KeyObject | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Falls through to the sentence below, which names the file; the cause would only name OpenSSL.
  }
  throw new KeyFileError([`${path} is not an Ed25519 private key. Restore it from a backup.`]);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
