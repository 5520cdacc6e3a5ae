// `confirm: sign-in`: an approval counts once its approver has signed in with the identity provider over the digest of
// what they approve, so that a person approves, and not whoever holds their account's session or token. Whether such a
// sign-in is one, and until when it is waited for.

import type { User } from '../catalog/model.ts';
import type { Trail, Refused } from './explain.ts';
import { refuse } from './reasons.ts';
import type { AccessRequest, Person } from './request.ts';
import { judgeSignIn, type ConfirmedBy, type SignInDemand, type SignInProof } from './sign-in.ts';

/** So long after the comment was read an approval can be confirmed: who approves is at their desk. */
const confirmWithinMs = 15 * 60_000;

/** What the approver confirmed, and by which sign-in. */
export interface Confirmation {
  /** Of the request as it was when they commented, and as they saw it on the page. */
  readonly digest: string;
  /** Until when it could be confirmed. */
  readonly until: string;
  /** Numeric id of the GitHub account that whoever signed in has. */
  readonly personId: number;
  readonly issuer: string;
  readonly subject: string;
  readonly proof: SignInProof;
}

/** Until when an approval that is given now waits for its sign-in: never longer than its request does. */
export function confirmableUntil({ lapsesAt }: Pick<AccessRequest, 'lapsesAt'>, now: Date): string {
  const until = new Date(now.getTime() + confirmWithinMs).toISOString();
  return until < lapsesAt ? until : lapsesAt;
}

/** The comment is read again before the sign-in counts, and what it said has to stand there still. */
export function refuseTakenBack({ id }: Pick<AccessRequest, 'id'>, trail: Trail): Refused {
  return trail.unmet('approving-comment-stands', refuse('approval-taken-back', { request: id }));
}

/** Whether it can still be confirmed, as far as time goes. */
export function judgeInTime(
  { request, until }: { readonly request: string; readonly until: string },
  now: Date,
  trail: Trail,
): Refused | undefined {
  if (now.getTime() < Date.parse(until)) return undefined;
  const reason = refuse('confirmation-late', { request, untilAt: until });
  return trail.unmet('approval-is-confirmed', reason);
}

/** Whether the sign-in is the approver's, over this request, in time, and what the policy demands of a sign-in. */
export function judgeConfirmation(
  { digest, until, personId, issuer, subject, proof }: Confirmation,
  {
    request,
    approver,
    user,
    demand,
  }: {
    readonly request: AccessRequest;
    readonly approver: Person;
    /** Who the approver is in the catalog. */
    readonly user: Pick<User, 'subject'>;
    readonly demand: SignInDemand;
  },
  now: Date,
  trail: Trail,
): ConfirmedBy | Refused {
  const { id } = request;
  // By number, since logins change hands; and whose the subject was at the sign-in, it may have ceased to be.
  if (personId !== approver.id || subject !== user.subject) {
    const reason = refuse('confirmed-by-another', { request: id, login: approver.login });
    return trail.unmet('approval-is-confirmed', reason);
  }
  if (digest !== request.digest) {
    return trail.unmet('approval-is-confirmed', refuse('request-altered', { request: id }));
  }
  const late = judgeInTime({ request: id, until }, now, trail);
  if (late) return late;
  const verdict = judgeSignIn(demand, proof, now);
  if (verdict.kind === 'unmet') {
    const reason = refuse('confirmation-weak', { request: id, lacks: verdict.sentence });
    return trail.unmet('approval-is-confirmed', reason);
  }
  trail.met('approval-is-confirmed', { issuer });
  const authTime = proof.authTime?.toISOString() ?? null;
  return { issuer, subject, authTime, acr: proof.acr };
}
