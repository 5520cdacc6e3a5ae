// Proof of possession (RFC 9449, DPoP): a fresh statement, signed by the session's key, that names one request to one
// address with one token. Made by the client, checked by bot and relay. It says who holds the key, not who they are.

import { Buffer } from 'node:buffer';
import { createHash, createHmac, randomBytes, timingSafeEqual, type webcrypto } from 'node:crypto';
import { exportJWK, type JWK } from 'jose';
import { hasExactMembers, isRecord, isSignedBy, publicKeyOf, readCompact } from './jws.ts';
import { sha256, signatureAlgorithm, signCompact, thumbprintOf, type CompactFault } from './jws.ts';

/** One run's key. It is made in memory and cannot be exported. */
export interface SessionKey {
  /** RFC 7638 thumbprint, base64url. */
  readonly jkt: string;
  readonly publicJwk: JWK;
  readonly privateKey: webcrypto.CryptoKey;
}

export const proofLimits = {
  /** A longer proof is refused unread. */
  maxProofChars: 2048,
  /** Where no nonce bounds it, a proof may be this old, or this far ahead of our clock. */
  maxAgeSeconds: 60,
  /** A nonce is taken for this long. */
  nonceLifetimeSeconds: 60,
  /** Proofs remembered at one time; when full, every proof counts as used. */
  maxRememberedProofs: 100_000,
} as const;

export type ProofFault =
  | CompactFault
  | 'header'
  | 'type'
  | 'algorithm'
  | 'key'
  | 'claims'
  | 'method'
  | 'url'
  | 'token'
  | 'nonce'
  | 'stale'
  | 'signature';

export type ProofVerdict =
  | { readonly kind: 'valid'; readonly jkt: string; readonly jti: string }
  | { readonly kind: 'invalid'; readonly reason: ProofFault };

export interface ExpectedProof {
  /** The request's method, such as GET. */
  readonly method: string;
  /** The address as the checker knows itself, never as a header says. Compared exactly. */
  readonly url: string;
  readonly now: Date;
  /** The access token that came along; its hash has to be in the proof. */
  readonly token?: string;
  /** With it the nonce bounds freshness, and the caller's clock is not looked at. */
  readonly isFreshNonce?: (nonce: string) => boolean;
  readonly maxAgeSeconds?: number;
}

export async function generateSessionKey(): Promise<SessionKey> {
  const pair = (await crypto.subtle.generateKey('Ed25519', false, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const publicJwk = await exportJWK(pair.publicKey);
  return { jkt: thumbprintOf(publicJwk), publicJwk, privateKey: pair.privateKey };
}

/** A proof for one request (RFC 9449 §4.2). */
export async function makeProof(
  key: SessionKey,
  request: {
    readonly method: string;
    readonly url: string;
    readonly now: Date;
    readonly token?: string;
    readonly nonce?: string;
  },
): Promise<string> {
  const { method, url, now, token, nonce } = request;
  const payload = {
    jti: randomBytes(16).toString('base64url'),
    htm: method,
    htu: url,
    iat: Math.floor(now.getTime() / 1000),
    ...(token !== undefined && { ath: sha256(token) }),
    ...(nonce !== undefined && { nonce }),
  };
  return signCompact({ typ: proofType, jwk: key.publicJwk }, payload, async (data) => {
    const signature = await crypto.subtle.sign('Ed25519', key.privateKey, new Uint8Array(data));
    return new Uint8Array(signature);
  });
}

/**
 * All checks of RFC 9449 §4.3 but the one for replay, which needs a memory: {@link createReplayGuard}. Never throws.
 */
export async function checkProof(proof: string, expected: ExpectedProof): Promise<ProofVerdict> {
  const reading = readProof(proof, expected);
  if (reading.kind === 'invalid') return reading;
  const { jkt, jti, publicJwk } = reading;
  if (!(await isSignedBy(proof, publicJwk))) return invalid('signature');
  return { kind: 'valid', jkt, jti };
}

export type ProofReading =
  | {
      readonly kind: 'read';
      readonly jkt: string;
      readonly jti: string;
      readonly publicJwk: JWK;
    }
  | { readonly kind: 'invalid'; readonly reason: ProofFault };

/** Every check but the signature's, which costs a hundred times the rest: the caller does it last, with jws.ts. */
export function readProof(proof: string, expected: ExpectedProof): ProofReading {
  const reading = readCompact(proof, proofLimits.maxProofChars);
  if (reading.kind === 'unreadable') return invalid(reading.reason);
  const { header, payload } = reading;
  if (!hasExactMembers(header, ['alg', 'typ', 'jwk'])) return invalid('header');
  if (header['typ'] !== proofType) return invalid('type');
  if (header['alg'] !== signatureAlgorithm) return invalid('algorithm');
  const publicJwk = readPublicJwk(header['jwk']);
  if (publicJwk === undefined) return invalid('key');

  const { jti, htm, htu, iat, ath, nonce } = payload;
  if (typeof jti !== 'string' || !jtiShape.test(jti) || !Number.isSafeInteger(iat)) {
    return invalid('claims');
  }
  if (htm !== expected.method) return invalid('method');
  if (htu !== expected.url) return invalid('url');
  const fault = judgeFreshness({ iat: iat as number, nonce }, expected);
  if (fault !== undefined) return invalid(fault);
  // RFC 9449 §4.3: bound to this token, so that a proof cannot be carried to another one.
  if (expected.token !== undefined && ath !== sha256(expected.token)) return invalid('token');
  return { kind: 'read', jkt: thumbprintOf(publicJwk), jti, publicJwk };
}

/** A nonce that needs no memory: its time and an HMAC of it. Programs that share `key` take each other's nonces. */
export function createNonces(
  key: Uint8Array,
  lifetimeSeconds: number = proofLimits.nonceLifetimeSeconds,
): { issue(now: Date): string; isFresh(nonce: string, now: Date): boolean } {
  function seal(seconds: number): Buffer {
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(seconds));
    const mac = createHmac('sha256', key).update('sallyport-nonce').update(time).digest();
    return Buffer.concat([time, mac.subarray(0, 16)]);
  }
  return {
    issue: (now) => seal(secondsOf(now)).toString('base64url'),
    isFresh(nonce, now) {
      if (!nonceShape.test(nonce)) return false;
      const given = Buffer.from(nonce, 'base64url');
      const issuedAt = Number(given.readBigUInt64BE());
      const age = secondsOf(now) - issuedAt;
      if (!(age >= 0 && age <= lifetimeSeconds)) return false;
      return timingSafeEqual(given, seal(issuedAt));
    },
  };
}

/**
 * Remembers proofs for as long as they could be used again (RFC 9449 §11.1). Ask it only after the signature was
 * checked, or strangers could fill it. When it is full nothing is a first use: better to refuse than to forget.
 */
export function createReplayGuard(
  lifetimeSeconds: number,
  maxEntries: number = proofLimits.maxRememberedProofs,
): { firstUse(jti: string, now: Date): boolean } {
  const forgetAt = new Map<string, number>();
  return {
    firstUse(jti, now) {
      const nowMs = now.getTime();
      if (Number.isNaN(nowMs)) return false;
      // A Map keeps the order of insertion, and all live equally long: the oldest stand first.
      for (const [old, moment] of forgetAt) {
        if (!(moment <= nowMs)) break;
        forgetAt.delete(old);
      }
      if (forgetAt.has(jti) || forgetAt.size >= maxEntries) return false;
      forgetAt.set(jti, nowMs + lifetimeSeconds * 1000);
      return true;
    },
  };
}

/**
 * What a person compares on two screens: 60 bits of the key's thumbprint as XXXX-XXXX-XXXX, in RFC 4648 base32 letters.
 */
export function fingerprint(jkt: string): string {
  const digest = createHash('sha256').update(`sallyport-fingerprint ${jkt}`).digest();
  const bits = digest.readBigUInt64BE();
  const letters = Array.from({ length: 12 }, (_, index) => {
    return base32[Number((bits >> BigInt(59 - 5 * index)) & 31n)];
  });
  return letters.join('').replace(/(.{4})(?=.)/g, '$1-');
}

const proofType = 'dpop+jwt';
const jtiShape = /^[A-Za-z0-9_-]{16,128}$/;
/** 8 bytes of time and 16 of HMAC: 24 bytes make 32 characters with no bit left over. */
const nonceShape = /^[A-Za-z0-9_-]{32}$/;
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

// RFC 9449 §4.3: a public key only. A proof that carries a private key (`d`) comes from somebody who has lost it.
function readPublicJwk(value: unknown): JWK | undefined {
  if (!isRecord(value) || !hasExactMembers(value, ['kty', 'crv', 'x'])) return undefined;
  if (value['kty'] !== 'OKP' || value['crv'] !== 'Ed25519') return undefined;
  return publicKeyOf(value['x']);
}

function judgeFreshness(
  { iat, nonce }: { readonly iat: number; readonly nonce: unknown },
  { now, isFreshNonce, maxAgeSeconds = proofLimits.maxAgeSeconds }: ExpectedProof,
): ProofFault | undefined {
  if (isFreshNonce) {
    return typeof nonce === 'string' && isFreshNonce(nonce) ? undefined : 'nonce';
  }
  return Math.abs(secondsOf(now) - iat) <= maxAgeSeconds ? undefined : 'stale';
}

function secondsOf(moment: Date): number {
  return Math.floor(moment.getTime() / 1000);
}

function invalid(reason: ProofFault): { readonly kind: 'invalid'; readonly reason: ProofFault } {
  return { kind: 'invalid', reason };
}
