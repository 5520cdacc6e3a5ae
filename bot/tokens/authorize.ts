// The first half of a claim in the browser: from the terminal's link to the provider's sign-in page, and back with a
// person. The request is checked in full before the browser is sent anywhere, the answer only ever goes to the loopback
// address of a checked request, and nothing about the grant is looked up before somebody has signed in. That is why a
// sign-in of which more is demanded is asked for in a second step, once (as RFC 9470 has it): what the policy demands is
// for the grantee to see, and for nobody who only knows the grant's name.

import type { Context } from 'hono';
import {
  claimPaths,
  readAuthorizationRequest,
  type AuthorizationRequest,
} from '../../relay/claim.ts';
import { endSignIn, sendToProvider, stepUpOr, type Identified, type Refuse } from './browser.ts';
import { type Desk, sendBack, show } from './desk.ts';
import { randomSecret, type SignIn } from './sign-ins.ts';
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

  const { request } = reading;
  const asked = { purpose: { kind: 'claim', request }, address } as const;
  return sendToProvider(context, desk, asked, refusalTo(desk, { request, address }));
}

/** The grantee is back from the provider: on to the question, or there once more. */
export async function claimAs(
  context: Context,
  desk: Desk,
  signIn: SignIn,
  { request, identified }: { request: AuthorizationRequest; identified: Identified },
): Promise<Response> {
  const { person, proof } = identified;
  const refuse = refusalTo(desk, { ...signIn, request });
  const asking = { personId: person.id, proven: proof };
  const standing = await standingOf(desk.deps, request.grant, asking);
  if (standing.kind === 'refused') {
    const { stepUp } = standing;
    const again = stepUp && (await stepUpOr(context, desk, signIn, { stepUp, refuse }));
    return again ?? refuse(context, standing.code, { ...standing, person });
  }
  signIn.stage = { kind: 'consenting', ...identified, csrf: randomSecret() };
  const next = new URL(claimPaths.consent, desk.deps.origin);
  next.searchParams.set('sign_in', signIn.id);
  return context.redirect(next.href, 303);
}

/** Records a refusal in full, ends the sign-in, and tells the terminal the little it may know. */
export function refusalTo(
  desk: Desk,
  asked: { readonly request: AuthorizationRequest; readonly address: string; readonly id?: string },
): Refuse {
  return async (context, code, { reason, detail, derivation, person, description }) => {
    if (asked.id !== undefined) endSignIn(context, desk, asked.id);
    await desk.deps.recordRefusal({
      reason,
      ...(detail !== undefined && { detail }),
      ...(derivation !== undefined && { derivation }),
      ...(person !== undefined && { person }),
      grant: asked.request.grant,
      address: asked.address,
      at: desk.deps.now(),
    });
    const answer = { error: code, ...(description !== undefined && { description }) };
    return sendBack(context, desk, { request: asked.request, answer });
  };
}

/** A surprise after the sign-in is known reaches the terminal as well, so that nobody waits in front of it in vain. */
export function serverError(
  context: Context,
  desk: Desk,
  request: AuthorizationRequest,
): () => Response {
  return () => sendBack(context, desk, { request, answer: { error: 'server_error' } });
}
