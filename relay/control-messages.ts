// What bot and relay say to each other, and the readers for it: each kind by its own hand-written reader, an unknown
// kind or shape as undefined. A good signature says who wrote a message, not that it makes sense to this version.

import type { JWK } from 'jose';
import { endReasons, type EndReason } from './frames.ts';
import { grantIdPattern } from './grant.ts';
import { isRecord, publicKeyOf, type JsonRecord } from './jws.ts';

/** A revoked grant, to be remembered until `until` (seconds since 1970), when its last token has ended. */
export interface Revocation {
  readonly gid: string;
  readonly until: number;
}

export type BotMessage =
  /** First on a connection. `nonce` is 22 characters of base64url; every answer names it. */
  | { readonly type: 'challenge'; readonly nonce: string }
  /** Everything the relay has to know, after its hello. `eventsAck`: the bot has committed events up to this `n`. */
  | {
      readonly type: 'snapshot';
      readonly issuer: string;
      readonly keys: readonly JWK[];
      readonly revoked: readonly Revocation[];
      readonly leaseSeconds: number;
      readonly eventsAck: number;
    }
  /** The signing keys of grants, all of them. */
  | { readonly type: 'keys'; readonly keys: readonly JWK[] }
  | {
      readonly type: 'revoke';
      readonly gid: string;
      readonly until: number;
      readonly reason: string;
    }
  | { readonly type: 'lease'; readonly leaseSeconds: number }
  | { readonly type: 'events-ack'; readonly n: number };

export type RelayMessage =
  | {
      readonly type: 'hello';
      readonly protocol: 1;
      readonly version: string;
      readonly url: string;
    }
  /** The grant is dead here; `sessions` live ones were cut. */
  | { readonly type: 'revoke-ack'; readonly gid: string; readonly sessions: number }
  | { readonly type: 'event'; readonly event: RelayEvent };

/** `n` counts 1, 2, 3… per relay for ever. `at` is ISO 8601 with milliseconds. Bytes up: client → service. */
export type RelayEvent = { readonly n: number; readonly at: string } & RelayEventBody;

export type RelayEventBody =
  | {
      readonly type: 'session.start';
      readonly session: string;
      readonly gid: string;
      readonly jti: string;
      readonly sub: string;
      readonly run: string;
      readonly address: string;
    }
  | {
      readonly type: 'session.end';
      readonly session: string;
      readonly gid: string;
      readonly reason: EndReason;
      readonly bytesUp: number;
      readonly bytesDown: number;
      readonly connections: number;
      /** Nobody saw the end: the relay died, and these are the last figures it had written down. */
      readonly inferred?: true;
    }
  /** Somebody with a good token was refused. Strangers, and connections that were not made, are in the relay's log. */
  | {
      readonly type: 'refused';
      readonly gid?: string;
      readonly sub?: string;
      readonly reason: string;
      readonly address: string;
    };

export function readBotMessage(value: unknown): BotMessage | undefined {
  if (!isRecord(value)) return undefined;
  const { type, nonce, gid, until, reason, leaseSeconds, n } = value;
  switch (type) {
    case 'challenge':
      return isText(nonce, /^[A-Za-z0-9_-]{22,64}$/) ? { type, nonce } : undefined;
    case 'snapshot':
      return readSnapshot(value);
    case 'keys': {
      const keys = readList(value['keys'], readGrantKey);
      return keys && { type, keys };
    }
    case 'revoke':
      return isText(gid, grantIdPattern) && isCount(until) && isText(reason, shortText)
        ? { type, gid, until, reason }
        : undefined;
    case 'lease':
      return isCount(leaseSeconds) ? { type, leaseSeconds } : undefined;
    case 'events-ack':
      return isCount(n) ? { type, n } : undefined;
    default:
      return undefined;
  }
}

export function readRelayMessage(value: unknown): RelayMessage | undefined {
  if (!isRecord(value)) return undefined;
  const { type, protocol, version, url, gid, sessions, event } = value;
  switch (type) {
    case 'hello':
      return protocol === 1 && isText(version, shortText) && isText(url, shortText)
        ? { type, protocol, version, url }
        : undefined;
    case 'revoke-ack':
      return isText(gid, grantIdPattern) && isCount(sessions) ? { type, gid, sessions } : undefined;
    case 'event': {
      const known = isRecord(event) ? readRelayEvent(event) : undefined;
      return known && { type, event: known };
    }
    default:
      return undefined;
  }
}

/** Also reads the relay's own spool, where a line may have been torn or touched. */
export function readRelayEvent(value: JsonRecord): RelayEvent | undefined {
  const { n, at } = value;
  if (!isCount(n) || n < 1 || !isText(at, moment)) return undefined;
  const body = readEventBody(value);
  return body && { n, at, ...body };
}

function readEventBody(value: JsonRecord): RelayEventBody | undefined {
  switch (value['type']) {
    case 'session.start':
      return readStart(value);
    case 'session.end':
      return readEnd(value);
    case 'refused':
      return readRefused(value);
    default:
      return undefined;
  }
}

function readStart(value: JsonRecord): RelayEventBody | undefined {
  const { session, gid, jti, sub, run, address } = value;
  if (!isText(session, shortText) || !isText(gid, grantIdPattern)) return undefined;
  if (!isText(jti, shortText) || !isText(sub, shortText)) return undefined;
  if (!isText(run, shortText) || !isText(address, shortText)) return undefined;
  return { type: 'session.start', session, gid, jti, sub, run, address };
}

function readEnd(value: JsonRecord): RelayEventBody | undefined {
  const { session, gid, reason, bytesUp, bytesDown, connections, inferred } = value;
  const why = endReasons.find((name) => name === reason);
  if (!isText(session, shortText) || !isText(gid, grantIdPattern) || !why) return undefined;
  if (!isCount(bytesUp) || !isCount(bytesDown) || !isCount(connections)) return undefined;
  if (inferred !== undefined && inferred !== true) return undefined;
  return {
    type: 'session.end',
    session,
    gid,
    reason: why,
    bytesUp,
    bytesDown,
    connections,
    ...(inferred && { inferred }),
  };
}

function readRefused(value: JsonRecord): RelayEventBody | undefined {
  const { gid, sub, reason, address } = value;
  if (!isText(reason, shortText) || !isText(address, shortText)) return undefined;
  if (gid !== undefined && !isText(gid, grantIdPattern)) return undefined;
  if (sub !== undefined && !isText(sub, shortText)) return undefined;
  return {
    type: 'refused',
    reason,
    address,
    ...(gid !== undefined && { gid }),
    ...(sub !== undefined && { sub }),
  };
}

function readSnapshot(value: JsonRecord): BotMessage | undefined {
  const { issuer, leaseSeconds, eventsAck } = value;
  const keys = readList(value['keys'], readGrantKey);
  const revoked = readList(value['revoked'], readRevocation);
  if (!keys || !revoked || !isText(issuer, shortText)) return undefined;
  if (!isCount(leaseSeconds) || !isCount(eventsAck)) return undefined;
  return { type: 'snapshot', issuer, keys, revoked, leaseSeconds, eventsAck };
}

// RFC 7517 members we use; a private part (`d`) would be left out here, and has no business in the message.
function readGrantKey(value: unknown): JWK | undefined {
  if (!isRecord(value) || 'd' in value) return undefined;
  const { kty, crv, x, kid } = value;
  const key = kty === 'OKP' && crv === 'Ed25519' ? publicKeyOf(x) : undefined;
  return key && isText(kid, shortText) ? { ...key, kid, alg: 'Ed25519', use: 'sig' } : undefined;
}

function readRevocation(value: unknown): Revocation | undefined {
  if (!isRecord(value)) return undefined;
  const { gid, until } = value;
  return isText(gid, grantIdPattern) && isCount(until) ? { gid, until } : undefined;
}

/** All or nothing: a list with one unreadable entry could be missing the one that matters. */
function readList<T>(value: unknown, read: (entry: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const entries = value.map(read);
  return entries.every((entry) => entry !== undefined) ? entries : undefined;
}

const shortText = /^[^\p{C}]{1,300}$/u;
const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function isText(value: unknown, shape: RegExp): value is string {
  return typeof value === 'string' && shape.test(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
