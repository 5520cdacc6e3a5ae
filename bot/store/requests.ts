// Requests and the approvals they have. The columns beside the body are what is searched and what changes; the body
// is what was asked, and never changes.

import type { Missing, Refusal } from '../access/reasons.ts';
import type { AccessRequest, Approval, IssueRef, RequestState } from '../access/request.ts';
import type { Needs } from '../access/told.ts';
import { currentEpoch } from './epochs.ts';
import type { Queries } from './store.ts';

type Frozen = Omit<AccessRequest, 'state'>;

/** A request as it stands, with what only the thread needs. */
export interface StoredRequest extends Needs {
  readonly number: number;
  readonly request: AccessRequest;
  readonly approvals: readonly Approval[];
  readonly cardCommentId: number | null;
  /** Somebody else changed the card, and it is not put back yet. */
  readonly isCardChanged: boolean;
  /** When it was last put back, by GitHub's clock; null where that was never needed. */
  readonly cardRestoredAt: string | null;
  readonly ending: Ending | null;
}

/** Who ended a request or its grant, and why. */
export interface Ending {
  readonly by: string;
  /** In their words, or as a reason code. */
  readonly reason: string;
  /** What the reason code is of. */
  readonly refusal?: Refusal;
  readonly at: string;
}

/** The number the next request will have. Meant for inside the transaction that adds it. */
export async function nextRequestNumber(queries: Queries): Promise<number> {
  const { firstRequest } = await currentEpoch(queries);
  const row = await queries
    .selectFrom('requests')
    .select(({ fn }) => fn.max('number').as('last'))
    .executeTakeFirst();
  return Math.max((row?.last ?? 0) + 1, firstRequest);
}

export async function addRequest(
  queries: Queries,
  number: number,
  { request, missing, told }: Needs & { request: AccessRequest },
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
      missing: JSON.stringify({ missing, told }),
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

/** An issue on which something is open. */
export interface OpenThread {
  readonly issue: IssueRef;
  /** The comment that asked for the oldest of what is open. */
  readonly commentId: number;
  /** When that was kept here. */
  readonly openedAt: string;
  /** Whether a request waits there or a grant is live. Otherwise there is only a review, which a reviewer alone closes. */
  readonly canEnd: boolean;
}

/**
 * The issues with a pending request, an active grant or an open review; with `only`, that one, if it is one of them.
 */
export async function openThreads(
  queries: Queries,
  only?: { readonly repositoryId: number; readonly number: number },
): Promise<OpenThread[]> {
  let query = queries
    .selectFrom('requests')
    .leftJoin('grants', 'grants.requestNumber', 'requests.number')
    .leftJoin('reviews', 'reviews.requestNumber', 'requests.number')
    .select(['requests.body', 'requests.state', 'grants.state as grantState'])
    .where(({ eb, or }) =>
      or([
        eb('requests.state', '=', 'pending'),
        eb('grants.state', '=', 'active'),
        eb.and([eb('reviews.requestNumber', 'is not', null), eb('reviews.done', 'is', null)]),
      ]),
    )
    .orderBy('requests.commentId');
  if (only) {
    query = query
      .where('requests.repositoryId', '=', only.repositoryId)
      .where('requests.issueNumber', '=', only.number);
  }
  const oldest = new Map<string, OpenThread>();
  for (const { body, state, grantState } of await query.execute()) {
    const { issue, commentId, createdAt } = JSON.parse(body) as Frozen;
    const key = `${issue.repositoryId}#${issue.number}`;
    const thread = oldest.get(key) ?? { issue, commentId, openedAt: createdAt, canEnd: false };
    const canEnd = thread.canEnd || state === 'pending' || grantState === 'active';
    oldest.set(key, { ...thread, canEnd });
  }
  return [...oldest.values()];
}

export async function pendingRequests(queries: Queries): Promise<StoredRequest[]> {
  const rows = await queries
    .selectFrom('requests')
    .selectAll()
    .where('state', '=', 'pending')
    .orderBy('lapsesAt')
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

/** Notes what is still needed, and what is told beside it. */
export async function setNeeds(
  queries: Queries,
  number: number,
  { missing, told }: Needs,
): Promise<void> {
  await queries
    .updateTable('requests')
    .set({ missing: JSON.stringify({ missing, told }) })
    .where('number', '=', number)
    .execute();
}

/** Notes how the grant of a request ended, for its card. */
export async function setEnding(queries: Queries, number: number, ending: Ending): Promise<void> {
  await queries
    .updateTable('requests')
    .set({ ending: JSON.stringify(ending) })
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
  cardChanged: number;
  cardRestoredAt: string | null;
  missing: string;
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
    // All were written by this file, from values of these very types.
    request: { ...(JSON.parse(row.body) as Frozen), state: row.state },
    approvals: approvals.map((approval) => JSON.parse(approval.body) as Approval),
    ...needsOf(row),
    cardCommentId: row.cardCommentId,
    isCardChanged: row.cardChanged === 1,
    cardRestoredAt: row.cardRestoredAt,
    ending: row.ending === null ? null : (JSON.parse(row.ending) as Ending),
  };
}

/** An older version noted what was missing, and nothing beside it. */
function needsOf(row: Pick<Row, 'missing'>): Needs {
  const needs = JSON.parse(row.missing) as Needs | Missing[];
  return Array.isArray(needs) ? { missing: needs, told: [] } : needs;
}
