// `/extend`: more time for a grant that is live. The grantee asks, the same people approve under the same policy, and
// the whole never lasts longer than the role allows. The grant stays what it is; only its end moves.

import { missingApprovals, viewWithout } from './approvals.ts';
import { judgePerson, type Facts } from './eligibility.ts';
import {
  approvalsMissing,
  startTrail,
  type Derivation,
  type Refused,
  type Trail,
} from './explain.ts';
import { lengthOf, type Running } from './grant-time.ts';
import { judgeHours } from './hours.ts';
import type { Grant, RunningGrant } from './lifecycle.ts';
import { writeRequest, type Opening } from './opening.ts';
import { refuse, type Missing } from './reasons.ts';
import type { AccessRequest } from './request.ts';
import { judgeStanding } from './standing.ts';
import { maxDurationMs, subjectOfMore, type Subject } from './subject.ts';

export interface ExtendQuestion extends Opening {
  readonly grant: Grant;
  readonly durationMs: number;
  readonly reason: string;
  /** A request of this grant's that waits already. */
  readonly waiting?: string;
}

export type ExtendDecision =
  | {
      readonly kind: 'open';
      readonly request: AccessRequest;
      readonly missing: readonly Missing[];
      readonly derivation: Derivation;
    }
  | Refused;

export function decideExtend(question: ExtendQuestion, facts: Facts): ExtendDecision {
  const trail = startTrail();
  const { grant, durationMs, reason } = question;
  const user = judgePerson(question.requester, facts, trail);
  if (user.kind === 'refused') return user;
  const refused = judgeAsker(question, trail);
  if (refused) return refused;
  const standing = judgeStanding(grant, facts, trail);
  if (standing.kind === 'refused') return standing;
  const subject = subjectOfMore(standing.subject, facts, trail);
  const time = judgeStarted(grant, trail);
  if (time.kind === 'refused') return time;
  const tooLong = judgeLength({ grant, durationMs }, subject, trail);
  if (tooLong) return tooLong;
  const hours = judgeHours(subject.rules, new Date(time.endsAt), trail);
  if (hours.kind === 'refused') return hours;
  const terms = { subject, durationMs, reason, extends: grant.id };
  const view = viewWithout(grant.grantee.id, facts);
  const missing = missingApprovals(subject.requirements, [], subject.resource, view);
  return {
    kind: 'open',
    request: writeRequest(question, terms, facts),
    missing,
    derivation: [...trail.steps, approvalsMissing(missing)],
  };
}

function judgeAsker(
  { grant, requester, waiting }: ExtendQuestion,
  trail: Trail,
): Refused | undefined {
  const { id, grantee } = grant;
  if (requester.id !== grantee.id) {
    const data = { login: requester.login, grant: id, grantee: grantee.login };
    return trail.unmet('person-is-the-grantee', refuse('not-the-grantee', data));
  }
  trail.met('person-is-the-grantee', { id: requester.id });
  if (grant.reviewBy !== null) {
    return trail.unmet(
      'grant-can-be-extended',
      refuse('glass-not-extended', { request: grant.requestId }),
    );
  }
  if (grant.autoApprovedFor !== undefined) {
    const reason = refuse('auto-not-extended', { grant: id });
    return trail.unmet('grant-can-be-extended', reason);
  }
  if (waiting !== undefined) {
    const reason = refuse('extension-waits', { grant: id, request: waiting });
    return trail.unmet('grant-can-be-extended', reason);
  }
  trail.met('grant-can-be-extended', { grant: id });
  return undefined;
}

/** What has not begun has no end that could move. */
export function judgeStarted({ id, time }: Grant, trail: Trail): Running | Refused {
  if (time.kind === 'waiting') {
    const reason = refuse('grant-not-started', { grant: id, expiresAt: time.useBy });
    return trail.unmet('grant-has-started', reason);
  }
  trail.met('grant-has-started', { startsAt: time.startsAt });
  return time;
}

/** Whether the whole of a grant that stands stays within what its role allows. */
export function judgeLength(
  { grant, durationMs }: { readonly grant: Grant; readonly durationMs: number },
  { resource, role }: Subject,
  trail: Trail,
): Refused | undefined {
  const maxMs = maxDurationMs(resource, role);
  const leftMs = maxMs - lengthOf(grant);
  // `!(a <= b)` and not `a > b`: a length that is no number must not pass.
  if (!(durationMs <= leftMs)) {
    const data = { grant: grant.id, askedMs: durationMs, leftMs, maxMs };
    return trail.unmet('extension-is-allowed', refuse('extension-too-long', data));
  }
  trail.met('extension-is-allowed', { durationMs, maxMs });
  return undefined;
}

/** The same grant with a later end. */
export function extendedBy(grant: RunningGrant, durationMs: number): RunningGrant {
  const { time } = grant;
  const endsAt = new Date(Date.parse(time.endsAt) + durationMs).toISOString();
  return { ...grant, time: { ...time, endsAt } };
}
