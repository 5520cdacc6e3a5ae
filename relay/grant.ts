// The grant: a signed statement that one person may reach one resource until a given moment. The bot writes it, the
// relay believes it without asking anyone. A JWT (RFC 7519) after the advice of RFC 8725, bound to a key (RFC 7800).
// Whether it was revoked, and whether the caller holds its key, is not in it: the control channel and proof.ts say
// that.

import type { JWK } from 'jose';
import { hasExactMembers, isRecord, isSignedBy, readCompact, signCompact } from './jws.ts';
import { signatureAlgorithm, type CompactFault } from './jws.ts';

const grantTokenType = 'sallyport-grant+jwt';

export interface GrantClaims {
  /** The bot's https origin. */
  readonly iss: string;
  /** The https origins of the relays that serve the namespace. */
  readonly aud: readonly string[];
  /** `github:<numeric id>` of the grantee. */
  readonly sub: string;
  /** The grantee's login, for display only. */
  readonly login: string;
  /** This token's own name. A renewal has another one. */
  readonly jti: string;
  /** The grant's name, the same in each of its tokens. */
  readonly gid: string;
  /** Seconds since 1970, as are `nbf` and `exp`. */
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
  /** RFC 7800: the thumbprint of the key that has to sign each proof. */
  readonly cnf: { readonly jkt: string };
  readonly ns: string;
  /** Entity reference, such as `resource:payments/payments-db`. */
  readonly res: string;
  /** `host:port` that the relay dials. */
  readonly target: string;
  /** postgres, mysql, redis, ssh, http or tcp. */
  readonly proto: string;
  readonly role: string;
  readonly lim: GrantLimits;
  /** The digest of the request as it was approved, and its issue. */
  readonly req: { readonly digest: string; readonly url: string };
  /** `github:<numeric id>` of who approved. */
  readonly apr: readonly string[];
  /** The revision of policy and catalog under which it was granted. */
  readonly pol: string;
  /**
   * RFC 9068 §2.2.1: the way in which the grantee signed in at the claim, where the policy demanded one. For the bot, which
   * holds it against what is demanded at a renewal; a relay does not judge it.
   */
  readonly acr?: string;
}

export interface GrantLimits {
  /** Sessions of this grant at one time, on one relay. */
  readonly sessions: number;
  /** Connections at one time, in one session. */
  readonly connections: number;
  /** A session ends after this long without a byte. */
  readonly idleSeconds: number;
  /** A live session goes on for this long when the relay has lost the bot. */
  readonly graceSeconds: number;
}

/**
 * Holds a private key or stands in front of one: a file today, a KMS tomorrow. `sign` makes a raw Ed25519 signature.
 */
export interface Signer {
  readonly kid: string;
  sign(data: Uint8Array): Promise<Uint8Array>;
}

export const grantLimits = {
  /** A longer token is refused unread. */
  maxTokenChars: 4096,
  /** A token that claims to live longer is refused; a longer grant is carried on by a new token. */
  maxLifetimeSeconds: 12 * 60 * 60,
  /** A token may start this much later than the relay's clock says. Its end has no such leeway. */
  nbfLeewaySeconds: 30,
} as const;

export const grantIdPattern = /^g_[a-z2-7]{26}$/;

export type GrantFault =
  | CompactFault
  | 'header'
  | 'type'
  | 'algorithm'
  | 'unknown-key'
  | 'signature'
  | 'claims'
  | 'issuer'
  | 'audience'
  | 'lifetime'
  | 'not-yet-valid'
  | 'expired';

export type GrantVerdict =
  | { readonly kind: 'valid'; readonly claims: GrantClaims }
  | { readonly kind: 'invalid'; readonly reason: GrantFault };

/** The token. Throws a TypeError for claims that {@link verifyGrant} would not take: nobody should be handed those. */
export async function signGrant(claims: GrantClaims, signer: Signer): Promise<string> {
  if (readClaims(claims) === undefined) throw new TypeError('these are not the claims of a grant');
  const token = await signCompact({ typ: grantTokenType, kid: signer.kid }, claims, (data) =>
    signer.sign(data),
  );
  if (token.length <= grantLimits.maxTokenChars) return token;
  throw new TypeError(`a grant token of ${token.length} characters is too long`);
}

/**
 * Checks a token in full, cheapest first. `keys` are by `kid`; `audience` is the relay's own https origin. Never
 * throws.
 */
export async function verifyGrant(
  token: string,
  expected: {
    readonly keys: ReadonlyMap<string, JWK>;
    readonly issuer: string;
    readonly audience: string;
    readonly now: Date;
  },
): Promise<GrantVerdict> {
  const reading = readCompact(token, grantLimits.maxTokenChars);
  if (reading.kind === 'unreadable') return invalid(reading.reason);
  const { header, payload } = reading;
  if (!hasExactMembers(header, ['alg', 'typ', 'kid'])) return invalid('header');
  // RFC 8725 §3.11 and §3.1: the kind of token and the algorithm are ours to say, not the token's.
  if (header['typ'] !== grantTokenType) return invalid('type');
  if (header['alg'] !== signatureAlgorithm) return invalid('algorithm');
  // RFC 8725 §3.10: `kid` is a key of this map and nothing else, no path, no query, no prefix.
  const key = typeof header['kid'] === 'string' ? expected.keys.get(header['kid']) : undefined;
  if (key === undefined) return invalid('unknown-key');
  if (!(await isSignedBy(token, key))) return invalid('signature');

  const claims = readClaims(payload);
  if (claims === undefined) return invalid('claims');
  if (claims.iss !== expected.issuer) return invalid('issuer');
  if (!claims.aud.includes(expected.audience)) return invalid('audience');
  const fault = judgeTimes(claims, expected.now.getTime() / 1000);
  return fault === undefined ? { kind: 'valid', claims } : invalid(fault);
}

function judgeTimes({ iat, nbf, exp }: GrantClaims, nowSeconds: number): GrantFault | undefined {
  const { maxLifetimeSeconds, nbfLeewaySeconds } = grantLimits;
  if (exp <= nbf || exp - nbf > maxLifetimeSeconds) return 'lifetime';
  // RFC 7519 §4.1.4: not accepted on or after `exp`. No leeway: the end was promised to the owner.
  // Written so that a moment which is no number passes neither: a broken clock must not make old tokens good.
  if (!(nowSeconds < exp)) return 'expired';
  if (!(nowSeconds >= Math.max(nbf, iat) - nbfLeewaySeconds)) return 'not-yet-valid';
  return undefined;
}

/** The claims we know, each of the right shape, or undefined. Claims we do not know are left out (RFC 7519 §4). */
function readClaims(value: object): GrantClaims | undefined {
  const claims = value as Partial<Record<keyof GrantClaims, unknown>>;
  const { cnf, lim, req } = claims;
  if (!isRecord(cnf) || !isRecord(lim) || !isRecord(req)) return undefined;
  const fits =
    isHttpsOrigin(claims.iss) &&
    isListOf(claims.aud, isHttpsOrigin, 1) &&
    Object.entries(textShapes).every(([name, shape]) => matches(readMember(claims, name), shape)) &&
    [claims.iat, claims.nbf, claims.exp].every(isMoment) &&
    matches(cnf['jkt'], thumbprintShape) &&
    Object.entries(limitBounds).every(([name, bounds]) => isWithin(lim[name], bounds)) &&
    matches(req['digest'], /^[!-~]{1,200}$/) &&
    matches(req['url'], /^https:\/\/[!-~]{1,500}$/) &&
    (claims.acr === undefined || matches(claims.acr, /^[!-~]{1,128}$/)) &&
    isListOf(claims.apr, (entry) => matches(entry, personShape), 0);
  if (!fits) return undefined;
  // Every member named here was looked at above; the casts only say so.
  const known = value as GrantClaims;
  const { iss, sub, login, jti, gid, iat, nbf, exp, ns, res, target, proto, role, pol, acr } =
    known;
  const { sessions, connections, idleSeconds, graceSeconds } = known.lim;
  return {
    iss,
    aud: [...known.aud],
    sub,
    login,
    jti,
    gid,
    iat,
    nbf,
    exp,
    cnf: { jkt: known.cnf.jkt },
    ns,
    res,
    target,
    proto,
    role,
    lim: { sessions, connections, idleSeconds, graceSeconds },
    req: { digest: known.req.digest, url: known.req.url },
    apr: [...known.apr],
    pol,
    ...(acr !== undefined && { acr }),
  };
}

const thumbprintShape = /^[A-Za-z0-9_-]{43}$/;
const personShape = /^github:[1-9][0-9]{0,15}$/;

const textShapes: Readonly<Record<string, RegExp>> = {
  sub: personShape,
  login: /^[A-Za-z0-9_.[\]-]{1,100}$/,
  jti: /^[A-Za-z0-9_-]{16,128}$/,
  gid: grantIdPattern,
  ns: /^[!-~]{1,100}$/,
  res: /^[!-~]{1,300}$/,
  // Only the outline: whether it may be dialled is for the relay's own list.
  target: /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):[1-9][0-9]{0,4}$/,
  proto: /^[a-z][a-z0-9]{0,15}$/,
  role: /^[!-~]{1,100}$/,
  pol: /^[ -~]{1,300}$/,
};

/** Smallest and largest value that is not a mistake. */
const limitBounds: Readonly<Record<keyof GrantLimits, readonly [number, number]>> = {
  sessions: [1, 100],
  connections: [1, 1000],
  idleSeconds: [1, 24 * 60 * 60],
  graceSeconds: [0, 15 * 60],
};

function readMember(record: object, name: string): unknown {
  return (record as Readonly<Record<string, unknown>>)[name];
}

function matches(value: unknown, shape: RegExp): boolean {
  return typeof value === 'string' && shape.test(value);
}

// Beyond the year 9999 a number is no date but an attempt at one (1e15 was accepted by the library).
function isMoment(value: unknown): boolean {
  return isWithin(value, [0, 253_402_300_799]);
}

function isWithin(value: unknown, [least, most]: readonly [number, number]): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function isListOf(value: unknown, is: (entry: unknown) => boolean, least: number): boolean {
  return Array.isArray(value) && value.length >= least && value.length <= 32 && value.every(is);
}

function isHttpsOrigin(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 300 || !URL.canParse(value)) return false;
  const url = new URL(value);
  return url.protocol === 'https:' && url.origin === value;
}

function invalid(reason: GrantFault): GrantVerdict {
  return { kind: 'invalid', reason };
}
