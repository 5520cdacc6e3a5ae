// What becomes of a pending request by an approval: it counts, grants, or is refused.
// Plain facts in, a value out. Nothing here reads a clock, a file or the network, and what is not known is a no.

import { refuseAsking, type Asking } from './asking.ts';
import { admitDecider, type Decider } from './decider.ts';
import { confirmableUntil, judgeConfirmation, type Confirmation } from './confirm.ts';
import { isSamePerson, type Facts } from './eligibility.ts';
import { extendedBy, judgeLength, judgeStarted } from './extend.ts';
import {
  approvalsMissing,
  startTrail,
  type Derivation,
  type Refused,
  type Trail,
} from './explain.ts';
import { giveTime } from './grant-time.ts';
import { judgeHours, withinHours } from './hours.ts';
import type { Grant, RunningGrant } from './lifecycle.ts';
import { writeGrant } from './opening.ts';
import {
  judgePending,
  missingBeside,
  standingOf,
  tellWhenGranted,
  voided,
  type Pending,
  type Voided,
} from './pending.ts';
import { refuse, type Missing } from './reasons.ts';
import type { AccessRequest, Approval, Person } from './request.ts';
import { judgeStanding } from './standing.ts';

/** What `/approve` brings along. `approver` is the comment's author as GitHub states them now. */
export interface ApproveQuestion {
  readonly request: AccessRequest;
  /** The approvals recorded so far. */
  readonly approvals: readonly Approval[];
  readonly approver: Person;
  readonly commentId: number;
  readonly durationMs?: number;
  /** The comment that asked, read again from GitHub. */
  readonly asking: Asking;
  /** The digest of what the card on the issue shows now, read again from GitHub. */
  readonly shownDigest: string;
  /** The name of the grant, should this approval be the last one needed. */
  readonly grantId: string;
  /** The grant that the request would extend, as it stands now. */
  readonly extended?: Grant;
  /** The approver's sign-in over it, where there was one. */
  readonly confirmation?: Confirmation;
}

interface Granted<Kind, Given = Grant> {
  readonly kind: Kind;
  readonly grant: Given;
  readonly approval: Approval;
  readonly derivation: Derivation;
}

export type ApproveDecision =
  | Granted<'granted'>
  /** `grant` is the one that was given before, with its later end; `from` is the end it had. */
  | (Granted<'extended', RunningGrant> & { readonly from: string })
  | {
      readonly kind: 'counted';
      readonly approval: Approval;
      readonly missing: readonly Missing[];
      readonly derivation: Derivation;
    }
  /** It would count, and does not until its approver has signed in over it. */
  | {
      readonly kind: 'unconfirmed';
      readonly until: string;
      readonly derivation: Derivation;
    }
  /** The request no longer is what was shown: it ends, and has to be asked for anew. */
  | Voided
  | Refused;

export function decideApprove(question: ApproveQuestion, facts: Facts): ApproveDecision {
  const trail = startTrail();
  const pending = judgePending(question.request, facts, trail);
  if (pending.kind !== 'pending') return pending;
  const changed = judgeAsking(question, trail);
  if (changed) return changed;
  const more = judgeExtended(question, pending, facts, trail);
  if (more.kind === 'voided') return more;
  const decider = admitDecider(question.request, question.approver, pending, facts, trail);
  if (decider.kind === 'refused') return decider;
  const counting = countApprovals(question, decider, pending, facts);
  const refused = judgeGesture(question, counting, trail);
  if (refused) return refused;
  const { subject } = pending;
  const confirmed = judgeConfirmed(question, { subject, user: decider.user }, facts.now, trail);
  if (confirmed.kind !== 'confirmed') return confirmed;

  const approval = { ...counting.approval, ...confirmed.by };
  const { missing, earlier, standing } = counting;
  const approvals = earlier ? standing : [...standing, approval];
  if (missing.length > 0) {
    tellWhenGranted(question.request, pending, facts, trail);
    const derivation = [...trail.steps, approvalsMissing(missing)];
    return { kind: 'counted', approval, missing, derivation };
  }
  trail.met('approvals-suffice', { approvers: approvals.map(({ approver }) => approver.id) });
  const { rules } = subject;
  const durationMs = grantedMs(question, [...approvals, approval]);
  if (more.kind === 'extends') {
    // More time begins where the grant would have ended.
    const from = more.grant.time.endsAt;
    const hours = judgeHours(rules, new Date(from), trail);
    if (hours.kind === 'refused') return hours;
    const grant = extendedBy(more.grant, withinHours(durationMs, new Date(from), hours));
    return { kind: 'extended', grant, from, approval, derivation: trail.steps };
  }
  const hours = judgeHours(rules, facts.now, trail);
  if (hours.kind === 'refused') return hours;
  const { useWithinMs } = question.request;
  const grant = writeGrant(question.request, {
    id: question.grantId,
    // From now, when the last approval is given, unless what was shown says that its first claim starts it.
    time: giveTime({ durationMs, useWithinMs }, facts.now, hours),
    relays: rules.relays,
    approvals,
    reviewMs: null,
    now: facts.now,
  });
  return { kind: 'granted', grant, approval, derivation: trail.steps };
}

/** What was asked has to stand where it was asked: whoever approves must be able to read it there. */
function judgeAsking({ request, asking }: ApproveQuestion, trail: Trail): Voided | undefined {
  if (asking.kind !== 'stands') {
    return voided(refuseAsking(request, asking, trail));
  }
  trail.met('asking-comment-stands', { comment: request.commentId });
  return undefined;
}

/** More time is for a grant that still stands, and never more than its role allows. */
function judgeExtended(
  { request, extended, ...given }: ApproveQuestion,
  { subject }: Pending,
  facts: Facts,
  trail: Trail,
): { kind: 'new' } | { kind: 'extends'; grant: RunningGrant } | Voided {
  if (request.extends === null) return { kind: 'new' };
  if (extended?.id !== request.extends) throw new Error(`${request.id} extends another grant`);
  const standing = judgeStanding(extended, facts, trail);
  if (standing.kind === 'refused') return voided(standing);
  const time = judgeStarted(extended, trail);
  if (time.kind === 'refused') return voided(time);
  const durationMs = Math.min(request.durationMs, given.durationMs ?? request.durationMs);
  const tooLong = judgeLength({ grant: extended, durationMs }, subject, trail);
  return tooLong ? voided(tooLong) : { kind: 'extends', grant: { ...extended, time } };
}

interface Counting {
  readonly approval: Approval;
  /** One of this person's that counts already, also from another account of theirs. */
  readonly earlier: Approval | undefined;
  readonly standing: readonly Approval[];
  readonly missing: readonly Missing[];
  readonly missingBefore: readonly Missing[];
}

/** What is given with this approval, and what is missing with and without it. */
function countApprovals(
  question: ApproveQuestion,
  { user, via }: Decider,
  pending: Pending,
  facts: Facts,
): Counting {
  const { request, approver, durationMs = request.durationMs, commentId } = question;
  const approval: Approval = {
    approver: { id: approver.id, login: approver.login, user: user.ref },
    commentId,
    at: facts.now.toISOString(),
    digest: request.digest,
    via,
    durationMs,
  };
  const counted = standingOf(question, pending, facts);
  const before = counted.map((each) => each.user);
  const standing = counted.map((each) => each.approval);
  // A person's second yes is the same approval, and adds nobody.
  const earlier = standing.find((each) => isSamePerson(each.approver, approval.approver, facts));
  return {
    approval,
    earlier,
    standing,
    missing: missingBeside(earlier ? before : [...before, user], pending, facts),
    missingBefore: missingBeside(before, pending, facts),
  };
}

/**
 * Whether this approval says something that can be counted: not longer, about what is shown, and new, unless nothing is
 * missing any more. Then nobody else is to come, and whoever approved before may say that it be granted.
 */
function judgeGesture(
  { request, approvals, approver, durationMs = request.durationMs, shownDigest }: ApproveQuestion,
  { earlier: counted, missingBefore: missing }: Counting,
  trail: Trail,
): Refused | undefined {
  const { id, digest } = request;
  const own = approvals.find((each) => each.approver.id === approver.id && each.digest === digest);
  const earlier = own ?? counted;
  if (earlier && missing.length > 0) {
    const data = { login: approver.login, request: id, missing };
    return trail.unmet('approver-is-new', refuse('already-approved', data));
  }
  if (earlier) trail.met('approval-was-given', { id: approver.id, comment: earlier.commentId });
  else trail.met('approver-is-new', { id: approver.id });
  // `!(a <= b)` and not `a > b`: a duration that is no number must not pass.
  if (!(durationMs <= request.durationMs)) {
    const data = { request: id, askedMs: request.durationMs, offeredMs: durationMs };
    return trail.unmet('duration-is-not-longer', refuse('longer-than-asked', data));
  }
  trail.met('duration-is-not-longer', { durationMs });
  if (shownDigest !== digest) {
    return trail.unmet('card-is-as-shown', refuse('card-changed', { request: id }));
  }
  trail.met('card-is-as-shown', { digest });
  return undefined;
}

type Confirmed =
  | { readonly kind: 'confirmed'; readonly by: Pick<Approval, 'confirmedBy'> }
  | Extract<ApproveDecision, { kind: 'unconfirmed' }>
  | Refused;

/** Whether the approver signed in over it, where the policy demands that. */
function judgeConfirmed(
  { request, approver, commentId, confirmation }: ApproveQuestion,
  { subject, user }: Pick<Pending, 'subject'> & Pick<Decider, 'user'>,
  now: Date,
  trail: Trail,
): Confirmed {
  const { confirm, identity: demand } = subject.rules;
  if (confirm === 'comment') return { kind: 'confirmed', by: {} };
  if (confirmation === undefined) {
    const until = confirmableUntil(request, now);
    return { kind: 'unconfirmed', until, derivation: trail.steps };
  }
  trail.met('approving-comment-stands', { comment: commentId });
  const judged = judgeConfirmation(confirmation, { request, approver, user, demand }, now, trail);
  return 'kind' in judged ? judged : { kind: 'confirmed', by: { confirmedBy: judged } };
}

/** The shortest time anybody allowed, also of those who no longer count: a limit that was set stays set. */
function grantedMs(
  { request, approvals: recorded }: ApproveQuestion,
  approvals: readonly Approval[],
): number {
  const narrowed = recorded.filter(({ digest }) => digest === request.digest);
  const durations = [...narrowed, ...approvals].map(({ durationMs }) => durationMs);
  return Math.min(request.durationMs, ...durations);
}
