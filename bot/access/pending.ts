// Whether a pending request still is what was asked and shown. Judged before every decision about it, and by the
// sweep: what has changed underneath voids it, so that nobody approves one thing and causes another.

import type { User } from '../catalog/model.ts';
import {
  missingApprovals,
  standingApprovals,
  type StandingApproval,
  type View,
} from './approvals.ts';
import { isUnknown, requesterEntitlement, userOfId, type Facts } from './eligibility.ts';
import type { Derivation, Refused, RuleName, Trail } from './explain.ts';
import { tellHours } from './hours.ts';
import { hasLapsed } from './lifecycle.ts';
import { ruleHash } from './policy.ts';
import { refuse, type Missing, type Refusal } from './reasons.ts';
import { requestDigest, type AccessRequest, type Approval } from './request.ts';
import { findSubject, type Subject } from './subject.ts';

export interface Pending {
  readonly kind: 'pending';
  readonly subject: Subject;
  /** The requester, as the catalog knows them now. */
  readonly requester: User;
}

/** The request has to end (event `void`), whoever looked at it. */
export interface Voided {
  readonly kind: 'voided';
  readonly reason: Refusal;
  readonly derivation: Derivation;
}

export function judgePending(
  request: AccessRequest,
  facts: Facts,
  trail: Trail,
): Pending | Voided | Refused {
  const closed = judgeOpen(request, facts.now, trail);
  if (closed) return closed;
  const subject = judgeSubject(request, facts, trail);
  if (subject.kind === 'voided') return subject;

  const identified = userOfId(request.requester.id, facts);
  if (identified.kind === 'nobody') {
    const refused = trail.unmet('person-is-known', identified.reason);
    // That GitHub does not say says nothing about the person: no decision now, and the request stays.
    return isUnknown(identified.reason) ? refused : voided(refused);
  }
  const { user } = identified;
  const { login } = request.requester;
  const entitled = requesterEntitlement({ user, login }, subject, facts);
  if (entitled.kind !== 'eligible') {
    const refused = trail.unmet('requester-is-eligible', entitled.reason);
    return isUnknown(entitled.reason) ? refused : voided(refused);
  }
  trail.met('requester-is-eligible', { via: entitled.via });
  return { kind: 'pending', subject, requester: user };
}

interface Approved {
  readonly request: AccessRequest;
  /** The approvals recorded so far. */
  readonly approvals: readonly Approval[];
}

/** Those of its approvals that count today. */
export function standingOf(
  { request, approvals }: Approved,
  { subject }: Pending,
  facts: Facts,
): readonly StandingApproval[] {
  const { digest, requester } = request;
  const about = { digest, requester, ...subject };
  return standingApprovals(approvals, about, facts);
}

/** What it needs today beside the approvals of these people. */
export function missingBeside(
  users: readonly User[],
  { subject, requester }: Pending,
  { catalog }: Pick<Facts, 'catalog'>,
): readonly Missing[] {
  const view: View = { catalog, exceptUser: requester.ref };
  return missingApprovals(subject.requirements, users, subject.resource, view);
}

/** What it needs today beside the approvals it has. Empty: one more word of somebody who may approve grants it. */
export function stillMissing(
  approved: Approved,
  pending: Pending,
  facts: Facts,
): readonly Missing[] {
  const standing = standingOf(approved, pending, facts);
  return missingBeside(
    standing.map(({ user }) => user),
    pending,
    facts,
  );
}

/**
 * Says from when it can be granted, where that is not now. More time begins with the end of its grant, so that it can be
 * given at any hour.
 */
export function tellWhenGranted(
  { extends: extended }: AccessRequest,
  { subject }: Pending,
  { now }: Pick<Facts, 'now'>,
  trail: Trail,
): void {
  if (extended === null) tellHours(subject.rules, now, trail);
}

/** Pending, and in time: what an ended or lapsed request was is no longer anybody's to decide. */
export function judgeOpen(request: AccessRequest, now: Date, trail: Trail): Refused | undefined {
  const { id, state, lapsesAt } = request;
  if (state !== 'pending') {
    return trail.unmet('request-is-pending', refuse('request-not-pending', { request: id, state }));
  }
  trail.met('request-is-pending', { request: id });
  if (hasLapsed(request, now)) {
    const reason = refuse('request-lapsed', { request: id, lapsedAt: lapsesAt });
    return trail.unmet('request-has-not-lapsed', reason);
  }
  trail.met('request-has-not-lapsed', { lapsesAt });
  return undefined;
}

function judgeSubject(request: AccessRequest, facts: Facts, trail: Trail): Subject | Voided {
  const { id, resource, namespace, role } = request;
  const changed = (rule: RuleName, reason: Refusal) => voided(trail.unmet(rule, reason));
  // The digest is computed anew: a request altered in the store is not the one that people were shown.
  if (requestDigest(request) !== request.digest) {
    return changed('request-is-intact', refuse('request-altered', { request: id }));
  }
  trail.met('request-is-intact', { digest: request.digest });
  const subject = findSubject({ resource, role }, facts, trail);
  if (subject.kind === 'refused') return voided(subject);
  if (subject.resource.hash !== request.entityHash) {
    return changed('entity-is-unchanged', refuse('entity-changed', { request: id, resource }));
  }
  trail.met('entity-is-unchanged', { hash: request.entityHash });
  if (ruleHash(facts.policy, subject.rules, subject.role) !== request.ruleHash) {
    return changed('rule-is-unchanged', refuse('rule-changed', { request: id, namespace }));
  }
  trail.met('rule-is-unchanged', { hash: request.ruleHash });
  return subject;
}

export function voided({ reason, derivation }: Refused): Voided {
  return { kind: 'voided', reason, derivation };
}
