// Who stands at the door: reads an Upgrade request, and says whether its grant token is good and whether the caller
// holds the key it is bound to. Cheapest check first, so that a stranger cannot make the relay verify signatures for
// nothing: size and form, the nonce of the proof, the token's signature, and only then the proof's.

import type { IncomingMessage } from 'node:http';
import { runHeader, runIdPattern, tunnelPath, tunnelProtocol } from '../frames.ts';
import { grantLimits, verifyGrant, type GrantClaims } from '../grant.ts';
import { isSignedBy } from '../jws.ts';
import { createNonces, createReplayGuard, proofLimits, readProof } from '../proof.ts';
import type { TunnelRefusalCode } from '../refusals.ts';
import { refusalOf } from './admission.ts';
import type { Standing } from './standing.ts';

export type GateVerdict =
  | { readonly kind: 'proven'; readonly claims: GrantClaims; readonly run: string }
  | {
      readonly kind: 'refused';
      readonly code: TunnelRefusalCode;
      /** Exactly what was found, for the log. */
      readonly found: string;
      /** Set when the token was good: then it is worth a record, and a stranger cannot have made it up. */
      readonly claims?: GrantClaims;
    };

/** All of a request that is looked at. */
export type UpgradeRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

export interface Gate {
  judge(request: UpgradeRequest): Promise<GateVerdict>;
  /** For `DPoP-Nonce`. */
  nonce(): string;
}

export interface GateDeps {
  /** The relay's https origin. */
  readonly url: string;
  /** The bot's https origin. */
  readonly issuer: string;
  readonly standing: Pick<Standing, 'keys'>;
  readonly nonceKey: Uint8Array;
  now(): Date;
}

export function createGate({ url, issuer, standing, nonceKey, now }: GateDeps): Gate {
  const nonces = createNonces(nonceKey);
  // A proof can be used for as long as its nonce lives, and is remembered a little longer.
  const replays = createReplayGuard(proofLimits.nonceLifetimeSeconds * 2);
  // RFC 9449 §4.3: the address as we know ourselves; Host and X-Forwarded-* are the caller's words.
  const htu = `${url}${tunnelPath}`;

  async function judge(request: UpgradeRequest): Promise<GateVerdict> {
    const shape = readShape(request);
    if (shape.kind === 'refused') return shape;
    const { token, run } = shape;
    const proof = readProof(shape.proof, {
      method: 'GET',
      url: htu,
      now: now(),
      token,
      isFreshNonce: (nonce) => nonces.isFresh(nonce, now()),
    });
    if (proof.kind === 'invalid') {
      const code = proof.reason === 'nonce' ? 'use_dpop_nonce' : 'invalid_dpop_proof';
      return refused(code, `proof: ${proof.reason}`);
    }
    const keys = standing.keys();
    // Without keys no token can be judged, and telling its holder that it is bad would be wrong.
    if (keys.size === 0) return refused('control_stale', 'no keys yet');
    const grant = await verifyGrant(token, { keys, issuer, audience: url, now: now() });
    if (grant.kind === 'invalid') return refused(refusalOf(grant.reason), `token: ${grant.reason}`);

    const { claims } = grant;
    if (proof.jkt !== claims.cnf.jkt) {
      return refused('invalid_dpop_proof', 'proof: by another key', claims);
    }
    if (!(await isSignedBy(shape.proof, proof.publicJwk))) {
      return refused('invalid_dpop_proof', 'proof: signature', claims);
    }
    // Only now: before the signature was checked anybody could use up somebody else's proofs.
    if (!replays.firstUse(`${proof.jkt} ${proof.jti}`, now())) {
      return refused('invalid_dpop_proof', 'proof: used before', claims);
    }
    return { kind: 'proven', claims, run };
  }

  return { judge, nonce: () => nonces.issue(now()) };
}

type Shape =
  | {
      readonly kind: 'shaped';
      readonly token: string;
      readonly proof: string;
      readonly run: string;
    }
  | Extract<GateVerdict, { kind: 'refused' }>;

function readShape({ method, url, headers }: UpgradeRequest): Shape {
  if (method !== 'GET' || url !== tunnelPath) return refused('bad_request', 'not the tunnel');
  // Seen to here and not by ws alone: what ws refuses later would leave a session that nobody holds.
  if (headers.upgrade?.toLowerCase() !== 'websocket') return refused('bad_request', 'no WebSocket');
  if (headers['sec-websocket-version'] !== '13') return refused('bad_request', 'no WebSocket');
  if (!/^[A-Za-z0-9+/]{22}==$/.test(headers['sec-websocket-key'] ?? '')) {
    return refused('bad_request', 'no WebSocket');
  }
  // A page in a browser could only come here in somebody else's name; Sec-Fetch-* gives away those that hide Origin.
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) {
    return refused('browser_refused', 'a browser');
  }
  if (headers['sec-websocket-protocol'] !== tunnelProtocol) {
    return refused('bad_request', 'another protocol');
  }
  const run = headers[runHeader];
  if (typeof run !== 'string' || !runIdPattern.test(run)) return refused('bad_request', 'no run');
  const found = /^DPoP ([A-Za-z0-9._-]+)$/.exec(headers.authorization ?? '');
  const token = found?.[1];
  if (token === undefined || token.length > grantLimits.maxTokenChars) {
    return refused('invalid_token', 'no token');
  }
  // Node joins a header that comes twice with a comma, which no proof has (RFC 9449 §4.3: exactly one).
  const proof = headers['dpop'];
  if (typeof proof !== 'string') return refused('invalid_dpop_proof', 'no proof');
  return { kind: 'shaped', token, proof, run };
}

function refused(
  code: TunnelRefusalCode,
  found: string,
  claims?: GrantClaims,
): Extract<GateVerdict, { kind: 'refused' }> {
  return { kind: 'refused', code, found, ...(claims && { claims }) };
}
