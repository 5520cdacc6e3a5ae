// What a claim and a confirmation have in common in the browser: the way to the provider's sign-in page and back with a
// person, the cookie that ties the two ends together, and whether a form was sent by our own page. Nobody stays signed
// in: a sign-in is for one purpose, once.

import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { claimPaths, type ClaimErrorCode } from '../../relay/claim.ts';
import type { Derivation } from '../access/explain.ts';
import type { Person } from '../access/request.ts';
import { sayDemand, type SignInProof } from '../access/sign-in.ts';
import type { PendingSignIn, SignInFault, StepUp } from '../identity/oidc.ts';
import type { Desk } from './desk.ts';
import type { RefusalReason } from './refusals.ts';
import { sameSecret, signInLimits, type SignIn } from './sign-ins.ts';

export interface Refused {
  readonly reason: RefusalReason;
  readonly detail?: string;
  readonly derivation?: Derivation;
  readonly person?: Person;
  /** What the person is told in place of the code's own words. */
  readonly description?: string;
}

/** Records why somebody is turned away, ends their sign-in and tells them the little they may know. */
export type Refuse = (
  context: Context,
  code: ClaimErrorCode,
  refused: Refused,
) => Promise<Response>;

/** Somebody who has signed in, and what the provider vouches for. */
export interface Identified {
  readonly person: Person;
  readonly issuer: string;
  readonly subject: string;
  readonly proof: SignInProof;
}

/** Sends the browser to the provider. */
export async function sendToProvider(
  context: Context,
  desk: Desk,
  asked: Pick<SignIn, 'purpose' | 'address' | 'stepUp'>,
  refuse: Refuse,
): Promise<Response> {
  const { deps } = desk;
  const start = await deps.oidc.begin(callbackUrl(desk), asked.stepUp);
  if (start.kind === 'failed') {
    const why = { reason: 'provider-unreachable', detail: start.detail } as const;
    return refuse(context, 'temporarily_unavailable', why);
  }
  const { pending } = start;
  const signIn: SignIn = { ...asked, id: pending.state, stage: { kind: 'at-provider', pending } };
  const secret = desk.signIns.start(signIn, deps.now());
  if (secret === undefined) {
    return refuse(context, 'temporarily_unavailable', { reason: 'too-many' });
  }
  setCookie(context, cookieName(signIn.id), secret, { ...cookieScope, maxAge: cookieSeconds });
  context.header('cache-control', 'no-store');
  context.header('referrer-policy', 'no-referrer');
  return context.redirect(start.url.href, 303);
}

/** Sends it there once more, for a sign-in that is what is demanded; a second time it is not sent. */
export async function stepUpOr(
  context: Context,
  desk: Desk,
  signIn: SignIn,
  { stepUp, refuse }: { stepUp: StepUp; refuse: Refuse },
): Promise<Response | undefined> {
  if (signIn.stepUp !== undefined) return undefined;
  endSignIn(context, desk, signIn.id);
  const { purpose, address } = signIn;
  return sendToProvider(context, desk, { purpose, address, stepUp }, refuse);
}

/** Who came back from the provider, or the answer to somebody who did not sign in or is nobody at GitHub. */
export async function identify(
  context: Context,
  desk: Desk,
  { signIn, pending }: { readonly signIn: SignIn; readonly pending: PendingSignIn },
  refuse: Refuse,
): Promise<Identified | Response> {
  const { deps } = desk;
  const current = new URL(callbackUrl(desk));
  current.search = new URL(context.req.url).search;
  const end = await deps.oidc.finish(current, pending);
  if (end.kind === 'failed') {
    const { code, reason } = faultAnswers[end.reason];
    const { detail } = end;
    const told = end.reason === 'unmet' && signIn.stepUp;
    return refuse(context, code, { reason, detail, ...(told && { description: unable(told) }) });
  }
  const { issuer, subject, proof } = end;
  const person = await deps.personBySubject(issuer, subject);
  if (person === undefined) return refuse(context, 'not_linked', { reason: 'not-linked' });
  if (person === 'too-old') {
    return refuse(context, 'temporarily_unavailable', { reason: 'catalog-stale' });
  }
  return { person, issuer, subject, proof };
}

function unable({ demand }: StepUp): string {
  return `The identity provider cannot sign you in as it is demanded here: ${sayDemand(demand)}.`;
}

/** The sign-in of this id, if this browser holds its cookie. */
export function findSignIn(context: Context, desk: Desk, id: string | null): SignIn | undefined {
  if (id === null || !signInId.test(id)) return undefined;
  const secret = getCookie(context, cookieName(id), cookiePrefix);
  return desk.signIns.find(id, secret, desk.deps.now());
}

/** Ends a sign-in on both sides. What comes after it in this browser finds nothing. */
export function endSignIn(context: Context, desk: Desk, id: string): void {
  desk.signIns.end(id);
  deleteCookie(context, cookieName(id), cookieScope);
}

/** A surprise ends the sign-in, and whoever waits for it is told. */
export async function orFailed(
  context: Context,
  desk: Desk,
  signIn: SignIn,
  { step, failed }: { step: () => Promise<Response>; failed: () => Response },
): Promise<Response> {
  try {
    return await step();
  } catch (error) {
    desk.deps.report(error);
    endSignIn(context, desk, signIn.id);
    return failed();
  }
}

// Three walls, each enough by itself: SameSite keeps the cookie from foreign forms, Origin names the page that sent
// this one, and the token was only ever written into our own page.
export function cameFromOurPage(
  context: Context,
  desk: Desk,
  { signIn, csrf }: { signIn: SignIn; csrf: string },
): boolean {
  if (signIn.stage.kind !== 'consenting') return false;
  if (context.req.header('origin') !== desk.deps.origin) return false;
  return sameSecret(csrf, signIn.stage.csrf);
}

/** openid-client's `state`: 32 random bytes, base64url. */
const signInId = /^[A-Za-z0-9_-]{43}$/;

// One cookie a sign-in, so that two terminals can be signed in side by side. `__Host-` (RFC 6265bis §4.1.3.2) keeps
// neighbouring hosts from planting one; Lax lets it come along when the provider sends the browser back.
const cookiePrefix = 'host';
const cookieScope = {
  prefix: cookiePrefix,
  path: '/',
  secure: true,
  httpOnly: true,
  sameSite: 'Lax',
} as const;
const cookieName = (id: string) => `sallyport-${id}`;
const cookieSeconds = signInLimits.signInLifetimeMs / 1000;

const faultAnswers: Readonly<Record<SignInFault, { code: ClaimErrorCode; reason: RefusalReason }>> =
  {
    declined: { code: 'access_denied', reason: 'sign-in-declined' },
    unmet: { code: 'insufficient_user_authentication', reason: 'sign-in-insufficient' },
    unfit: { code: 'access_denied', reason: 'sign-in-unfit' },
    unreachable: { code: 'temporarily_unavailable', reason: 'provider-unreachable' },
  };

/** Built from the configured origin: whatever Host header came in has no say in where the provider sends people. */
function callbackUrl(desk: Desk): string {
  return new URL(claimPaths.signInCallback, desk.deps.origin).href;
}
