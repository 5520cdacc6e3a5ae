// Keys and claims for the tests of the relay: a signer as the bot has one, and a grant that is good in every respect,
// so that a test changes the one thing it is about. It also signs what no honest signer would.

import { createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { JWK } from 'jose';
import { signGrant, type GrantClaims, type Signer } from '../../relay/grant.ts';

export interface TestKey extends Signer {
  readonly publicJwk: JWK;
  /** The raw public key in base64url, as a configuration pins it. */
  readonly pin: string;
  /** Any header and payload, given as text: an attacker is not bound to JSON.stringify. */
  forge(header: string, payload: string): string;
}

export function newKey(kid = 'key-1'): TestKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  const base64url = (text: string) => Buffer.from(text).toString('base64url');
  return {
    kid,
    sign: (data) => Promise.resolve(new Uint8Array(sign(null, data, privateKey))),
    publicJwk: { kty: 'OKP', crv: 'Ed25519', x: String(x), kid, alg: 'Ed25519', use: 'sig' },
    pin: String(x),
    forge(header, payload) {
      const input = `${base64url(header)}.${base64url(payload)}`;
      return `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`;
    },
  };
}

export const issuer = 'https://sallyport.acme.test';

/** `now` in milliseconds. The token starts now and ends in an hour. */
export function grantClaims(now: number, changes: Partial<GrantClaims> = {}): GrantClaims {
  const seconds = Math.floor(now / 1000);
  return {
    iss: issuer,
    aud: ['https://relay.acme.test'],
    sub: 'github:583231',
    login: 'dana',
    jti: randomBytes(16).toString('base64url'),
    gid: newGrantId(),
    iat: seconds,
    nbf: seconds,
    exp: seconds + 3600,
    cnf: { jkt: 'A'.repeat(43) },
    ns: 'payments',
    res: 'resource:payments/payments-db',
    target: 'payments-db.internal:5432',
    proto: 'postgres',
    role: 'reader',
    lim: { sessions: 3, connections: 8, idleSeconds: 1800, graceSeconds: 300 },
    req: { digest: 'sha-256:3q2-7w', url: 'https://github.com/acme/payments/issues/7' },
    apr: ['github:9001'],
    pol: 'acme/access@4f2a',
    ...changes,
  };
}

export function newGrantId(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz234567';
  return `g_${Array.from(randomBytes(26), (byte) => letters[byte % 32]).join('')}`;
}

export function grantToken(claims: GrantClaims, key: Signer): Promise<string> {
  return signGrant(claims, key);
}
