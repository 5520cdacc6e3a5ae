// Signs a person in with the company's identity provider: OpenID Connect, authorization code with PKCE, state and
// nonce. Promises an issuer and a stable subject whose ID token was verified in full, or a reason why not. It knows no
// GitHub account, sets no cookie, keeps nothing of a sign-in and never asks for more than who somebody is (scope
// `openid`).

import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  type Configuration,
  discovery,
  enableNonRepudiationChecks,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import type { SignInDemand, SignInProof } from '../access/sign-in.ts';

export interface OidcConfig {
  /** The provider's issuer URL, https; its discovery document lies below it. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The claim that stays the same for a person for ever: `sub`, or `oid` at Entra ID. Never an e-mail address. */
  readonly subjectClaim: string;
  /**
   * Which claim names the way somebody signed in: `acr`, asked for by `acr_values` (Core §3.1.2.1); or Entra ID's `acrs`,
   * the authentication contexts, asked for by the `claims` parameter (Core §5.5).
   */
  readonly acrClaim: AcrClaim;
}

export type AcrClaim = 'acr' | 'acrs';

/** What the bot has to remember between sending the browser away and its return. Secret, for one use. */
export interface PendingSignIn {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

type SignInStart =
  | { readonly kind: 'started'; readonly url: URL; readonly pending: PendingSignIn }
  | { readonly kind: 'failed'; readonly reason: 'unreachable'; readonly detail: string };

type SignInEnd =
  | {
      readonly kind: 'signed-in';
      readonly issuer: string;
      readonly subject: string;
      readonly proof: SignInProof;
    }
  | { readonly kind: 'failed'; readonly reason: SignInFault; readonly detail: string };

/**
 * declined: the person or the provider said no. unmet: the provider cannot sign them in as it was asked to. unreachable:
 * try again later. unfit: an answer that fails a check.
 */
export type SignInFault = 'declined' | 'unmet' | 'unreachable' | 'unfit';

/** What is asked of the provider at a second sign-in, because the first one was not enough. */
export interface StepUp {
  readonly demand: SignInDemand;
  /** The last sign-in is known to be too old. */
  readonly isTooOld: boolean;
}

export interface Oidc {
  begin(redirectUri: string, stepUp?: StepUp): Promise<SignInStart>;
  /** `currentUrl` is the callback's URL on the bot's configured origin, with the query as it came. Never throws. */
  finish(currentUrl: URL, pending: PendingSignIn): Promise<SignInEnd>;
}

/** Waiting longer for the provider helps nobody who sits in front of a browser. */
const providerTimeoutSeconds = 10;

/** Makes the sign-in. Nothing is fetched here: a provider that is down stops the sign-ins, not the bot. */
export function openOidc(config: OidcConfig): Oidc {
  const provider = discoverOnce(config);

  async function begin(redirectUri: string, stepUp?: StepUp): Promise<SignInStart> {
    const codeVerifier = randomPKCECodeVerifier();
    const pending = { state: randomState(), nonce: randomNonce(), codeVerifier };
    try {
      const url = buildAuthorizationUrl(await provider(), {
        redirect_uri: redirectUri,
        scope: 'openid',
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        ...(stepUp && stepUpParameters(stepUp, config.acrClaim)),
      });
      return { kind: 'started', url, pending };
    } catch (error) {
      return { kind: 'failed', reason: 'unreachable', detail: explain(error) };
    }
  }

  async function finish(currentUrl: URL, pending: PendingSignIn): Promise<SignInEnd> {
    try {
      const tokens = await authorizationCodeGrant(await provider(), currentUrl, {
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        pkceCodeVerifier: pending.codeVerifier,
        idTokenExpected: true,
      });
      return subjectOf(tokens.claims() ?? {}, config);
    } catch (error) {
      return { kind: 'failed', reason: faultOf(error), detail: explain(error) };
    }
  }

  return { begin, finish };
}

// One discovery for everybody who signs in at the same moment; a failed one is forgotten, so that the next sign-in
// tries again and the provider's recovery needs no restart.
function discoverOnce(config: OidcConfig): () => Promise<Configuration> {
  let found: Promise<Configuration> | undefined;
  return () => {
    found ??= discover(config).catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}

async function discover(config: OidcConfig): Promise<Configuration> {
  const issuer = new URL(config.issuer);
  const provider = await discovery(
    issuer,
    config.clientId,
    undefined,
    // OpenID Connect Registration 1.0 §2: the method of a client that registered none.
    ClientSecretBasic(config.clientSecret),
    // Core 1.0 §3.1.3.7 lets TLS stand in for the ID token's signature; here the signature is checked as well.
    { execute: [enableNonRepudiationChecks], timeout: providerTimeoutSeconds },
  );
  // Entra's `common` and `organizations` answer for every tenant there is. Who may sign in is then anybody.
  if (new URL(provider.serverMetadata().issuer).href !== issuer.href) {
    throw new Error(`The provider calls itself ${provider.serverMetadata().issuer}.`);
  }
  return provider;
}

function subjectOf(claims: Readonly<Record<string, unknown>>, config: OidcConfig): SignInEnd {
  const subject = claims[config.subjectClaim];
  if (typeof subject === 'string' && subject !== '') {
    return { kind: 'signed-in', issuer: config.issuer, subject, proof: proofIn(claims, config) };
  }
  const detail = `The ID token has no text in its claim ${config.subjectClaim}.`;
  return { kind: 'failed', reason: 'unfit', detail };
}

function stepUpParameters({ demand, isTooOld }: StepUp, claim: AcrClaim): Record<string, string> {
  const { maxAgeMs, acr } = demand;
  return {
    ...(maxAgeMs !== null && { max_age: String(Math.floor(maxAgeMs / 1000)) }),
    // Entra ID does not know max_age. Asked like this every provider has the person sign in anew.
    ...(isTooOld && { prompt: 'login' }),
    ...(acr.length > 0 && waysWanted(acr, claim)),
  };
}

function waysWanted(acr: readonly string[], claim: AcrClaim): Record<string, string> {
  if (claim === 'acr') return { acr_values: acr.join(' ') };
  const [value] = acr;
  const wanted = acr.length === 1 ? { value } : { values: acr };
  return { claims: JSON.stringify({ id_token: { acrs: { essential: true, ...wanted } } }) };
}

/** The last moment that a date can name: what is later is no time. */
const maxMomentSeconds = 8_640_000_000_000;
/** More or longer names of ways than these are no names; they would only fill records and sentences. */
const maxWays = 32;
const wayPattern = /^[!#-[\]-~]{1,128}$/;

/** When and how the person signed in. What has not the right form is not there. */
function proofIn(
  claims: Readonly<Record<string, unknown>>,
  { acrClaim }: Pick<OidcConfig, 'acrClaim'>,
): SignInProof {
  const { auth_time: seconds, [acrClaim]: said } = claims;
  const isMoment = typeof seconds === 'number' && seconds >= 0 && seconds <= maxMomentSeconds;
  const ways: readonly unknown[] = Array.isArray(said) ? said : [said];
  return {
    authTime: isMoment ? new Date(seconds * 1000) : null,
    acr: ways
      .filter((way): way is string => typeof way === 'string' && wayPattern.test(way))
      .slice(0, maxWays),
  };
}

/** OpenID Connect Core §3.1.2.6, and its extension for what was demanded: no sign-in like that for this person. */
const unmetErrors = new Set([
  'unmet_authentication_requirements',
  'login_required',
  'interaction_required',
]);

function faultOf(error: unknown): SignInFault {
  if (error instanceof AuthorizationResponseError) {
    if (unmetErrors.has(error.error)) return 'unmet';
    // RFC 6749 §4.1.2.1: these two say that the provider itself is in trouble.
    const trouble = error.error === 'temporarily_unavailable' || error.error === 'server_error';
    return trouble ? 'unreachable' : 'declined';
  }
  return isTransport(error) ? 'unreachable' : 'unfit';
}

// fetch reports a refused or broken connection as a TypeError with the system's error as its cause.
function isTransport(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof TypeError && error.cause instanceof Error) return true;
  const { code } = error as NodeJS.ErrnoException;
  return code === 'OAUTH_TIMEOUT' || code === 'OAUTH_RESPONSE_IS_NOT_CONFORM';
}

/** For the log and the record. The library's messages name checks and claims, never a token or a secret. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  // The code came through the browser: only what has the form of one is repeated.
  if (error instanceof AuthorizationResponseError && /^[a-z_]{1,64}$/.test(error.error)) {
    return `the provider answered ${error.error}`;
  }
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`.slice(0, 300);
}
