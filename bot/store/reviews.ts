// The reviews that broken glasses demand. Each is opened once, with its grant, and closed once.

import type { OpenGlass } from '../access/break-glass.ts';
import type { Grant } from '../access/lifecycle.ts';
import type { Approver } from '../access/reasons.ts';
import type { Person } from '../access/request.ts';
import type { Queries } from './store.ts';

export interface Review {
  readonly requestNumber: number;
  readonly dueAt: string;
  /** Who may review it. */
  readonly reviewers: readonly Approver[];
  readonly done: ReviewDone | null;
}

export interface ReviewDone {
  /** Null where an older version closed it, because its issue was not there. Nobody did then. */
  readonly by: Person | null;
  readonly at: string;
  /** Empty where there was nothing to say. */
  readonly remark: string;
}

export async function openReview(
  queries: Queries,
  { reviewers, ...review }: Omit<Review, 'done'>,
): Promise<void> {
  await queries
    .insertInto('reviews')
    .values({ ...review, reviewers: JSON.stringify(reviewers), done: null })
    .execute();
}

export async function reviewOfRequest(
  queries: Queries,
  requestNumber: number,
): Promise<Review | undefined> {
  const row = await queries
    .selectFrom('reviews')
    .select(columns)
    .where('requestNumber', '=', requestNumber)
    .executeTakeFirst();
  return row && reviewOf(row);
}

/** Closes an open review. Returns false, and changes nothing, when it was closed already. */
export async function closeReview(
  queries: Queries,
  requestNumber: number,
  done: ReviewDone & { readonly by: Person },
): Promise<boolean> {
  const result = await queries
    .updateTable('reviews')
    .set({ done: JSON.stringify(done) })
    .where('requestNumber', '=', requestNumber)
    .where('done', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** The requests whose reviews are open. */
export async function openReviews(queries: Queries): Promise<number[]> {
  const rows = await queries
    .selectFrom('reviews')
    .select('requestNumber')
    .where('done', 'is', null)
    .orderBy('requestNumber')
    .execute();
  return rows.map(({ requestNumber }) => requestNumber);
}

/** The open review that is due first and of which nobody was told yet that it is overdue. */
export async function nextDueReview(queries: Queries): Promise<Review | undefined> {
  const row = await queries
    .selectFrom('reviews')
    .select(columns)
    .where('done', 'is', null)
    .where('isToldOverdue', '=', 0)
    .orderBy('dueAt')
    .limit(1)
    .executeTakeFirst();
  return row && reviewOf(row);
}

/** Returns false, and changes nothing, when it was reviewed or told of meanwhile. */
export async function markToldOverdue(queries: Queries, requestNumber: number): Promise<boolean> {
  const result = await queries
    .updateTable('reviews')
    .set({ isToldOverdue: 1 })
    .where('requestNumber', '=', requestNumber)
    .where('done', 'is', null)
    .where('isToldOverdue', '=', 0)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** The broken glasses that are not reviewed, or whose grant has not ended. */
export async function openGlasses(queries: Queries): Promise<OpenGlass[]> {
  const rows = await queries
    .selectFrom('reviews')
    .innerJoin('grants', 'grants.requestNumber', 'reviews.requestNumber')
    .select('grants.body')
    .where(({ eb, or }) => or([eb('reviews.done', 'is', null), eb('grants.state', '=', 'active')]))
    .execute();
  return rows.map(({ body }) => {
    const { requestId, grantee, resource, target } = JSON.parse(body) as Grant;
    return { request: requestId, grantee, resource, target };
  });
}

const columns = ['requestNumber', 'dueAt', 'reviewers', 'done'] as const;

function reviewOf(row: {
  requestNumber: number;
  dueAt: string;
  reviewers: string;
  done: string | null;
}): Review {
  // Written by this file alone.
  const reviewers = JSON.parse(row.reviewers) as Approver[];
  return {
    ...row,
    reviewers,
    done: row.done === null ? null : (JSON.parse(row.done) as ReviewDone),
  };
}
