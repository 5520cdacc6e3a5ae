// `/break-glass`: access at once and without an approval, for those the policy names and for no longer than it says;
// and `/review`, which every one of them demands. Everybody who was skipped is told, and nobody reviews what they did.

import { isMember } from '../catalog/ownership.ts';
import { describeApprovers, requirementsFor, type View } from './approvals.ts';
import { isSamePerson, judgeBreaker, judgePerson, userOf, type Facts } from './eligibility.ts';
import { startTrail, type Derivation, type Refused, type Trail } from './explain.ts';
import type { Asked } from './grammar.ts';
import { runFrom } from './grant-time.ts';
import type { Grant } from './lifecycle.ts';
import { writeGrant, writeRequest, type Opening } from './opening.ts';
import { refuse, type Approver } from './reasons.ts';
import type { AccessRequest, Judged, Person } from './request.ts';
import { findSubject, maxDurationMs, settleDuration, type Subject } from './subject.ts';

export interface BreakGlassQuestion extends Opening {
  readonly command: Asked;
  readonly grantId: string;
  /** The repository of the policy, `owner/name`. */
  readonly home: string;
  /** When the comment was written, as GitHub says. */
  readonly writtenAt: string;
  /** The broken glasses that are not reviewed, or whose grant has not ended, whoever broke them. */
  readonly open: readonly OpenGlass[];
}

export interface OpenGlass {
  readonly request: string;
  readonly grantee: Judged;
  readonly resource: string;
  readonly target: string;
}

/** An older command is not taken: its deliveries may have been lost for days, and the emergency may be over. */
const maxAgeMs = 15 * 60_000;

export type BreakGlassDecision =
  | {
      readonly kind: 'broken';
      readonly request: AccessRequest;
      readonly grant: Grant;
      /** Whoever would have been asked: they are told. */
      readonly skipped: readonly Approver[];
      /** Those of them that the policy itself names: one of them reviews it. */
      readonly reviewers: readonly Approver[];
      readonly derivation: Derivation;
    }
  | Refused;

export function decideBreakGlass(question: BreakGlassQuestion, facts: Facts): BreakGlassDecision {
  const { command, requester } = question;
  const trail = startTrail();
  const user = judgePerson(requester, facts, trail);
  if (user.kind === 'refused') return user;
  const subject = findSubject(command, facts, trail);
  if (subject.kind === 'refused') return subject;
  const breaker = { user, login: requester.login };
  const view: View = { catalog: facts.catalog, exceptUser: user.ref };
  const reviewers = reviewersOf(subject, view);
  const refused =
    judgeBreaker(breaker, subject.rules, facts.catalog, trail) ??
    judgePlace(question, subject, trail) ??
    judgeMoment(question, subject, facts, trail) ??
    judgeReason(command, subject, trail) ??
    judgeReviewers(reviewers, subject, trail);
  if (refused) return refused;
  const { resource, role, rules } = subject;
  const maxMs = Math.min(maxDurationMs(resource, role), rules.breakGlass?.maxMs ?? 0);
  const durationMs = settleDuration(command.durationMs, { role, maxMs }, trail);
  if (typeof durationMs !== 'number') return durationMs;

  const terms = { subject, durationMs, reason: command.reason };
  const request: AccessRequest = { ...writeRequest(question, terms, facts), state: 'granted' };
  return {
    kind: 'broken',
    request,
    grant: writeGrant(request, {
      id: question.grantId,
      // An emergency is now, whatever the policy's clock says.
      time: runFrom(facts.now, durationMs),
      relays: rules.relays,
      approvals: [],
      reviewMs: rules.breakGlass?.reviewMs ?? 0,
      now: facts.now,
    }),
    skipped: describeApprovers(subject.requirements, resource, view),
    reviewers,
    derivation: trail.steps,
  };
}

/** Those whom the policy names; whom a descriptor adds could be a friend of its author. */
function reviewersOf(subject: Subject, view: View): readonly Approver[] {
  const { resource, isNew } = subject;
  const bare = { ...subject, resource: { ...resource, approvers: [] } };
  const byPolicy = requirementsFor(bare, isNew);
  return describeApprovers(byPolicy, resource, view);
}

/** In a repository of their own somebody could break the glass unseen. */
function judgePlace(
  { issue, home }: BreakGlassQuestion,
  { rules }: Subject,
  trail: Trail,
): Refused | undefined {
  const repositories = rules.breakGlass?.repositories ?? [home.toLowerCase()];
  const here = `${issue.owner}/${issue.repo}`.toLowerCase();
  if (!repositories.includes(here)) {
    return trail.unmet('place-is-allowed', refuse('glass-elsewhere', { repositories }));
  }
  trail.met('place-is-allowed', { repository: here });
  return undefined;
}

/** Now, and not while the last one is open: otherwise the limit would be a matter of patience. */
function judgeMoment(
  { requester, writtenAt, open }: BreakGlassQuestion,
  { resource, target }: Subject,
  facts: Facts,
  trail: Trail,
): Refused | undefined {
  const ageMs = facts.now.getTime() - Date.parse(writtenAt);
  if (!(ageMs <= maxAgeMs)) {
    const reason = refuse('glass-too-late', { ageMs, maxMs: maxAgeMs });
    return trail.unmet('comment-is-fresh', reason);
  }
  trail.met('comment-is-fresh', { writtenAt });
  const own = open.filter(({ grantee }) => isSamePerson(requester, grantee, facts));
  const other = own.find((each) => each.resource === resource.ref || each.target === target);
  if (other) {
    const reason = refuse('glass-open', { request: other.request });
    return trail.unmet('no-other-glass-is-open', reason);
  }
  trail.met('no-other-glass-is-open', {});
  return undefined;
}

function judgeReviewers(
  reviewers: readonly Approver[],
  { resource }: Subject,
  trail: Trail,
): Refused | undefined {
  if (reviewers.every(({ logins }) => logins.length === 0)) {
    const reason = refuse('nobody-to-review', { resource: resource.ref });
    return trail.unmet('somebody-can-review', reason);
  }
  trail.met('somebody-can-review', { reviewers: reviewers.map(({ ref }) => ref) });
  return undefined;
}

/** Without one there is nothing to review. */
function judgeReason({ reason }: Asked, { resource }: Subject, trail: Trail): Refused | undefined {
  // A letter or a digit that is seen: blanks, HTML comments and characters without a shape say nothing.
  const seen = reason.replaceAll(/<!--.*?(?:-->|$)/gs, '');
  if (!/(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{N}]/u.test(seen)) {
    return trail.unmet('reason-is-given', refuse('reason-missing', { resource: resource.ref }));
  }
  trail.met('reason-is-given', {});
  return undefined;
}

export type ReviewDecision =
  { readonly kind: 'reviewed'; readonly derivation: Derivation } | Refused;

export interface ReviewQuestion {
  readonly grant: Grant;
  /** Who may review it, as it was when the glass was broken. */
  readonly reviewers: readonly Approver[];
  readonly by: Person;
  readonly seen: Seen;
}

/** What a reviewer has before their eyes. */
export type Seen =
  /** The card, with the digest of what it shows now, read again from GitHub. */
  | { readonly kind: 'card'; readonly digest: string }
  /** Another issue of the repository, while the card's is there. */
  | { readonly kind: 'another-issue' }
  /** Another issue of the repository, since the card's was deleted or moved. */
  | { readonly kind: 'issue-gone' };

/**
 * `/review`: somebody the policy named when the glass was broken, and never whoever broke it. Also after the end, and also
 * when the issue is gone: otherwise whoever can move or delete it would take the review along.
 */
export function decideReview(question: ReviewQuestion, facts: Facts): ReviewDecision {
  const { grant, reviewers, by, seen } = question;
  const trail = startTrail();
  const request = grant.requestId;
  if (isSamePerson(by, grant.grantee, facts)) {
    const reason = refuse('own-review', { request, approvers: reviewers });
    return trail.unmet('reviewer-is-not-the-grantee', reason, reviewers);
  }
  trail.met('reviewer-is-not-the-grantee', { id: by.id });
  const identified = userOf(by, facts);
  const via = reviewers.find(
    ({ ref }) => identified.kind === 'user' && isMember(facts.catalog, identified.user.ref, ref),
  );
  if (!via) {
    const reason = refuse('not-an-approver', { login: by.login, request, approvers: reviewers });
    return trail.unmet('approver-is-entitled', reason, reviewers);
  }
  trail.met('approver-is-entitled', { user: by.login, via: via.ref });
  return judgeSeen(seen, grant, trail) ?? { kind: 'reviewed', derivation: trail.steps };
}

/** Whoever reviews must have read what was done, not what somebody wrote over it, wherever it can be read. */
function judgeSeen(seen: Seen, grant: Grant, trail: Trail): Refused | undefined {
  const { requestId: request, digest } = grant;
  const { number: issue } = grant.issue;
  switch (seen.kind) {
    case 'another-issue':
      return trail.unmet('issue-is-gone', refuse('review-elsewhere', { request, issue }));
    case 'issue-gone':
      trail.met('issue-is-gone', { issue });
      return undefined;
    case 'card':
      if (seen.digest !== digest) {
        return trail.unmet('card-is-as-shown', refuse('card-changed', { request }));
      }
      trail.met('card-is-as-shown', { digest });
      return undefined;
  }
}
