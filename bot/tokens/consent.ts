// The second half of a claim in the browser: the person sees what they are about to allow, for whom and with which
// fingerprint, and says yes or no. Only the browser that signed in can answer, only from this very page, only once. The
// page cannot be framed (its headers are in pages.ts). A yes makes a code for the terminal; it makes no token.

import type { Context } from 'hono';
import { claimPaths, type AuthorizationRequest } from '../../relay/claim.ts';
import { fingerprint } from '../../relay/proof.ts';
import type { Person } from '../access/request.ts';
import type { SignInProof } from '../access/sign-in.ts';
import { refusalTo, serverError } from './authorize.ts';
import { cameFromOurPage, endSignIn, findSignIn, orFailed } from './browser.ts';
import { type Desk, sendBack, show } from './desk.ts';
import type { SignIn } from './sign-ins.ts';
import { standingOf } from './standing.ts';

/** GET claimPaths.consent: the question. */
export async function showConsent(context: Context, desk: Desk): Promise<Response> {
  const { deps } = desk;
  const id = new URL(context.req.url).searchParams.get('sign_in');
  const signIn = findSignIn(context, desk, id);
  if (signIn?.stage.kind !== 'consenting' || signIn.purpose.kind !== 'claim')
    return show(context, 400, deps.pages.over());

  const { person, proof, csrf } = signIn.stage;
  const { request } = signIn.purpose;
  const asking = { personId: person.id, proven: proof };
  const standing = await standingOf(deps, request.grant, asking);
  if (standing.kind === 'refused') {
    return refusalTo(desk, { ...signIn, request })(context, standing.code, { ...standing, person });
  }
  const { grant, terms } = standing;
  const view = {
    login: person.login,
    resource: grant.resource,
    role: grant.role,
    endsAt: new Date(terms.time.endsAt),
    isStart: grant.time.kind === 'waiting',
    issue: `${grant.issue.owner}/${grant.issue.repo}#${grant.issue.number}`,
    issueUrl: grant.issue.url,
    address: signIn.address,
    fingerprint: fingerprint(request.dpop_jkt),
    action: claimPaths.consent,
    signIn: signIn.id,
    csrf,
  };
  const form = { redirectUri: request.redirect_uri, now: deps.now() };
  return show(context, 200, deps.pages.consent(view, form));
}

/** POST claimPaths.consent: the answer. */
export async function answerConsent(context: Context, desk: Desk): Promise<Response> {
  const { deps } = desk;
  const form = new URLSearchParams(await context.req.text());
  const signIn = findSignIn(context, desk, form.get('sign_in'));
  if (signIn?.stage.kind !== 'consenting' || signIn.purpose.kind !== 'claim')
    return show(context, 400, deps.pages.over());

  const { person, proof } = signIn.stage;
  const { request } = signIn.purpose;
  const address = desk.address(context);
  if (!cameFromOurPage(context, desk, { signIn, csrf: form.get('csrf') ?? '' })) {
    // The sign-in lives on: a forger must not be able to end what the person is about to answer.
    const refusal = { reason: 'forged-consent', grant: request.grant, person } as const;
    await deps.recordRefusal({ ...refusal, address, at: deps.now() });
    return show(context, 403, deps.pages.refused('invalid_request'));
  }
  // Before anything is awaited: the form that is sent twice is answered once.
  endSignIn(context, desk, signIn.id);
  const approved = form.get('decision') === 'approve';
  return orFailed(context, desk, signIn, {
    failed: serverError(context, desk, request),
    step: () => settle(context, desk, { signIn, request, person, proof, approved }),
  });
}

async function settle(
  context: Context,
  desk: Desk,
  {
    signIn,
    request,
    person,
    proof,
    approved,
  }: {
    signIn: SignIn;
    request: AuthorizationRequest;
    person: Person;
    proof: SignInProof;
    approved: boolean;
  },
): Promise<Response> {
  const { deps } = desk;
  const refuse = refusalTo(desk, { ...signIn, request });
  if (!approved) {
    return refuse(context, 'access_denied', { reason: 'cancelled', person });
  }
  // Also for the demand on the sign-in: somebody may have looked at the page for long.
  const asking = { personId: person.id, proven: proof };
  const standing = await standingOf(deps, request.grant, asking);
  if (standing.kind === 'refused') return refuse(context, standing.code, { ...standing, person });

  const code = desk.codes.issue({ request, person, proof }, deps.now());
  if (code === undefined) {
    return refuse(context, 'temporarily_unavailable', { reason: 'too-many', person });
  }
  return sendBack(context, desk, { request, answer: { code } });
}
