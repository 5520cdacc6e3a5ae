// A grant after it was given: whether it still stands, and who may end it. Standing is judged at every claim and
// by the sweep, on today's facts: access that nobody would give any more is not handed out again.

import { entitlement, missingApprovals, standingApprovals, type View } from './approvals.ts';
import { approversFor } from './approvers.ts';
import { autoApproval } from './auto-approve.ts';
import { judgeBreaker, requesterEntitlement, userOf, userOfId, type Facts } from './eligibility.ts';
import { startTrail, type Derivation, type Refused, type Trail } from './explain.ts';
import { claimTime, expiresAt, lengthOf, type Running } from './grant-time.ts';
import { anyTime, judgeHours, type WithinHours } from './hours.ts';
import { stateAt, type Grant, type GrantState } from './lifecycle.ts';
import { refuse, type Approver } from './reasons.ts';
import type { Person } from './request.ts';
import type { SignInDemand } from './sign-in.ts';
import { findSubject, maxDurationMs, type Subject } from './subject.ts';

export type Standing =
  | {
      readonly kind: 'eligible';
      /** Those of the grant's relays that still serve the namespace; never empty. */
      readonly relays: readonly string[];
      readonly limits: {
        readonly sessions: number;
        readonly connections: number;
        readonly idleSeconds: number;
        readonly graceSeconds: number;
      };
      /** How its time runs when it is claimed at this moment: on, or from now. */
      readonly time: Running;
      /** What is demanded today of whoever claims it. */
      readonly identity: SignInDemand;
      readonly derivation: Derivation;
    }
  | Refused;

export type RevokeDecision =
  { readonly kind: 'revoked'; readonly derivation: Derivation } | Refused;

/** Whether the grant would still be given: to its grantee, at its address, by its approvals, and for as long. */
export function stillEligible(grant: Grant, facts: Facts): Standing {
  const trail = startTrail();
  const standing = judgeStanding(grant, facts, trail);
  if (standing.kind === 'refused') return standing;
  const { limits, idleSeconds, graceSeconds, relays, identity } = standing.subject.rules;
  return {
    kind: 'eligible',
    relays: grant.relays.filter((relay) => relays.includes(relay)),
    limits: { ...limits, idleSeconds, graceSeconds },
    time: claimTime(grant, facts.now, standing.hours),
    identity,
    derivation: trail.steps,
  };
}

interface Stands {
  readonly kind: 'stands';
  /** What the grant is about today. */
  readonly subject: Subject;
  /** In which it may last. */
  readonly hours: WithinHours;
}

/** What the grant rests on today, or why it would not be given any more. */
export function judgeStanding(grant: Grant, facts: Facts, trail: Trail): Stands | Refused {
  const ended = judgeActive(grant, facts.now, trail);
  if (ended) return ended;
  const subject = findSubject({ ...grant, givenAt: grant.grantedAt }, facts, trail);
  if (subject.kind === 'refused') return subject;
  const moved = judgeTarget(grant, subject, trail);
  if (moved) return moved;
  // A broken glass knows no hours: an emergency has none.
  const isBroken = grant.reviewBy !== null;
  const hours = isBroken ? anyTime : judgeHours(subject.rules, facts.now, trail);
  if (hours.kind === 'refused') return hours;
  const judgePeople = isBroken ? judgeBroken : judgeApproved;
  return judgePeople(grant, subject, facts, trail) ?? { kind: 'stands', subject, hours };
}

/**
 * `/revoke` by the grantee or by whoever approved it; undefined when the person is neither. It needs neither catalog
 * nor GitHub: ending access must work when everything else does not.
 */
export function decideOwnRevoke(
  { grant, by }: { readonly grant: Grant; readonly by: Person },
  now: Date,
): RevokeDecision | undefined {
  const trail = startTrail();
  const isGrantee = by.id === grant.grantee.id;
  if (!isGrantee && !grant.approvals.some(({ approver }) => approver.id === by.id)) {
    return undefined;
  }
  return judgeActive(grant, now, trail) ?? revoked(isGrantee ? 'grantee' : 'approver', trail);
}

/** `sallyportd revoke`: whoever reaches the bot's own socket may end anything that is live. */
export function decideOperatorRevoke(grant: Grant, now: Date): RevokeDecision {
  const trail = startTrail();
  return judgeActive(grant, now, trail) ?? revoked('operator', trail);
}

/** `/revoke`: the grantee, whoever approved it, or whoever could approve it today. */
export function decideRevoke(
  question: { readonly grant: Grant; readonly by: Person },
  facts: Facts,
): RevokeDecision {
  const trail = startTrail();
  const { grant, by } = question;
  const own = decideOwnRevoke(question, facts.now);
  if (own) return own;
  const ended = judgeActive(grant, facts.now, trail);
  if (ended) return ended;

  const { via, approvers } = approverToday(grant, by, facts);
  if (via !== undefined) return revoked(via, trail);
  const reason = refuse('not-a-revoker', { login: by.login, grant: grant.id, approvers });
  return trail.unmet('person-may-revoke', reason, approvers);
}

/** Whether it is live: neither ended by anybody nor by its time. */
export function judgeActive(grant: Grant, now: Date, trail: Trail): Refused | undefined {
  const state = stateAt(grant, now);
  if (state !== 'active') return refuseEnded(grant.id, state, trail);
  trail.met('grant-is-active', { endsAt: expiresAt(grant) });
  return undefined;
}

/** What rests on a grant that has ended: nothing is given by it, or added to it, any more. */
export function refuseEnded(
  grant: string,
  state: Exclude<GrantState, 'active'>,
  trail: Trail,
): Refused {
  return trail.unmet('grant-is-active', refuse('grant-not-active', { grant, state }));
}

/** A grant is for the address and the cloud role that were approved; where either is another, it is asked for anew. */
function judgeTarget(grant: Grant, subject: Subject, trail: Trail): Refused | undefined {
  const { id, resource, target, protocol } = grant;
  const served = grant.relays.some((relay) => subject.rules.relays.includes(relay));
  const isSame = subject.target === target && subject.iam === grant.iam;
  if (!isSame || subject.resource.protocol !== protocol || !served) {
    return trail.unmet('target-is-unchanged', refuse('target-changed', { grant: id, resource }));
  }
  trail.met('target-is-unchanged', { target });
  return undefined;
}

/** Nobody approved it, so nobody's approval can be missed: whoever broke the glass must still be one who may. */
function judgeBroken(
  grant: Grant,
  subject: Subject,
  facts: Facts,
  trail: Trail,
): Refused | undefined {
  const { grantee } = grant;
  const { rules } = subject;
  const identified = userOfId(grantee.id, facts);
  if (identified.kind === 'nobody') return trail.unmet('person-is-known', identified.reason);
  const breaker = { ...identified, login: grantee.login };
  return (
    judgeBreaker(breaker, rules, facts.catalog, trail) ??
    judgeLasting(grant, subject, rules.breakGlass?.maxMs ?? 0, trail)
  );
}

function judgeApproved(
  grant: Grant,
  subject: Subject,
  facts: Facts,
  trail: Trail,
): Refused | undefined {
  const { resource, rules, requirements } = subject;
  const { id, grantee, digest } = grant;
  const identified = userOfId(grantee.id, facts);
  if (identified.kind === 'nobody') return trail.unmet('person-is-known', identified.reason);
  const { user } = identified;
  const { login } = grantee;
  const entitled = requesterEntitlement({ user, login }, { resource, rules }, facts);
  if (entitled.kind !== 'eligible') return trail.unmet('requester-is-eligible', entitled.reason);
  trail.met('requester-is-eligible', { via: entitled.via });

  const auto =
    grant.autoApprovedFor === undefined ? undefined : autoApproval(subject, user, facts.catalog);
  if (auto) {
    trail.met('policy-approves', { ...auto });
    return judgeLasting(grant, subject, auto.maxMs, trail);
  }
  const about = { digest, requester: grantee, resource, requirements, rules };
  const standing = standingApprovals(grant.approvals, about, facts);
  const view: View = { catalog: facts.catalog, exceptUser: user.ref };
  const users = standing.map((each) => each.user);
  const missing = missingApprovals(requirements, users, resource, view);
  if (missing.length > 0) {
    const suppliers = missing.flatMap((each) => each.of);
    const reason = refuse('approval-withdrawn', { grant: id, missing });
    return trail.unmet('approvals-suffice', reason, suppliers);
  }
  trail.met('approvals-suffice', {
    approvers: standing.map(({ approval }) => approval.approver.id),
  });
  return judgeLasting(grant, subject, Infinity, trail);
}

/**
 * Whether it is no longer than is given today, more time that was added included: by role and entity, and by the rule
 * that gave it without an approval.
 */
function judgeLasting(
  grant: Grant,
  { resource, role }: Subject,
  ruleMaxMs: number,
  trail: Trail,
): Refused | undefined {
  const durationMs = lengthOf(grant);
  const maxMs = Math.min(maxDurationMs(resource, role), ruleMaxMs);
  // `!(a <= b)` and not `a > b`: a length that is no number must not pass.
  if (!(durationMs <= maxMs)) {
    const data = { grant: grant.id, role: role.name, durationMs, maxMs };
    return trail.unmet('duration-is-allowed', refuse('grant-too-long', data));
  }
  trail.met('duration-is-allowed', { durationMs, maxMs });
  return undefined;
}

/** What entitles this person to approve the grant's resource today, and who else is. */
function approverToday(
  grant: Grant,
  by: Person,
  facts: Facts,
): { via: string | undefined; approvers: readonly Approver[] } {
  const approvers = approversFor({ ...grant, requester: grant.grantee }, facts);
  const subject = findSubject(grant, facts, startTrail());
  const identified = userOf(by, facts);
  if (subject.kind === 'refused' || identified.kind === 'nobody') {
    return { via: undefined, approvers };
  }
  const { resource, requirements } = subject;
  return { via: entitlement(identified.user, resource, requirements, facts.catalog), approvers };
}

function revoked(as: string, trail: Trail): RevokeDecision {
  trail.met('person-may-revoke', { as });
  return { kind: 'revoked', derivation: trail.steps };
}
