// Requests and the approvals they have. The columns beside the body are what is searched and what changes; the body
// is what was asked, and never changes.

import type { AccessRequest, Approval, RequestState } from '../access/request.ts';
import type { Queries } from './store.ts';

type Frozen = Omit<AccessRequest, 'state'>;

/** A request as it stands, with what only the thread needs. */
export interface StoredRequest {
  readonly number: number;
  readonly request: AccessRequest;
  readonly approvals: readonly Approval[];
  readonly cardCommentId: number | null;
  readonly ending: Ending | null;
}

/** Who ended a request, and why in their words or as a reason code. */
export interface Ending {
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

/** The number the next request will have. Meant for inside the transaction that adds it. */
export async function nextRequestNumber(queries: Queries): Promise<number> {
  const row = await queries
    .selectFrom('requests')
    .select(({ fn }) => fn.max('number').as('last'))
    .executeTakeFirst();
  return (row?.last ?? 0) + 1;
}

export async function addRequest(
  queries: Queries,
  number: number,
  request: AccessRequest,
): Promise<void> {
  const { state, ...frozen } = request;
  await queries
    .insertInto('requests')
    .values({
      number,
      state,
      requesterId: request.requester.id,
      repositoryId: request.issue.repositoryId,
      issueNumber: request.issue.number,
      commentId: request.commentId,
      lapsesAt: request.lapsesAt,
      cardCommentId: null,
      ending: null,
      body: JSON.stringify(frozen),
    })
    .execute();
}

export async function readRequest(
  queries: Queries,
  number: number,
): Promise<StoredRequest | undefined> {
  const row = await queries
    .selectFrom('requests')
    .selectAll()
    .where('number', '=', number)
    .executeTakeFirst();
  return row && stored(queries, row);
}

export async function requestOfComment(
  queries: Queries,
  commentId: number,
): Promise<StoredRequest | undefined> {
  const row = await queries
    .selectFrom('requests')
    .selectAll()
    .where('commentId', '=', commentId)
    .executeTakeFirst();
  return row && stored(queries, row);
}

/** All requests of an issue, oldest first. */
export async function requestsOfIssue(
  queries: Queries,
  issue: { repositoryId: number; number: number },
): Promise<StoredRequest[]> {
  const rows = await queries
    .selectFrom('requests')
    .selectAll()
    .where('repositoryId', '=', issue.repositoryId)
    .where('issueNumber', '=', issue.number)
    .orderBy('number')
    .execute();
  return Promise.all(rows.map((row) => stored(queries, row)));
}

/** The pending request that lapses first. */
export async function nextToLapse(queries: Queries): Promise<StoredRequest | undefined> {
  const row = await queries
    .selectFrom('requests')
    .selectAll()
    .where('state', '=', 'pending')
    .orderBy('lapsesAt')
    .limit(1)
    .executeTakeFirst();
  return row && stored(queries, row);
}

/** Moves a request on. Returns false, and changes nothing, when it is no longer in `from`. */
export async function moveStoredRequest(
  queries: Queries,
  number: number,
  move: { from: RequestState; to: RequestState; ending?: Ending },
): Promise<boolean> {
  const result = await queries
    .updateTable('requests')
    .set({ state: move.to, ending: move.ending ? JSON.stringify(move.ending) : null })
    .where('number', '=', number)
    .where('state', '=', move.from)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function rememberCard(
  queries: Queries,
  number: number,
  cardCommentId: number,
): Promise<void> {
  await queries
    .updateTable('requests')
    .set({ cardCommentId })
    .where('number', '=', number)
    .execute();
}

/** Adds an approval. A person's second approval of the same request changes nothing. */
export async function addApproval(
  queries: Queries,
  requestNumber: number,
  approval: Approval,
): Promise<void> {
  await queries
    .insertInto('approvals')
    .values({ requestNumber, approverId: approval.approver.id, body: JSON.stringify(approval) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

interface Row {
  number: number;
  state: RequestState;
  cardCommentId: number | null;
  ending: string | null;
  body: string;
}

async function stored(queries: Queries, row: Row): Promise<StoredRequest> {
  const approvals = await queries
    .selectFrom('approvals')
    .select('body')
    .where('requestNumber', '=', row.number)
    .orderBy('approverId')
    .execute();
  return {
    number: row.number,
    // Both were written by this file, from values of these very types.
    request: { ...(JSON.parse(row.body) as Frozen), state: row.state },
    approvals: approvals.map((approval) => JSON.parse(approval.body) as Approval),
    cardCommentId: row.cardCommentId,
    ending: row.ending === null ? null : (JSON.parse(row.ending) as Ending),
  };
}
