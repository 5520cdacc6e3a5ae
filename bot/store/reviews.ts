// The reviews that broken glasses demand. Each is opened once, with its grant, and closed once.

import type { Person } from '../access/request.ts';
import type { Queries } from './store.ts';

export interface Review {
  readonly requestNumber: number;
  readonly dueAt: string;
  readonly done: ReviewDone | null;
}

export interface ReviewDone {
  readonly by: Person;
  readonly at: string;
  /** Empty where there was nothing to say. */
  readonly remark: string;
}

export async function openReview(
  queries: Queries,
  review: { requestNumber: number; dueAt: string },
): Promise<void> {
  await queries
    .insertInto('reviews')
    .values({ ...review, done: null })
    .execute();
}

export async function reviewOfRequest(
  queries: Queries,
  requestNumber: number,
): Promise<Review | undefined> {
  const row = await queries
    .selectFrom('reviews')
    .select(['requestNumber', 'dueAt', 'done'])
    .where('requestNumber', '=', requestNumber)
    .executeTakeFirst();
  return row && reviewOf(row);
}

/** Closes an open review. Returns false, and changes nothing, when it was closed already. */
export async function closeReview(
  queries: Queries,
  requestNumber: number,
  done: ReviewDone,
): Promise<boolean> {
  const result = await queries
    .updateTable('reviews')
    .set({ done: JSON.stringify(done) })
    .where('requestNumber', '=', requestNumber)
    .where('done', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** The open review that is due first and of which nobody was told yet that it is overdue. */
export async function nextDueReview(queries: Queries): Promise<Review | undefined> {
  const row = await queries
    .selectFrom('reviews')
    .select(['requestNumber', 'dueAt', 'done'])
    .where('done', 'is', null)
    .where('isToldOverdue', '=', 0)
    .orderBy('dueAt')
    .limit(1)
    .executeTakeFirst();
  return row && reviewOf(row);
}

export async function markToldOverdue(queries: Queries, requestNumber: number): Promise<void> {
  await queries
    .updateTable('reviews')
    .set({ isToldOverdue: 1 })
    .where('requestNumber', '=', requestNumber)
    .execute();
}

function reviewOf(row: { requestNumber: number; dueAt: string; done: string | null }): Review {
  // Written by closeReview alone.
  return { ...row, done: row.done === null ? null : (JSON.parse(row.done) as ReviewDone) };
}
