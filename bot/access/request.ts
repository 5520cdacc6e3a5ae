// A request: what one person asks for, exactly as it was shown to those who decide. Its digest covers all of
// that, and an approval is bound to the digest, so that nobody can approve one thing and cause another.

import { digest } from './canonical.ts';
import type { ConfirmedBy, SignInDemand } from './sign-in.ts';

/** A person as GitHub knows them. The numeric id decides; the login is for display and changes hands. */
export interface Person {
  readonly id: number;
  readonly login: string;
}

/** Somebody as they were judged, and are stored: the account, and whose it was in the catalog. */
export interface Judged extends Person {
  /** Ref of the User; left out where a version stored them that did not keep it. */
  readonly user?: string;
}

export interface IssueRef {
  readonly installationId: number;
  readonly repositoryId: number;
  readonly owner: string;
  readonly repo: string;
  readonly number: number;
  readonly nodeId: string;
  readonly url: string;
}

/** Issues are known by their number in a repository, and that by its own: names change. */
type IssuePlace = Pick<IssueRef, 'repositoryId' | 'number'>;

export function isOnIssue(place: IssuePlace, { repositoryId, number }: IssuePlace): boolean {
  return place.repositoryId === repositoryId && place.number === number;
}

/**
 * The number by which the text of an issue itself stands among comments. GitHub numbers issues and comments apart, so
 * that the same number may be one of each; below zero it is nobody else's, and comes before every comment, as the text
 * does.
 */
export function textOfIssue(issueId: number): number {
  return -issueId;
}

export function isTextOfIssue(commentId: number): boolean {
  return commentId < 0;
}

export type RequestState = 'pending' | 'granted' | 'denied' | 'cancelled' | 'lapsed';

/** Times are ISO 8601 in UTC. */
export interface AccessRequest {
  /** `r1`, `r2`, … */
  readonly id: string;
  readonly state: RequestState;
  readonly requester: Judged;
  /** Entity ref, `resource:payments/payments-db`. */
  readonly resource: string;
  readonly namespace: string;
  /** host:port as the relay will dial it: the role's own, where the entity names one. */
  readonly target: string;
  readonly protocol: string;
  readonly role: string;
  /** The cloud role that stands behind the role: checked, shown and recorded, and taken on by nobody here. */
  readonly iam?: string;
  readonly durationMs: number;
  readonly reason: string;
  readonly entityHash: string;
  readonly ruleHash: string;
  readonly policyRevision: string;
  readonly issue: IssueRef;
  /** The comment that asked, or the text of the issue itself: see textOfIssue. */
  readonly commentId: number;
  /** GitHub's name for it, to read it again by. */
  readonly commentNodeId: string;
  readonly createdAt: string;
  readonly lapsesAt: string;
  readonly digest: string;
  /** What is demanded of whoever signs in to use it; left out where nothing is. */
  readonly signIn?: SignInDemand;
  /** Who approves it signs in over it; left out where the comment is enough. */
  readonly confirm?: 'sign-in';
  /** The grant that is to last longer, and `durationMs` by how much; null for access that is new. */
  readonly extends: string | null;
  /** Its time begins with the first claim, so long after the last approval at most; left out, with that approval. */
  readonly useWithinMs?: number;
}

/** One person's yes. `durationMs` is the request's, or shorter where the approver narrowed it. */
export interface Approval {
  readonly approver: Judged;
  readonly commentId: number;
  readonly at: string;
  readonly digest: string;
  /** Entity ref of the group or user that entitled them. */
  readonly via: string;
  readonly durationMs: number;
  /** The sign-in by which the approver confirmed it; left out where the comment was enough. */
  readonly confirmedBy?: ConfirmedBy;
}

/** The digest of what was asked and shown. Logins, Users and the state are no part of it: they may change rightly. */
export function requestDigest(request: Omit<AccessRequest, 'digest' | 'state'>): string {
  const { id, requester, resource, namespace, target, protocol, role, durationMs } = request;
  const { iam, reason, entityHash, ruleHash, issue, commentId, createdAt, lapsesAt } = request;
  const { useWithinMs } = request;
  return digest({
    request: id,
    requester: requester.id,
    resource,
    namespace,
    target,
    protocol,
    role,
    // Only where there is one, so that a request of an earlier version keeps its digest.
    ...(iam !== undefined && { iam }),
    durationMs,
    reason,
    entityHash,
    ruleHash,
    repository: issue.repositoryId,
    issue: issue.number,
    comment: commentId,
    extends: request.extends,
    createdAt,
    lapsesAt,
    ...(useWithinMs !== undefined && { useWithinMs }),
    ...(request.signIn && { signIn: { ...request.signIn } }),
    ...(request.confirm && { confirm: request.confirm }),
  });
}
