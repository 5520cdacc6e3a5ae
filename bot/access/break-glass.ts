// `/break-glass`: access at once and without an approval, for those the policy names and for no longer than it says;
// and `/review`, which every one of them demands. Everybody who was skipped is told, and nobody reviews what they did.

import { describeApprovers, type View } from './approvals.ts';
import { judgeBreaker, userOf, type Facts } from './eligibility.ts';
import { startTrail, type Derivation, type Refused, type Trail } from './explain.ts';
import type { Asked } from './grammar.ts';
import type { Grant } from './lifecycle.ts';
import { writeRequest, type Opening } from './opening.ts';
import { refuse, type Approver } from './reasons.ts';
import type { AccessRequest, Person } from './request.ts';
import { approverToday } from './standing.ts';
import { findSubject, maxDurationMs, type Subject } from './subject.ts';

export interface BreakGlassQuestion extends Opening {
  readonly command: Asked;
  readonly grantId: string;
}

export type BreakGlassDecision =
  | {
      readonly kind: 'broken';
      readonly request: AccessRequest;
      readonly grant: Grant;
      /** Whoever would have been asked. */
      readonly skipped: readonly Approver[];
      readonly derivation: Derivation;
    }
  | Refused;

export function decideBreakGlass(question: BreakGlassQuestion, facts: Facts): BreakGlassDecision {
  const { command, requester } = question;
  const trail = startTrail();
  const subject = findSubject(command, facts, trail);
  if (subject.kind === 'refused') return subject;
  const identified = userOf(requester, facts);
  if (identified.kind === 'nobody') return trail.unmet('person-is-known', identified.reason);
  const { user } = identified;
  trail.met('person-is-known', { id: requester.id, user: user.ref });
  const breaker = { user, login: requester.login };
  const refused =
    judgeBreaker(breaker, subject.rules, facts.catalog, trail) ??
    judgeReason(command, subject, trail);
  if (refused) return refused;
  const durationMs = settleDuration(command.durationMs, subject, trail);
  if (typeof durationMs !== 'number') return durationMs;

  const { resource, requirements } = subject;
  const view: View = { catalog: facts.catalog, exceptUser: user.ref };
  const terms = { subject, durationMs, reason: command.reason };
  const request: AccessRequest = { ...writeRequest(question, terms, facts), state: 'granted' };
  return {
    kind: 'broken',
    request,
    grant: writeGrant(question.grantId, request, subject, facts.now),
    skipped: describeApprovers(requirements, resource, view),
    derivation: trail.steps,
  };
}

/** Without one there is nothing to review. */
function judgeReason({ reason }: Asked, { resource }: Subject, trail: Trail): Refused | undefined {
  if (reason.trim() === '') {
    return trail.unmet('reason-is-given', refuse('reason-missing', { resource: resource.ref }));
  }
  trail.met('reason-is-given', {});
  return undefined;
}

function settleDuration(
  askedMs: number | undefined,
  { resource, role, rules }: Subject,
  trail: Trail,
): number | Refused {
  const maxMs = Math.min(maxDurationMs(resource, role), rules.breakGlass?.maxMs ?? 0);
  const durationMs = askedMs ?? Math.min(role.defaultMs, maxMs);
  if (!(durationMs <= maxMs)) {
    const reason = refuse('duration-too-long', { role: role.name, askedMs: durationMs, maxMs });
    return trail.unmet('duration-is-allowed', reason);
  }
  trail.met('duration-is-allowed', { durationMs, maxMs });
  return durationMs;
}

function writeGrant(id: string, request: AccessRequest, { rules }: Subject, now: Date): Grant {
  const { requester, resource, namespace, target, protocol, role, digest } = request;
  const later = (ms: number): string => new Date(now.getTime() + ms).toISOString();
  return {
    id,
    requestId: request.id,
    grantee: requester,
    state: 'active',
    startsAt: now.toISOString(),
    endsAt: later(request.durationMs),
    resource,
    namespace,
    target,
    protocol,
    role,
    relays: rules.relays,
    digest,
    approvals: [],
    issue: request.issue,
    policyRevision: request.policyRevision,
    reviewBy: later(rules.breakGlass?.reviewMs ?? 0),
  };
}

export type ReviewDecision =
  { readonly kind: 'reviewed'; readonly derivation: Derivation } | Refused;

/** `/review`: whoever could approve it today, and never whoever broke the glass. Also after the grant has ended. */
export function decideReview(
  { grant, by }: { readonly grant: Grant; readonly by: Person },
  facts: Facts,
): ReviewDecision {
  const trail = startTrail();
  const { via, approvers } = approverToday(grant, by, facts);
  const request = grant.requestId;
  if (by.id === grant.grantee.id) {
    const reason = refuse('own-review', { request, approvers });
    return trail.unmet('reviewer-is-not-the-grantee', reason, approvers);
  }
  trail.met('reviewer-is-not-the-grantee', { id: by.id });
  if (via === undefined) {
    const reason = refuse('not-an-approver', { login: by.login, request, approvers });
    return trail.unmet('approver-is-entitled', reason, approvers);
  }
  trail.met('approver-is-entitled', { user: by.login, via });
  return { kind: 'reviewed', derivation: trail.steps };
}
