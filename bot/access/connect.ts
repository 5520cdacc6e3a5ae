// Whether `/connect` opens a request: the person is known, the resource exists and counts, they may ask for it, and
// neither role nor duration goes beyond what policy and the entity allow. Plain facts in, a value out; what is not known
// is a no.

import type { User } from '../catalog/model.ts';
import { autoApproval, type AutoApproval } from './auto-approve.ts';
import { describeApprovers, missingApprovals, type View } from './approvals.ts';
import { judgePerson, requesterEntitlement, type Facts } from './eligibility.ts';
import {
  approvalsMissing,
  startTrail,
  type Derivation,
  type Refused,
  type Trail,
} from './explain.ts';
import type { Asked } from './grammar.ts';
import { giveTime, type GrantTime } from './grant-time.ts';
import { tellHours, type WithinHours } from './hours.ts';
import type { Grant } from './lifecycle.ts';
import { writeGrant, writeRequest, type Opening } from './opening.ts';
import { useWithinOf } from './policy.ts';
import type { Approver, Missing } from './reasons.ts';
import type { AccessRequest, Person } from './request.ts';
import { findSubject, maxDurationMs, settleDuration, type Subject } from './subject.ts';

/** An older command waits for a person, whatever the policy approves by itself. */
const maxAgeMs = 15 * 60_000;

/** What `/connect` brings along. */
export interface ConnectQuestion extends Opening {
  readonly command: Asked;
  /** The name of the grant, should the policy approve it by itself. */
  readonly grantId: string;
  /** It came by e-mail: whoever reads somebody's mail must not get access without another person. */
  readonly viaEmail: boolean;
  /** When the comment was written, as GitHub says. */
  readonly writtenAt: string;
}

export type ConnectDecision =
  | {
      readonly kind: 'open';
      readonly request: AccessRequest;
      readonly approvers: readonly Approver[];
      /** What a grant needs, all of it still missing. */
      readonly missing: readonly Missing[];
      readonly derivation: Derivation;
    }
  /** The policy approves it by itself. */
  | {
      readonly kind: 'granted';
      readonly request: AccessRequest;
      readonly grant: Grant;
      readonly derivation: Derivation;
    }
  | Refused;

export function decideConnect(question: ConnectQuestion, facts: Facts): ConnectDecision {
  const may = mayAsk(question.command, question.requester, facts);
  if (may.kind === 'refused') return may;
  const { subject, user, durationMs, hours, derivation } = may;
  const { reason } = question.command;
  const useWithinMs = useWithinOf(subject.rules);
  const request = writeRequest(question, { subject, durationMs, reason, useWithinMs }, facts);
  const { resource, requirements } = subject;
  const auto = autoApproval(subject, user, facts.catalog);
  const isByHand = !question.viaEmail && isFresh(question, facts);
  if (auto && durationMs <= auto.maxMs && isByHand && hours) {
    const time = giveTime(request, facts.now, hours);
    return grantAtOnce({ question, may, request, auto, time }, facts);
  }
  const view: View = { catalog: facts.catalog, exceptUser: user.ref };
  const missing = missingApprovals(requirements, [], resource, view);
  return {
    kind: 'open',
    request,
    approvers: describeApprovers(requirements, resource, view),
    missing,
    derivation: [...derivation, approvalsMissing(missing)],
  };
}

/** What is given at once has to be wanted now: a delivery may have been lost for days. */
function isFresh({ writtenAt }: ConnectQuestion, { now }: Facts): boolean {
  return now.getTime() - Date.parse(writtenAt) <= maxAgeMs;
}

function grantAtOnce(
  {
    question,
    may,
    request,
    auto,
    time,
  }: {
    question: ConnectQuestion;
    may: MayAsk;
    request: AccessRequest;
    auto: AutoApproval;
    time: GrantTime;
  },
  facts: Facts,
): ConnectDecision {
  const rule = { rule: 'policy-approves', fact: { ...auto }, satisfied: true } as const;
  const granted: AccessRequest = { ...request, state: 'granted' };
  return {
    kind: 'granted',
    request: granted,
    grant: writeGrant(granted, {
      id: question.grantId,
      time,
      relays: may.subject.rules.relays,
      approvals: [],
      reviewMs: null,
      autoApprovedFor: auto.via,
      now: facts.now,
    }),
    derivation: [...may.derivation, { ...rule, suppliers: [] }],
  };
}

export interface MayAsk {
  readonly kind: 'may-ask';
  readonly subject: Subject;
  /** Who asks, as the catalog knows them. */
  readonly user: User;
  readonly durationMs: number;
  /** In which access may be given now; undefined while they are closed. */
  readonly hours: WithinHours | undefined;
  readonly derivation: Derivation;
}

/** Whether this person may ask for this, without asking: what `/connect` decides by, and what `/why` explains. */
export function mayAsk(
  asked: Omit<Asked, 'reason'>,
  requester: Person,
  facts: Facts,
): MayAsk | Refused {
  const trail = startTrail();
  const user = judgePerson(requester, facts, trail);
  if (user.kind === 'refused') return user;
  const subject = findSubject(asked, facts, trail);
  if (subject.kind === 'refused') return subject;
  const barred = judgeRequester({ user, login: requester.login }, subject, facts, trail);
  if (barred) return barred;
  const maxMs = maxDurationMs(subject.resource, subject.role);
  const durationMs = settleDuration(asked.durationMs, { ...subject, maxMs }, trail);
  if (typeof durationMs !== 'number') return durationMs;
  const useWithinMs = useWithinOf(subject.rules);
  if (useWithinMs !== undefined) trail.met('starts-with-first-connection', { useWithinMs });
  const hours = tellHours(subject.rules, facts.now, trail);
  return { kind: 'may-ask', subject, user, durationMs, hours, derivation: trail.steps };
}

function judgeRequester(
  asking: { readonly user: User; readonly login: string },
  subject: Subject,
  facts: Facts,
  trail: Trail,
): Refused | undefined {
  const entitled = requesterEntitlement(asking, subject, facts);
  if (entitled.kind !== 'eligible') return trail.unmet('requester-is-eligible', entitled.reason);
  trail.met('requester-is-eligible', { via: entitled.via });
  return undefined;
}
