// What becomes of a broken glass: the grant that was taken, everybody who is told, and the review that is due.

import type { Derivation } from '../access/explain.ts';
import { expiresAt } from '../access/grant-time.ts';
import type { Grant } from '../access/lifecycle.ts';
import type { Approver } from '../access/reasons.ts';
import { isOnIssue, type AccessRequest } from '../access/request.ts';
import { addGrant } from '../store/grants.ts';
import { closeReview, markToldOverdue, openReview, type Review } from '../store/reviews.ts';
import {
  aboutGrant,
  actorOf,
  commit,
  numberOf,
  originOf,
  Overtaken,
  recorded,
  recordedTime,
  settleCommand,
  threadOf,
  type CommandSource,
  type Ledger,
} from './ledger.ts';
import { showState } from './showing.ts';
import { askedOf, keepNew } from './requests.ts';

/** Keeps request, grant and review, and tells everybody who was skipped. Throws Overtaken as openRequest does. */
export async function breakGlass(
  ledger: Ledger,
  source: CommandSource,
  broken: {
    request: AccessRequest;
    grant: Grant;
    skipped: readonly Approver[];
    reviewers: readonly Approver[];
    derivation: Derivation;
  },
): Promise<void> {
  const { request, grant, skipped, reviewers, derivation } = broken;
  await commit(ledger, async (entry) => {
    await keepNew(entry, { ...broken, missing: [] });
    const number = numberOf(request.id);
    await addGrant(entry.queries, number, grant);
    const dueAt = grant.reviewBy ?? expiresAt(grant);
    await openReview(entry.queries, { requestNumber: number, dueAt, reviewers });
    await entry.record({
      ...aboutGrant(grant),
      actor: actorOf(source.author),
      action: 'grant.break-glass',
      outcome: 'success',
      origin: originOf(source),
      data: {
        asked: askedOf(request),
        ...recordedTime(grant),
        relays: [...grant.relays],
        skipped: skipped.map(({ ref }) => ref),
        reviewers: reviewers.map(({ ref }) => ref),
        reviewBy: grant.reviewBy,
        derivation: recorded(derivation),
      },
    });
    await showState(entry, request);
    await entry.post(threadOf(request.issue), `${request.id}:glass-broken`, {
      kind: 'comment',
      telling: { about: 'glass-broken', request: number, approvers: skipped },
    });
    await settleCommand(entry, source, { outcome: 'glass-broken', reaction: 'rocket' });
  });
}

/** Closes the review, and shows it where it was done. Throws Overtaken when somebody else has closed it. */
export async function recordReview(
  ledger: Ledger,
  source: CommandSource,
  reviewed: { grant: Grant; remark: string; derivation: Derivation },
): Promise<void> {
  const { grant, remark, derivation } = reviewed;
  await commit(ledger, async (entry) => {
    const done = { by: source.author, at: entry.at, remark };
    if (!(await closeReview(entry.queries, numberOf(grant.requestId), done))) {
      throw new Overtaken(`the review of ${grant.requestId} is closed`);
    }
    await entry.record({
      ...aboutGrant(grant),
      actor: actorOf(source.author),
      action: 'grant.review',
      outcome: 'success',
      origin: originOf(source),
      data: { words: remark, derivation: recorded(derivation) },
    });
    if (isOnIssue(source.thread, grant.issue)) {
      await showState(entry, { id: grant.requestId, issue: grant.issue });
    } else {
      // There is no card any more that could show it.
      const telling = { about: 'reviewed', request: numberOf(grant.requestId) } as const;
      await entry.post(source.thread, `${grant.requestId}:reviewed`, { kind: 'comment', telling });
    }
    await settleCommand(entry, source, { outcome: 'reviewed', reaction: 'rocket' });
  });
}

/** Tells once that a review is overdue; it stays open until somebody does it. */
export async function recordOverdue(
  ledger: Ledger,
  { grant, review }: { grant: Grant; review: Review },
): Promise<void> {
  await commit(ledger, async (entry) => {
    if (!(await markToldOverdue(entry.queries, review.requestNumber))) return;
    await entry.record({
      ...aboutGrant(grant),
      actor: { kind: 'bot' },
      action: 'grant.review-overdue',
      outcome: 'success',
      origin: { kind: 'bot' },
      data: { dueAt: review.dueAt },
    });
    await entry.post(threadOf(grant.issue), `${grant.requestId}:review-overdue`, {
      kind: 'comment',
      telling: {
        about: 'review-overdue',
        request: review.requestNumber,
        approvers: review.reviewers,
      },
    });
  });
}
