// The first half of a claim in the browser: from the terminal's link to the provider's sign-in page, and back with a
// person. The request is checked in full before the browser is sent anywhere, the answer only ever goes to the loopback
// address of a checked request, and nothing about the grant is looked up before somebody has signed in. That is why a
// sign-in of which more is demanded is asked for in a second step, once (as RFC 9470 has it): what the policy demands is
// for the grantee to see, and for nobody who only knows the grant's name.

import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import {
  claimPaths,
  readAuthorizationRequest,
  type AuthorizationRequest,
  type ClaimErrorCode,
} from '../../relay/claim.ts';
import type { Person } from '../access/request.ts';
import { sayDemand } from '../access/sign-in.ts';
import type { PendingSignIn, SignInFault, StepUp } from '../identity/oidc.ts';
import { type Desk, sendBack, show } from './desk.ts';
import type { RefusalReason } from './refusals.ts';
import { randomSecret, signInLimits, type SignIn } from './sign-ins.ts';
import { standingOf } from './standing.ts';

/** GET claimPaths.authorize: the link that the terminal opens. */
export async function authorize(context: Context, desk: Desk): Promise<Response> {
  const { deps } = desk;
  const address = desk.address(context);
  if (!desk.rate.allow(address, deps.now())) {
    return show(context, 429, deps.pages.refused('temporarily_unavailable'));
  }
  const reading = readAuthorizationRequest(new URL(context.req.url).searchParams);
  if (reading.kind === 'invalid') return show(context, 400, deps.pages.refused('invalid_request'));

  return sendToProvider(context, desk, { request: reading.request, address });
}

async function sendToProvider(
  context: Context,
  desk: Desk,
  asked: Pick<SignIn, 'request' | 'address' | 'stepUp'>,
): Promise<Response> {
  const { deps } = desk;
  const refuse = refusalTo(desk, asked);
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

/** GET claimPaths.signInCallback: the provider's answer. */
export async function signInCallback(context: Context, desk: Desk): Promise<Response> {
  const { deps } = desk;
  const query = new URL(context.req.url).searchParams;
  const signIn = findSignIn(context, desk, query.get('state'));
  if (signIn?.stage.kind !== 'at-provider') return show(context, 400, deps.pages.over());

  const { pending } = signIn.stage;
  // Before anything is awaited: an answer that is sent twice is heard once.
  signIn.stage = { kind: 'returning' };
  return orServerError(context, desk, signIn, () => identify(context, desk, { signIn, pending }));
}

async function identify(
  context: Context,
  desk: Desk,
  { signIn, pending }: { signIn: SignIn; pending: PendingSignIn },
): Promise<Response> {
  const { deps } = desk;
  const refuse = refusalTo(desk, signIn);
  const current = new URL(callbackUrl(desk));
  current.search = new URL(context.req.url).search;
  const end = await deps.oidc.finish(current, pending);
  if (end.kind === 'failed') {
    const { code, reason } = faultAnswers[end.reason];
    const { detail } = end;
    const told = end.reason === 'unmet' && signIn.stepUp;
    return refuse(context, code, { reason, detail, ...(told && { description: unable(told) }) });
  }
  const { proof } = end;
  const person = await deps.personBySubject(end.issuer, end.subject);
  if (person === undefined) return refuse(context, 'not_linked', { reason: 'not-linked' });

  const asking = { personId: person.id, proven: proof };
  const standing = await standingOf(deps, signIn.request.grant, asking);
  if (standing.kind === 'refused' && standing.stepUp && signIn.stepUp === undefined) {
    endSignIn(context, desk, signIn.id);
    return sendToProvider(context, desk, { ...askedOf(signIn), stepUp: standing.stepUp });
  }
  if (standing.kind === 'refused') return refuse(context, standing.code, { ...standing, person });

  signIn.stage = { kind: 'consenting', person, proof, csrf: randomSecret() };
  const next = new URL(claimPaths.consent, deps.origin);
  next.searchParams.set('sign_in', signIn.id);
  return context.redirect(next.href, 303);
}

function askedOf({ request, address }: SignIn): Pick<SignIn, 'request' | 'address'> {
  return { request, address };
}

function unable({ demand }: StepUp): string {
  return `The identity provider cannot sign you in as it is demanded here: ${sayDemand(demand)}.`;
}

/** A surprise after the sign-in is known reaches the terminal as well, so that nobody waits in front of it in vain. */
export async function orServerError(
  context: Context,
  desk: Desk,
  signIn: SignIn,
  step: () => Promise<Response>,
): Promise<Response> {
  try {
    return await step();
  } catch (error) {
    desk.deps.report(error);
    endSignIn(context, desk, signIn.id);
    return sendBack(context, desk, { request: signIn.request, answer: { error: 'server_error' } });
  }
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

export interface Refused {
  readonly reason: RefusalReason;
  readonly detail?: string;
  readonly person?: Person;
  /** What the terminal is told in place of the code's own words. */
  readonly description?: string;
}

/** Records a refusal in full, ends the sign-in, and tells the terminal the little it may know. */
export function refusalTo(
  desk: Desk,
  asked: { readonly request: AuthorizationRequest; readonly address: string; readonly id?: string },
) {
  return async (context: Context, code: ClaimErrorCode, refused: Refused): Promise<Response> => {
    if (asked.id !== undefined) endSignIn(context, desk, asked.id);
    const { reason, detail, person, description } = refused;
    await desk.deps.recordRefusal({
      reason,
      ...(detail !== undefined && { detail }),
      ...(person !== undefined && { person }),
      grant: asked.request.grant,
      address: asked.address,
      at: desk.deps.now(),
    });
    const answer = { error: code, ...(description !== undefined && { description }) };
    return sendBack(context, desk, { request: asked.request, answer });
  };
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
