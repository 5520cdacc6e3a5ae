// Compact JWS (RFC 7515 §7.1) with one algorithm, Ed25519 (RFC 9864): the one strict reader and writer under grant,
// proof and control. It refuses what a JOSE library lets through (size, stray characters, base64url that decodes but
// does not encode back, duplicate JSON members). It does not know what any claim means.

import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { compactVerify, type JWK } from 'jose';

/** The only `alg` there is. Which algorithm counts is never read from a token. */
export const signatureAlgorithm = 'Ed25519';

export type JsonRecord = Readonly<Record<string, unknown>>;

export type CompactReading =
  | { readonly kind: 'read'; readonly header: JsonRecord; readonly payload: JsonRecord }
  | { readonly kind: 'unreadable'; readonly reason: CompactFault };

export type CompactFault = 'too-long' | 'characters' | 'encoding' | 'json';

/** Header and payload, NOT yet believed: the signature is checked by {@link isSignedBy}. Never throws. */
export function readCompact(token: string, maxChars: number): CompactReading {
  // Before anything else: a token of 5 MB must cost no more than this comparison.
  if (token.length > maxChars) return { kind: 'unreadable', reason: 'too-long' };
  const parts = compactForm.exec(token);
  if (!parts) return { kind: 'unreadable', reason: 'characters' };
  const [header, payload, signature] = parts.slice(1).map(decodeCanonical);
  if (!header || !payload || !signature) return { kind: 'unreadable', reason: 'encoding' };
  const headerRecord = parseStrict(header);
  const payloadRecord = parseStrict(payload);
  if (!headerRecord || !payloadRecord) return { kind: 'unreadable', reason: 'json' };
  return { kind: 'read', header: headerRecord, payload: payloadRecord };
}

/**
 * Whether the header says exactly this and nothing more: no `jwk`, `jku`, `x5c`, `crit`, `b64` slips in (RFC 8725
 * §3.10).
 */
export function hasExactMembers(record: JsonRecord, names: readonly string[]): boolean {
  return Object.keys(record).length === names.length && names.every((name) => name in record);
}

/** Whether the signature is this key's. Never throws; a key of another kind verifies nothing. */
export async function isSignedBy(token: string, key: JWK): Promise<boolean> {
  if (key.kty !== 'OKP' || key.crv !== 'Ed25519') return false;
  try {
    await compactVerify(token, key, { algorithms: [signatureAlgorithm] });
    return true;
  } catch {
    return false;
  }
}

/** Signs header and payload as they stand, `alg` added. */
export async function signCompact(
  header: { readonly typ: string } & JsonRecord,
  payload: object,
  sign: (data: Uint8Array) => Promise<Uint8Array>,
): Promise<string> {
  const input = `${encodeJson({ alg: signatureAlgorithm, ...header })}.${encodeJson(payload)}`;
  const signature = await sign(new TextEncoder().encode(input));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}

/** A public Ed25519 key from its 32 raw bytes in base64url, or undefined when it is not one. */
export function publicKeyOf(x: unknown): JWK | undefined {
  if (typeof x !== 'string' || x.length !== 43 || decodeCanonical(x) === undefined)
    return undefined;
  return { kty: 'OKP', crv: 'Ed25519', x };
}

/** RFC 7638 §3 thumbprint of an Ed25519 key (members of RFC 8037 §2), base64url. */
export function thumbprintOf(key: JWK): string {
  return sha256(JSON.stringify({ crv: key.crv, kty: key.kty, x: key.x }));
}

/** SHA-256 of the text's UTF-8, base64url. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

const compactForm = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

// The last character of base64url may carry bits that belong to no byte. Node ignores them, so several texts
// would decode to one token; only the one that encodes back is taken.
function decodeCanonical(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? bytes : undefined;
}

// JSON.parse keeps the last of two members with one name, other readers the first. Our signers write exactly what
// JSON.stringify writes, so a text that does not come out the same was not written by them.
function parseStrict(bytes: Buffer): JsonRecord | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return isRecord(value) && JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function encodeJson(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
