// The claim: what the client and the bot say to each other so that the grantee gets the grant token. OAuth 2 with code
// and PKCE (RFC 6749, 7636), a loopback redirect (RFC 8252) and DPoP (RFC 9449). Where things are, the shapes of what
// is said, the browser's link in both directions, and one table of what can go wrong. Pure: nothing is sent or decided
// here.

import { grantIdPattern } from './grant.ts';

/** Paths below the bot's origin. */
export const claimPaths = {
  metadata: '/.well-known/oauth-authorization-server',
  jwks: '/.well-known/jwks.json',
  authorize: '/claim/authorize',
  signInCallback: '/claim/callback',
  consent: '/claim/consent',
  token: '/claim/token',
} as const;

/** The one public client there is. */
export const clientId = 'sallyport';

/**
 * RFC 8693: the current grant token is the subject token, the proof is by the same key, the answer is a later token.
 */
export const renewalGrantType = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const renewalTokenType = 'urn:ietf:params:oauth:token-type:jwt';

/** RFC 8414 §2, plus the ways to say who one is that this bot knows. */
export interface ServerMetadata {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly jwks_uri: string;
  readonly response_types_supported: readonly ['code'];
  readonly grant_types_supported: readonly string[];
  readonly code_challenge_methods_supported: readonly ['S256'];
  readonly dpop_signing_alg_values_supported: readonly ['Ed25519'];
  readonly authorization_response_iss_parameter_supported: true;
  readonly token_endpoint_auth_methods_supported: readonly ['none'];
  readonly sallyport_methods_supported: readonly string[];
}

/** The parameters of the link that the terminal opens. */
export interface AuthorizationRequest {
  readonly response_type: 'code';
  readonly client_id: typeof clientId;
  readonly redirect_uri: string;
  readonly state: string;
  readonly code_challenge: string;
  readonly code_challenge_method: 'S256';
  /** RFC 9449 §10: the code is good for this key only. */
  readonly dpop_jkt: string;
  /** The grant's name, `g_…`. */
  readonly grant: string;
}

/** The token endpoint's answer. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'DPoP';
  /** Seconds. */
  readonly expires_in: number;
  readonly grant: GrantDisplay;
  /** In the order to try them; `ca` is PEM, where the relay's authority is private. */
  readonly relays: readonly { readonly url: string; readonly ca?: string }[];
}

/** What the terminal shows of a grant. */
export interface GrantDisplay {
  readonly id: string;
  readonly resource: string;
  readonly role: string;
  readonly protocol: string;
  /** ISO 8601. The grant's end, which may lie beyond the token's. */
  readonly endsAt: string;
  /** URL of the issue. */
  readonly issue: string;
  /** The grantee's login. */
  readonly grantee: string;
}

/** The link that the terminal opens. */
export function authorizationUrl(endpoint: string, request: AuthorizationRequest): URL {
  const url = new URL(endpoint);
  for (const name of parameterNames) url.searchParams.set(name, request[name]);
  return url;
}

export type AuthorizationReading =
  | { readonly kind: 'valid'; readonly request: AuthorizationRequest }
  | {
      readonly kind: 'invalid';
      readonly error: 'invalid_request';
      /** The parameter that does not fit. For the record; a page need not show it. */
      readonly description: string;
    };

/** Reads the link's parameters in full before the browser is sent anywhere. Each must be there exactly once. */
export function readAuthorizationRequest(params: URLSearchParams): AuthorizationReading {
  for (const name of new Set(params.keys())) {
    // RFC 6749 §3.1: a parameter that comes twice could be read one way here and another way elsewhere.
    if (params.getAll(name).length !== 1) return unfit(name, 'comes more than once');
  }
  for (const name of parameterNames) {
    const value = params.get(name);
    if (value === null) return unfit(name, 'is missing');
    if (!shapes[name](value)) return unfit(name, 'does not have the right form');
  }
  const entries = parameterNames.map((name) => [name, params.get(name)]);
  // Each entry was checked by the shape of its name just above.
  return { kind: 'valid', request: Object.fromEntries(entries) as AuthorizationRequest };
}

/** RFC 8252 §7.3: the loopback address itself, by number, because a name can be made to resolve elsewhere. */
function isLoopbackRedirect(value: string): boolean {
  const found = /^http:\/\/(?:127\.0\.0\.1|\[::1\]):([1-9][0-9]{0,4})\/callback$/.exec(value);
  return found !== null && Number(found[1]) <= 65_535;
}

export type ClaimErrorCode = keyof typeof claimErrors;

/**
 * Everything that can go wrong in a claim. A person who is not the grantee and a grant that does not exist get the
 * same answer, `not_grantee`, so that nobody can find out which grants there are.
 */
export const claimErrors = {
  invalid_request: {
    status: 400,
    cause: 'The request is not one that sallyport makes.',
    next: 'Run the line from the issue again; if it stays so, update sallyport.',
  },
  invalid_grant: {
    status: 400,
    cause: 'The sign-in is over, was used already, or was made for another key.',
    next: 'Run the line again.',
  },
  invalid_dpop_proof: {
    status: 400,
    cause: 'The proof that came with the request does not hold.',
    next: 'Run the line again.',
  },
  use_dpop_nonce: {
    status: 400,
    cause: "The proof has to name the bot's nonce.",
    next: 'Sign again with the nonce in the DPoP-Nonce header.',
  },
  access_denied: {
    status: 403,
    cause: 'The sign-in was declined, or you may no longer have this access.',
    next: 'Run the line again to sign in, or look at the issue.',
  },
  // RFC 9470 §3. The host says what was demanded and what came; these words stand where it does not.
  insufficient_user_authentication: {
    status: 403,
    cause: 'The sign-in is not as recent or as strong as the policy demands for this access.',
    next: 'Run the line again and sign in as it is demanded. If the identity provider never asks for it, tell the platform team.',
  },
  not_grantee: {
    status: 403,
    cause: 'This grant is not yours.',
    next: 'Ask for access yourself: comment /connect on an issue.',
  },
  not_linked: {
    status: 403,
    cause: 'Nobody at GitHub is known by this sign-in.',
    next: 'Ask the platform team to add you to the catalog with your GitHub login.',
  },
  grant_not_found: {
    status: 404,
    cause: 'There is no such grant.',
    next: 'Copy the line from the issue again.',
  },
  grant_expired: {
    status: 403,
    cause: 'The grant has ended, or was not used in time.',
    next: 'Ask for access again on the issue.',
  },
  grant_revoked: {
    status: 403,
    cause: 'The grant was revoked.',
    next: 'The issue says by whom and why.',
  },
  temporarily_unavailable: {
    status: 503,
    cause: 'The bot or the identity provider cannot answer just now.',
    next: 'Try again in a minute.',
  },
  server_error: {
    status: 500,
    cause: 'Something went wrong at the bot.',
    next: 'Try again; if it stays so, tell the platform team.',
  },
} as const satisfies Readonly<Record<string, { status: number; cause: string; next: string }>>;

const base64url43 = /^[A-Za-z0-9_-]{43}$/;

/** For each parameter what it may be. The values go into a page and a redirect, so nothing loose is let in. */
const shapes = {
  response_type: (value) => value === 'code',
  client_id: (value) => value === clientId,
  redirect_uri: isLoopbackRedirect,
  state: (value) => /^[A-Za-z0-9_-]{22,128}$/.test(value),
  // RFC 7636 §4.2: S256 only; `plain` would hand the verifier to whoever sees the link.
  code_challenge: (value) => base64url43.test(value),
  code_challenge_method: (value) => value === 'S256',
  dpop_jkt: (value) => base64url43.test(value),
  grant: (value) => grantIdPattern.test(value),
} as const satisfies Record<keyof AuthorizationRequest, (value: string) => boolean>;

const parameterNames = Object.keys(shapes) as readonly (keyof AuthorizationRequest)[];

function unfit(name: string, what: string): AuthorizationReading {
  return { kind: 'invalid', error: 'invalid_request', description: `${name} ${what}` };
}
