// An approver confirms an approval in the browser: from the link on the issue to the provider's sign-in page, back with
// a person, the question with all that is approved, and the button. Nothing is looked up before somebody has signed in,
// and whoever is not the approver gets one and the same page, whatever there is. The answer counts once, only from this
// very page, and decides nothing by itself: the decision is taken anew by the handler of /approve.

import type { Context } from 'hono';
import type { ClaimErrorCode } from '../../relay/claim.ts';
import { formatDuration } from '../access/duration.ts';
import type { Person } from '../access/request.ts';
import { judgeSignIn, type SignInProof } from '../access/sign-in.ts';
import { confirmPath, isConfirmationId } from '../confirm-path.ts';
import type { Confirmable, ConfirmEnd } from '../github/confirming.ts';
import { beginningOf } from '../github/time-words.ts';
import type { StepUp } from '../identity/oidc.ts';
import {
  cameFromOurPage,
  endSignIn,
  findSignIn,
  orFailed,
  sendToProvider,
  stepUpOr,
  type Identified,
  type Refused,
} from './browser.ts';
import { type Desk, show } from './desk.ts';
import type { ConfirmReason } from './refusals.ts';
import { randomSecret, type SignIn, type Stage } from './sign-ins.ts';

/** GET confirmPath/<id>: the link on the issue. */
export async function beginConfirm(context: Context, desk: Desk): Promise<Response> {
  const { deps } = desk;
  const address = desk.address(context);
  if (!desk.rate.allow(address, deps.now())) return confirmFailed(context, desk);
  const id = context.req.param('id') ?? '';
  if (!isConfirmationId(id)) return show(context, 403, deps.pages.confirmEnd('nothing'));
  const asked = { purpose: { kind: 'confirmation', id }, address } as const;
  return sendToProvider(context, desk, asked, confirmRefusalTo(desk, { address }, id));
}

/** Somebody is back from the provider: on to the question, if it is theirs to answer. */
export async function confirmAs(
  context: Context,
  desk: Desk,
  signIn: SignIn,
  { id, identified }: { id: string; identified: Identified },
): Promise<Response> {
  const refuse = confirmRefusalTo(desk, signIn, id);
  const found = await judge(desk, id, identified);
  if (found.kind === 'not-theirs') return refuse(context, 'not_grantee', found);
  if (found.kind === 'no-more') {
    endSignIn(context, desk, signIn.id);
    return show(context, 200, desk.deps.pages.confirmEnd(found.why));
  }
  if (found.kind === 'insufficient') {
    const { stepUp, sentence } = found;
    const again = await stepUpOr(context, desk, signIn, { stepUp, refuse });
    const why = {
      reason: 'sign-in-insufficient',
      detail: sentence,
      description: sentence,
    } as const;
    const { person } = identified;
    return again ?? refuse(context, 'insufficient_user_authentication', { ...why, person });
  }
  signIn.stage = { kind: 'consenting', ...identified, csrf: randomSecret() };
  const next = new URL(confirmPath, desk.deps.origin);
  next.searchParams.set('sign_in', signIn.id);
  return context.redirect(next.href, 303);
}

/** GET confirmPath: the question. */
export async function showConfirm(context: Context, desk: Desk): Promise<Response> {
  const { pages } = desk.deps;
  const asked = new URL(context.req.url).searchParams.get('sign_in');
  const signIn = findSignIn(context, desk, asked);
  if (signIn?.stage.kind !== 'consenting' || signIn.purpose.kind !== 'confirmation')
    return show(context, 400, pages.over());
  const { stage } = signIn;
  const found = await judge(desk, signIn.purpose.id, stage);
  if (found.kind !== 'theirs') {
    return confirmAs(context, desk, signIn, { id: signIn.purpose.id, identified: stage });
  }
  return show(context, 200, pages.confirm(questionOf(found, signIn.id, stage)));
}

/** POST confirmPath: the answer. */
export async function answerConfirm(context: Context, desk: Desk): Promise<Response> {
  const { deps } = desk;
  const form = new URLSearchParams(await context.req.text());
  const signIn = findSignIn(context, desk, form.get('sign_in'));
  if (signIn?.stage.kind !== 'consenting' || signIn.purpose.kind !== 'confirmation')
    return show(context, 400, deps.pages.over());
  const { stage } = signIn;
  const { id } = signIn.purpose;
  if (!cameFromOurPage(context, desk, { signIn, csrf: form.get('csrf') ?? '' })) {
    // The sign-in lives on: a forger must not be able to end what the person is about to answer.
    const refusal = { reason: 'forged-consent', confirmation: id, person: stage.person } as const;
    await deps.recordConfirmRefusal({ ...refusal, address: desk.address(context), at: deps.now() });
    return show(context, 403, deps.pages.confirmEnd('forged'));
  }
  // Before anything is awaited: the form that is sent twice is answered once.
  endSignIn(context, desk, signIn.id);
  const { person, issuer, subject, proof } = stage;
  if (form.get('decision') !== 'approve') {
    // The page has whoever did not comment press this: then an account is in other hands, and it is the first trace.
    const refusal = { reason: 'cancelled', confirmation: id, person } as const;
    await deps.recordConfirmRefusal({ ...refusal, address: desk.address(context), at: deps.now() });
    return show(context, 200, deps.pages.confirmEnd('cancelled'));
  }
  const by = { personId: person.id, issuer, subject, proof };
  return orFailed(context, desk, signIn, {
    failed: () => confirmFailed(context, desk),
    step: async () => showEnd(context, desk, await deps.confirm(id, by)),
  });
}

function showEnd(context: Context, { deps }: Desk, end: ConfirmEnd): Response {
  const { pages } = deps;
  if (end.kind === 'no-more') return show(context, 200, pages.confirmEnd(end.why));
  if (end.kind !== 'refused') return show(context, 200, pages.confirmEnd(end.kind));
  return show(context, 200, pages.confirmEnd('not-approved', deps.words(end.reason)));
}

/** Nothing came of it, and it can be tried again. */
export function confirmFailed(context: Context, { deps }: Desk): Response {
  return show(context, 503, deps.pages.confirmEnd('unavailable'));
}

type Judged =
  | ({ readonly kind: 'theirs' } & Confirmable)
  | { readonly kind: 'no-more'; readonly why: NonNullable<Confirmable['noMore']> }
  | { readonly kind: 'insufficient'; readonly stepUp: StepUp; readonly sentence: string }
  | { readonly kind: 'not-theirs'; readonly reason: ConfirmReason; readonly person: Person };

/** What this person may confirm under the name. It is judged in full when they have answered. */
async function judge(
  { deps }: Desk,
  id: string,
  { person, proof }: { readonly person: Person; readonly proof: SignInProof },
): Promise<Judged> {
  const found = await deps.confirmable(id);
  if (!found) return { kind: 'not-theirs', reason: 'unknown-confirmation', person };
  // By number, since logins change hands.
  if (found.waiting.approver.id !== person.id) {
    return { kind: 'not-theirs', reason: 'not-the-approver', person };
  }
  if (found.noMore) return { kind: 'no-more', why: found.noMore };
  const demand = await deps.demandIn(found.request.namespace);
  const verdict = judgeSignIn(demand, proof, deps.now());
  if (verdict.kind === 'met') return { kind: 'theirs', ...found };
  const isTooOld = verdict.lacks.includes('too-old');
  return { kind: 'insufficient', stepUp: { demand, isTooOld }, sentence: verdict.sentence };
}

function questionOf(
  { request, waiting }: Confirmable,
  signIn: string,
  { person, csrf }: Extract<Stage, { kind: 'consenting' }>,
) {
  const { issue } = request;
  const isMore = request.extends !== null;
  const length = formatDuration(waiting.durationMs);
  return {
    login: person.login,
    what: isMore ? 'more time for' : 'access to',
    resource: request.resource,
    target: `${request.target} (${request.protocol})`,
    role: request.role,
    iam: request.iam,
    duration: isMore ? `${length} more` : `${length}${beginningOf(request).rendered}`,
    demand: request.signIn,
    requester: request.requester.login,
    reason: request.reason,
    request: request.id,
    digest: request.digest,
    until: new Date(waiting.until),
    issue: `${issue.owner}/${issue.repo}#${issue.number}`,
    issueUrl: issue.url,
    action: confirmPath,
    signIn,
    csrf,
  };
}

/** Records a refusal in full, ends the sign-in, and shows the little that the person may know. */
export function confirmRefusalTo(
  desk: Desk,
  { address, id: signIn }: { readonly address: string; readonly id?: string },
  confirmation: string,
) {
  const { deps } = desk;
  return async (
    context: Context,
    code: ClaimErrorCode,
    refused: Omit<Refused, 'reason'> & { readonly reason: ConfirmReason },
  ): Promise<Response> => {
    const { reason, detail, person, description } = refused;
    if (signIn !== undefined) endSignIn(context, desk, signIn);
    await deps.recordConfirmRefusal({
      reason,
      ...(detail !== undefined && { detail }),
      ...(person !== undefined && { person }),
      confirmation,
      address,
      at: deps.now(),
    });
    if (code === 'temporarily_unavailable') return confirmFailed(context, desk);
    if (code === 'access_denied') return show(context, 403, deps.pages.confirmEnd('declined'));
    // Only its approver is sent to the provider with a demand, and so hears of one.
    return description === undefined
      ? show(context, 403, deps.pages.confirmEnd('nothing'))
      : show(context, 403, deps.pages.confirmEnd('insufficient', description));
  };
}
