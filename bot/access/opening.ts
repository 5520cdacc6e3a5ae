// How a request is written down, and the grant that comes of it: what was asked, by whom and where, together with
// everything it rests on at that moment.

import { userOf, type Facts } from './eligibility.ts';
import type { GrantTime } from './grant-time.ts';
import { hoursAt } from './hours.ts';
import type { Grant } from './lifecycle.ts';
import { ruleHash, type NamespacePolicy } from './policy.ts';
import {
  requestDigest,
  type AccessRequest,
  type Approval,
  type IssueRef,
  type Person,
} from './request.ts';
import { isDemanding } from './sign-in.ts';
import type { Subject } from './subject.ts';

/** The comment that asks, and the number its request will have. `requester` is its author as GitHub states them now. */
export interface Opening {
  readonly requester: Person;
  readonly requestId: string;
  readonly issue: IssueRef;
  readonly commentId: number;
  readonly commentNodeId: string;
}

export interface Terms {
  readonly subject: Subject;
  readonly durationMs: number;
  readonly reason: string;
  /** The grant that is to last longer, where it is not new access that is asked for. */
  readonly extends?: string;
  /** What is asked for begins with its first claim; see AccessRequest. */
  readonly useWithinMs?: number | undefined;
}

/** The pending request, with the digest of all that was asked and shown. */
export function writeRequest(opening: Opening, terms: Terms, facts: Facts): AccessRequest {
  const { requester, requestId, issue, commentId, commentNodeId } = opening;
  const { subject, durationMs, reason, useWithinMs } = terms;
  const { policy, policyRevision, now } = facts;
  const { resource, rules, role, target, iam } = subject;
  // By the very facts by which they were let in.
  const identified = userOf(requester, facts);
  const request = {
    id: requestId,
    requester: {
      id: requester.id,
      login: requester.login,
      ...(identified.kind === 'user' && { user: identified.user.ref }),
    },
    resource: resource.ref,
    namespace: resource.namespace,
    target,
    protocol: resource.protocol,
    role: role.name,
    ...(iam !== undefined && { iam }),
    durationMs,
    reason,
    entityHash: resource.hash,
    ruleHash: ruleHash(policy, rules, role),
    policyRevision,
    issue,
    commentId,
    commentNodeId,
    createdAt: now.toISOString(),
    lapsesAt: new Date(askedFrom(rules, now).getTime() + rules.pendingMs).toISOString(),
    extends: terms.extends ?? null,
    ...(useWithinMs !== undefined && { useWithinMs }),
    ...(isDemanding(rules.identity) && { signIn: rules.identity }),
    ...(rules.confirm === 'sign-in' && { confirm: rules.confirm }),
  };
  return { ...request, state: 'pending', digest: requestDigest(request) };
}

/** From when somebody could decide: from now, or from when the hours open in which access is given. */
function askedFrom({ hours }: NamespacePolicy, now: Date): Date {
  const found = hoursAt(hours, now);
  return found.kind === 'closed' ? (found.opensAt ?? now) : now;
}

/** The grant of what was asked, given now. `reviewMs` is null where nobody has to review it. */
export function writeGrant(
  request: AccessRequest,
  given: {
    readonly id: string;
    readonly time: GrantTime;
    readonly relays: readonly string[];
    readonly approvals: readonly Approval[];
    readonly reviewMs: number | null;
    readonly autoApprovedFor?: string;
    readonly now: Date;
  },
): Grant {
  const { requester, resource, namespace, target, protocol, role, iam, digest } = request;
  const { id, time, relays, approvals, reviewMs, autoApprovedFor, now } = given;
  return {
    id,
    requestId: request.id,
    grantee: requester,
    state: 'active',
    grantedAt: now.toISOString(),
    time,
    resource,
    namespace,
    target,
    protocol,
    role,
    ...(iam !== undefined && { iam }),
    relays,
    digest,
    approvals,
    issue: request.issue,
    policyRevision: request.policyRevision,
    reviewBy: reviewMs === null ? null : new Date(now.getTime() + reviewMs).toISOString(),
    ...(autoApprovedFor !== undefined && { autoApprovedFor }),
  };
}
