// Gets the grant token: a code for the first one, the current token for each later one (RFC 8693), always with a proof
// by this run's key. Promises that what is handed on is for the key, the grant and the host that were asked for, and
// that it names only HTTPS relays. It does not check the token's signature: it came over TLS from the issuer itself,
// and the relay checks it in full.

import { decodeJwt } from 'jose';
import {
  clientId,
  renewalGrantType,
  renewalTokenType,
  type GrantDisplay,
  type TokenAnswer,
} from '../claim.ts';
import { makeProof, type SessionKey } from '../proof.ts';
import type { RelayPlace } from './dial.ts';
import { readRecord, type Host } from './discovery.ts';
import { Failure } from './failure.ts';
import { send, type HttpAnswer } from './http.ts';
import { claimFailure, type SignedIn } from './sign-in.ts';

/** The grant as this run holds it. Moments are on this machine's clock, whatever it says. */
export interface ClaimedGrant {
  readonly token: string;
  /** The token's end, seconds, on the host's clock. */
  readonly exp: number;
  readonly receivedAtMs: number;
  readonly endsAtMs: number;
  /** The grant's end, which may lie beyond the token's. */
  readonly grantEndsAtMs: number;
  readonly grant: GrantDisplay;
  readonly relays: readonly RelayPlace[];
}

export interface TokenDesk {
  redeem(signedIn: SignedIn): Promise<ClaimedGrant>;
  /** A later token for the same grant and key. */
  renew(current: ClaimedGrant): Promise<ClaimedGrant>;
}

export interface TokenDeskSettings {
  readonly host: Host;
  readonly grant: string;
  readonly key: SessionKey;
  readonly ca: readonly string[] | undefined;
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
}

export function openTokenDesk(settings: TokenDeskSettings): TokenDesk {
  const { host, key, ca, signal, nowMs } = settings;
  let nonce: string | undefined;

  async function ask(parameters: Record<string, string>): Promise<ClaimedGrant> {
    const body = new URLSearchParams({ ...parameters, client_id: clientId }).toString();
    // RFC 9449 §8: the first answer may only be a nonce; a second one of that kind is a refusal like any other.
    let answer = await post(body);
    if (answer.status !== 200 && errorOf(answer) === 'use_dpop_nonce') answer = await post(body);
    if (answer.status !== 200) throw refusal(answer);
    return readToken(answer.text, settings);
  }

  async function post(body: string): Promise<HttpAnswer> {
    const url = host.tokenEndpoint;
    const request = { method: 'POST', url, now: new Date(nowMs()) } as const;
    const proof = await makeProof(key, nonce === undefined ? request : { ...request, nonce });
    const headers = { 'content-type': 'application/x-www-form-urlencoded', dpop: proof };
    const answer = await send({ method: 'POST', url, headers, body, ca, signal });
    const given = answer.headers['dpop-nonce'];
    if (typeof given === 'string') nonce = given;
    return answer;
  }

  return {
    redeem: ({ code, verifier, redirectUri }) =>
      ask({
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
        redirect_uri: redirectUri,
      }),
    renew: (current) =>
      ask({
        grant_type: renewalGrantType,
        subject_token: current.token,
        subject_token_type: renewalTokenType,
      }),
  };
}

function errorOf(answer: HttpAnswer): string {
  const { error } = readRecord(answer.text);
  return typeof error === 'string' ? error : `http_${answer.status}`;
}

function refusal(answer: HttpAnswer): Failure {
  const { error_description: description } = readRecord(answer.text);
  return claimFailure(errorOf(answer), typeof description === 'string' ? description : '');
}

/** Throws a Failure unless the answer is a token for our key, our grant and our host. */
function readToken(
  text: string,
  { host, grant, key, nowMs }: Pick<TokenDeskSettings, 'host' | 'grant' | 'key' | 'nowMs'>,
): ClaimedGrant {
  const answer = readRecord(text) as Partial<TokenAnswer>;
  const token = String(answer.access_token);
  const claims = decodeClaims(token);
  if (answer.token_type !== 'DPoP') throw unfit('it is not bound to a key');
  if (claims.cnf?.jkt !== key.jkt) throw unfit('it is bound to another key');
  if (claims['gid'] !== grant) throw unfit('it is for another grant');
  if (claims.iss !== host.origin) throw unfit('it is from another issuer');
  const { exp } = claims;
  const expiresIn = answer.expires_in;
  if (typeof exp !== 'number' || typeof expiresIn !== 'number' || !(expiresIn > 0)) {
    throw unfit('it does not say when it ends');
  }
  const display = readDisplay(answer.grant);
  // How long it lasts is what counts: this machine's clock may be wrong, and then so would be every time left.
  const receivedAtMs = nowMs();
  const endsAtMs = receivedAtMs + expiresIn * 1000;
  const beyondMs = Math.max(Date.parse(display.endsAt) - exp * 1000, 0);
  return {
    token,
    exp,
    receivedAtMs,
    endsAtMs,
    grantEndsAtMs: endsAtMs + beyondMs,
    grant: display,
    relays: readRelays(answer.relays, [claims.aud ?? []].flat()),
  };
}

function decodeClaims(token: string): ReturnType<typeof decodeJwt> & { cnf?: { jkt?: unknown } } {
  try {
    return decodeJwt(token);
  } catch {
    throw unfit('it cannot be read');
  }
}

const displayFields = ['id', 'resource', 'role', 'protocol', 'endsAt', 'issue', 'grantee'] as const;

function readDisplay(value: unknown): GrantDisplay {
  const display = (value ?? {}) as GrantDisplay;
  const isWhole = displayFields.every((name) => typeof display[name] === 'string');
  if (!isWhole || Number.isNaN(Date.parse(display.endsAt)))
    throw unfit('it comes without its grant');
  return display;
}

/** Only relays that the token itself names may see it (RFC 9449 §7, RFC 9700 §2.3). */
function readRelays(value: unknown, audience: readonly string[]): RelayPlace[] {
  const relays = Array.isArray(value) ? (value as readonly (Partial<RelayPlace> | null)[]) : [];
  if (relays.length === 0) throw unfit('it names no relay');
  return relays.map((relay) => {
    const { url, ca } = relay ?? {};
    const isOrigin =
      typeof url === 'string' &&
      url.startsWith('https://') &&
      URL.canParse(url) &&
      new URL(url).origin === url;
    if (!isOrigin || !audience.includes(url)) throw unfit('it names a relay that it is not for');
    if (ca !== undefined && typeof ca !== 'string')
      throw unfit('it names a relay without a proper authority');
    return ca === undefined ? { url } : { url, ca };
  });
}

function unfit(why: string): Failure {
  return new Failure('unfit_token', {
    exit: 'protocol',
    message: `The host's token cannot be used: ${why}.`,
    next: 'Run the line again; if it stays so, tell whoever runs Sallyport.',
  });
}
