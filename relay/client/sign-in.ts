// Signs the person in: authorization code with PKCE (RFC 7636) through their browser, back to a loopback address
// (RFC 8252), bound to this run's key (RFC 9449 §10). Promises that only an answer from the host that was dialled, for
// this very sign-in, yields a code, and that the way to continue is always printed.

import { createHash, randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { authorizationUrl, claimErrors, clientId, type ClaimErrorCode } from '../claim.ts';
import { fingerprint } from '../proof.ts';
import type { Host } from './discovery.ts';
import { Failure, type Exit } from './failure.ts';
import { openLoopback } from './loopback.ts';

export interface SignInRequest {
  readonly host: Host;
  readonly grant: string;
  /** The thumbprint of this run's key. */
  readonly jkt: string;
  readonly browser?: readonly [string, ...string[]] | undefined;
  readonly signal: AbortSignal;
  /** Told before waiting begins. */
  readonly show: (page: { url: string; fingerprint: string; opened: boolean }) => void;
}

/** What the token endpoint wants to see. */
export interface SignedIn {
  readonly code: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

/** What a host says in its own words beyond this is not shown. */
const maxDescriptionChars = 2000;
/** A person who has not signed in by then has turned to something else. */
const signInWithinMs = 5 * 60_000;

/** Throws a Failure when the sign-in is refused, given up, or answered by somebody else. */
export async function signIn(request: SignInRequest): Promise<SignedIn> {
  const { host, jkt, signal } = request;
  const state = randomBytes(32).toString('base64url');
  const verifier = randomBytes(32).toString('base64url');
  const loopback = await openLoopback(state);
  const { redirectUri } = loopback;
  try {
    const url = authorizationUrl(host.authorizationEndpoint, {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      state,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      dpop_jkt: jkt,
      grant: request.grant,
    });
    const opened = openBrowser(request.browser, url.href);
    request.show({ url: url.href, fingerprint: fingerprint(jkt), opened });
    const limit = AbortSignal.timeout(signInWithinMs);
    const answer = await loopback
      .answer(AbortSignal.any([signal, limit]))
      .catch((error: unknown) => {
        throw limit.aborted ? tooLate() : error;
      });
    return { code: readAnswer(answer, host.origin), verifier, redirectUri };
  } finally {
    loopback.close();
  }
}

/**
 * The code in the host's answer (RFC 6749 §4.1.2). Throws a Failure for an error, or an answer that is not the host's.
 */
export function readAnswer(answer: URLSearchParams, origin: string): string {
  // RFC 9207 §2.4: another issuer, or none, means that somebody else's answer was brought here (a mix-up attack).
  const issuers = answer.getAll('iss');
  if (issuers.length !== 1 || issuers[0] !== origin) throw foreignAnswer(origin);
  const error = answer.get('error');
  if (error !== null) throw claimFailure(error, answer.get('error_description') ?? '');
  const codes = answer.getAll('code');
  const [code] = codes;
  if (codes.length !== 1 || code === undefined || code === '') throw foreignAnswer(origin);
  return code;
}

/** A refusal of the claim, in the words of relay/claim.ts; an unknown one in the host's own. */
export function claimFailure(code: string, description: string): Failure {
  if (!Object.hasOwn(claimErrors, code)) {
    return new Failure(code, {
      exit: 'refused',
      message: `The host refused: ${description === '' ? code : `${description} (${code})`}`,
      next: 'Run the line again; if it stays so, tell whoever runs Sallyport.',
    });
  }
  const { cause, next } = claimErrors[code as ClaimErrorCode];
  // What was demanded of the sign-in, and what came, only the host knows.
  const isTold = code === 'insufficient_user_authentication' && description !== '';
  const message = isTold ? description.slice(0, maxDescriptionChars) : cause;
  return new Failure(code, { exit: exitOf(code as ClaimErrorCode), message, next });
}

function exitOf(code: ClaimErrorCode): Exit {
  if (code === 'grant_expired') return 'expired';
  if (code === 'grant_revoked') return 'revoked';
  if (code === 'temporarily_unavailable' || code === 'server_error') return 'unavailable';
  return 'refused';
}

/** Starts the browser without a shell. Whether it can show the page nobody can tell, so the URL is printed as well. */
function openBrowser(browser: readonly [string, ...string[]] | undefined, url: string): boolean {
  if (browser === undefined) return false;
  const [program, ...args] = browser;
  const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
  return child.pid !== undefined;
}

function foreignAnswer(origin: string): Failure {
  return new Failure('foreign_answer', {
    exit: 'protocol',
    message: `The browser brought an answer that is not from ${origin}.`,
    next: 'Nothing was sent on. Run the line again; if it stays so, tell your security team.',
  });
}

function tooLate(): Failure {
  return new Failure('sign_in_timeout', {
    exit: 'refused',
    message: 'Nobody signed in within 5 minutes.',
    next: 'Run the line again and follow the link.',
  });
}
