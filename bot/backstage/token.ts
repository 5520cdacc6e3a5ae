// The tokens that the bot signs for a Backstage, so that no secret is shared: Backstage finds the public key where the
// bot publishes it. The key is for this and nothing else, never a grant's; it is in no backup. It outlives a start, since
// Backstage looks for a key that it does not know only twice a minute, and would refuse the bot meanwhile.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, SignJWT, type JWK } from 'jose';
import { KeyFileError, writePrivateFile } from '../tokens/key-files.ts';

/** Long enough for two clocks that differ a little; a stolen one is of no use after it. */
const lifeSeconds = 60;
/** The one that every Backstage verifies; its library knows Ed25519 by an older name. */
const algorithm = 'ES256';
const curve = 'P-256';
/** Whom Backstage sees calling: `external:sallyport`. */
const subject = 'sallyport';

export interface BackstageTokens {
  sign(): Promise<string>;
  /** The public half. RFC 7517 members. */
  published(): JWK;
}

export interface TokenNames {
  /** The bot's own address. */
  readonly issuer: string;
  /** The address of the Backstage. Its own name for itself, `backstage`, would make this a user's token there. */
  readonly audience: string;
  now(): Date;
}

/** Opens the key in `folder`, which has to be there, and makes it when it is not. Throws KeyFileError for another's. */
export async function openTokens(
  folder: string,
  { issuer, audience, now }: TokenNames,
): Promise<BackstageTokens> {
  const key = await openKey(join(folder, 'backstage.pem'));
  const jwk = createPublicKey(key).export({ format: 'jwk' }) as JWK;
  const kid = await calculateJwkThumbprint(jwk);
  return {
    sign() {
      const seconds = Math.floor(now().getTime() / 1000);
      return new SignJWT()
        .setProtectedHeader({ alg: algorithm, typ: 'JWT', kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(subject)
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + lifeSeconds)
        .sign(key);
    },
    published: () => ({ ...jwk, kid, alg: algorithm, use: 'sig' }),
  };
}

async function openKey(path: string): Promise<KeyObject> {
  if (existsSync(path)) return readKey(path);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: curve });
  await writePrivateFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return privateKey;
}

function readKey(path: string): KeyObject {
  try {
    const key = createPrivateKey(readFileSync(path));
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  } catch {
    // Falls through to the sentence below, which names the file; the cause would only name OpenSSL.
  }
  throw new KeyFileError([
    `${path} is not a ${curve} private key. Take it away, and the bot makes another.`,
  ]);
}
