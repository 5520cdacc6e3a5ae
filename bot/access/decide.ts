// What becomes of a pending request: an approval counts, grants, or is refused; a denial or a withdrawal ends it.
// Plain facts in, a value out. Nothing here reads a clock, a file or the network, and what is not known is a no.

import type { User } from '../catalog/model.ts';
import {
  describeApprovers,
  entitlement,
  missingApprovals,
  standingApprovals,
  type View,
} from './approvals.ts';
import { refuseAsking, type Asking } from './asking.ts';
import { userOf, type Facts } from './eligibility.ts';
import { startTrail, type Derivation, type Refused, type Trail } from './explain.ts';
import type { Grant } from './lifecycle.ts';
import { judgeOpen, judgePending, voided, type Pending, type Voided } from './pending.ts';
import { refuse, type Missing } from './reasons.ts';
import type { AccessRequest, Approval, Person } from './request.ts';

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
}

export type ApproveDecision =
  | {
      readonly kind: 'granted';
      readonly grant: Grant;
      readonly approval: Approval;
      readonly derivation: Derivation;
    }
  | {
      readonly kind: 'counted';
      readonly approval: Approval;
      readonly missing: readonly Missing[];
      readonly derivation: Derivation;
    }
  /** The request no longer is what was shown: it ends, and has to be asked for anew. */
  | Voided
  | Refused;

export type EndDecision =
  { readonly kind: 'denied' | 'cancelled'; readonly derivation: Derivation } | Voided | Refused;

export function decideApprove(question: ApproveQuestion, facts: Facts): ApproveDecision {
  const trail = startTrail();
  const pending = judgePending(question.request, facts, trail);
  if (pending.kind !== 'pending') return pending;
  const changed = judgeAsking(question, trail);
  if (changed) return changed;
  const user = admitDecider(question.request, question.approver, pending, facts, trail);
  if (user.kind === 'refused') return user;
  const counting = countApprovals(question, user, pending, facts);
  const refused = judgeGesture(question, counting.missingBefore, trail);
  if (refused) return refused;

  const { approval, approvals, missing } = counting;
  if (missing.length > 0) return { kind: 'counted', approval, missing, derivation: trail.steps };
  trail.met('approvals-suffice', { approvers: approvals.map(({ approver }) => approver.id) });
  const grant = writeGrant(question, { approvals, pending }, facts.now);
  return { kind: 'granted', grant, approval, derivation: trail.steps };
}

/** `/deny`: whoever could approve may end it. */
export function decideDeny(
  question: { readonly request: AccessRequest; readonly denier: Person },
  facts: Facts,
): EndDecision {
  const trail = startTrail();
  const pending = judgePending(question.request, facts, trail);
  if (pending.kind !== 'pending') return pending;
  const user = admitDecider(question.request, question.denier, pending, facts, trail);
  if (user.kind === 'refused') return user;
  return { kind: 'denied', derivation: trail.steps };
}

/** `/cancel`: the requester alone, by numeric id. It needs no catalog: taking back is always possible. */
export function decideCancel(
  question: { readonly request: AccessRequest; readonly by: Person },
  now: Date,
): EndDecision {
  const trail = startTrail();
  const { request, by } = question;
  const closed = judgeOpen(request, now, trail);
  if (closed) return closed;
  if (by.id !== request.requester.id) {
    const { id, requester } = request;
    const data = { login: by.login, request: id, requester: requester.login };
    return trail.unmet('person-is-the-requester', refuse('not-the-requester', data));
  }
  trail.met('person-is-the-requester', { id: by.id });
  return { kind: 'cancelled', derivation: trail.steps };
}

/** What was asked has to stand where it was asked: whoever approves must be able to read it there. */
function judgeAsking({ request, asking }: ApproveQuestion, trail: Trail): Voided | undefined {
  if (asking.kind !== 'stands') {
    return voided(trail.unmet('asking-comment-stands', refuseAsking(request, asking)));
  }
  trail.met('asking-comment-stands', { comment: request.commentId });
  return undefined;
}

interface Decider {
  readonly kind: 'decider';
  readonly user: User;
  readonly via: string;
}

/** Whether this person may decide about this request: never the requester, and somebody must have named them. */
function admitDecider(
  request: AccessRequest,
  person: Person,
  { subject, requester }: Pending,
  facts: Facts,
  trail: Trail,
): Decider | Refused {
  const { resource, requirements } = subject;
  const view: View = { catalog: facts.catalog, exceptUser: requester.ref };
  const approvers = describeApprovers(requirements, resource, view);
  // By number, since logins change hands.
  if (person.id === request.requester.id) {
    const reason = refuse('own-request', { request: request.id, approvers });
    return trail.unmet('approver-is-not-the-requester', reason, approvers);
  }
  trail.met('approver-is-not-the-requester', { id: person.id });
  const identified = userOf(person, facts);
  if (identified.kind === 'nobody' && identified.reason.code === 'account-reassigned') {
    return trail.unmet('person-is-known', identified.reason, approvers);
  }
  const user = identified.kind === 'user' ? identified.user : undefined;
  const via = user && entitlement(user, resource, requirements, facts.catalog);
  if (!user || via === undefined) {
    const { login } = person;
    const reason = refuse('not-an-approver', { login, request: request.id, approvers });
    return trail.unmet('approver-is-entitled', reason, approvers);
  }
  trail.met('approver-is-entitled', { user: user.ref, via });
  return { kind: 'decider', user, via };
}

/** What is given with this approval, and what is missing with and without it. */
function countApprovals(
  question: ApproveQuestion,
  { user, via }: Decider,
  { subject, requester }: Pending,
  facts: Facts,
) {
  const { request, approver, durationMs = request.durationMs, commentId } = question;
  const approval: Approval = {
    approver: { id: approver.id, login: approver.login },
    commentId,
    at: facts.now.toISOString(),
    digest: request.digest,
    via,
    durationMs,
  };
  const about = { digest: request.digest, requesterId: request.requester.id, ...subject };
  const standing = standingApprovals(question.approvals, about, facts);
  const before = standing.map((each) => each.user);
  const view: View = { catalog: facts.catalog, exceptUser: requester.ref };
  const missingWith = (users: readonly User[]) =>
    missingApprovals(subject.requirements, users, subject.resource, view);
  return {
    approval,
    approvals: [...standing.map((each) => each.approval), approval],
    missing: missingWith([...before, user]),
    missingBefore: missingWith(before),
  };
}

/** Whether this approval says something that can be counted: new, not longer, and about what is shown. */
function judgeGesture(
  { request, approvals, approver, durationMs = request.durationMs, shownDigest }: ApproveQuestion,
  missing: readonly Missing[],
  trail: Trail,
): Refused | undefined {
  const { id, digest } = request;
  if (approvals.some((each) => each.approver.id === approver.id && each.digest === digest)) {
    const data = { login: approver.login, request: id, missing };
    return trail.unmet('approver-is-new', refuse('already-approved', data));
  }
  trail.met('approver-is-new', { id: approver.id });
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

/** The clock starts now, when the last approval is given, and runs for the shortest time anybody allowed. */
function writeGrant(
  { request, grantId, approvals: recorded }: ApproveQuestion,
  { approvals, pending }: { approvals: readonly Approval[]; pending: Pending },
  now: Date,
): Grant {
  // Also of those who no longer count: a limit that was set stays set.
  const narrowed = recorded.filter(({ digest }) => digest === request.digest);
  const durations = [...narrowed, ...approvals].map(({ durationMs }) => durationMs);
  const durationMs = Math.min(request.durationMs, ...durations);
  const { requester, resource, namespace, target, protocol, role } = request;
  return {
    id: grantId,
    requestId: request.id,
    grantee: requester,
    state: 'active',
    startsAt: now.toISOString(),
    endsAt: new Date(now.getTime() + durationMs).toISOString(),
    resource,
    namespace,
    target,
    protocol,
    role,
    relays: pending.subject.rules.relays,
    digest: request.digest,
    approvals,
    issue: request.issue,
    policyRevision: request.policyRevision,
  };
}
