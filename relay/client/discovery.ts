// Asks the host where to sign in (RFC 8414). Promises that nothing in the answer leads away from the origin the person
// trusted: a host that names another issuer, or endpoints elsewhere, is refused.

import { claimPaths } from '../claim.ts';
import { Failure } from './failure.ts';
import { send } from './http.ts';

/** The bot as the client talks to it. */
export interface Host {
  /** HTTPS origin, as pasted. */
  readonly origin: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
}

export interface DiscoveryRequest {
  readonly origin: string;
  readonly ca: readonly string[] | undefined;
  readonly signal: AbortSignal;
}

/** Throws a Failure when the host is out of reach or is not a Sallyport that this client understands. */
export async function discoverHost({ origin, ca, signal }: DiscoveryRequest): Promise<Host> {
  const answer = await send({ method: 'GET', url: `${origin}${claimPaths.metadata}`, ca, signal });
  if (answer.status !== 200) throw notSallyport(origin, `it answered ${answer.status}`);
  const metadata = readRecord(answer.text);
  // RFC 8414 §3.3: the issuer must be the one that was asked.
  if (metadata['issuer'] !== origin) throw notSallyport(origin, 'it names another issuer');
  if (!listHas(metadata['code_challenge_methods_supported'], 'S256')) {
    throw notSallyport(origin, 'it does not know PKCE with S256');
  }
  // RFC 9449 §5.1: the session's key is Ed25519, and only that.
  if (!listHas(metadata['dpop_signing_alg_values_supported'], 'Ed25519')) {
    throw notSallyport(origin, 'it does not take Ed25519 proofs');
  }
  return {
    origin,
    authorizationEndpoint: endpointOf(metadata['authorization_endpoint'], origin),
    tokenEndpoint: endpointOf(metadata['token_endpoint'], origin),
  };
}

function endpointOf(value: unknown, origin: string): string {
  if (typeof value === 'string' && URL.canParse(value)) {
    const url = new URL(value);
    if (url.origin === origin && url.username === '' && url.hash === '') return url.href;
  }
  throw notSallyport(origin, 'it names an endpoint that is not its own');
}

function listHas(value: unknown, entry: string): boolean {
  return Array.isArray(value) && value.includes(entry);
}

/** A JSON object, or an empty one. */
export function readRecord(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function notSallyport(origin: string, why: string): Failure {
  return new Failure('not_sallyport', {
    exit: 'protocol',
    message: `${origin} does not answer as a Sallyport host must: ${why}.`,
    next: 'Check the host in the line against the card on the issue; if it is right, this client may be too old.',
  });
}
