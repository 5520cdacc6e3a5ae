// Approvals that wait for their approver's sign-in. A row is written when the comment was read, and its state moves once:
// what was confirmed, refused, replaced by a later comment, or over by time never waits again.

import type { AccessRequest, Person } from '../access/request.ts';
import type { Queries } from './store.ts';

/** `replaced`: the same person approved the same request by a later comment. */
export type WaitingState = 'waiting' | 'confirmed' | 'refused' | 'replaced' | 'lapsed';

export interface WaitingApproval {
  /** `c_` and 26 base32 characters. It names, and opens nothing. */
  readonly id: string;
  readonly state: WaitingState;
  readonly requestNumber: number;
  readonly approver: Person;
  /** Of the request when it was approved. */
  readonly digest: string;
  readonly commentId: number;
  /** GitHub's name for the comment, to read it again by. */
  readonly commentNodeId: string;
  /** For how long the access would be given, as the comment says. */
  readonly durationMs: number;
  /** When it stops waiting, ISO 8601. */
  readonly until: string;
}

export type NewWaiting = Omit<WaitingApproval, 'state'>;

/** Adds one. An earlier one of the same person for the same request stops waiting. */
export async function addWaiting(queries: Queries, waiting: NewWaiting): Promise<void> {
  const { id, requestNumber, approver, until, ...rest } = waiting;
  await queries
    .updateTable('waitingApprovals')
    .set({ state: 'replaced' })
    .where('requestNumber', '=', requestNumber)
    .where('approverId', '=', approver.id)
    .where('state', '=', 'waiting')
    .execute();
  const body = JSON.stringify({ ...rest, login: approver.login });
  await queries
    .insertInto('waitingApprovals')
    .values({ id, requestNumber, approverId: approver.id, until, state: 'waiting', body })
    .execute();
}

export async function readWaiting(
  queries: Queries,
  id: string,
): Promise<WaitingApproval | undefined> {
  const row = await queries
    .selectFrom('waitingApprovals')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row && waitingOf(row);
}

/** Those that could be confirmed at this moment, if the request is pending. */
export async function waitingFor(
  queries: Queries,
  { number, request }: { number: number; request: Pick<AccessRequest, 'state'> },
  now: Date,
): Promise<WaitingApproval[]> {
  if (request.state !== 'pending') return [];
  const rows = await queries
    .selectFrom('waitingApprovals')
    .selectAll()
    .where('requestNumber', '=', number)
    .where('state', '=', 'waiting')
    .where('until', '>', now.toISOString())
    .orderBy('until')
    .execute();
  return rows.map(waitingOf);
}

/** The one that stops waiting first, of a request that is pending: with its request it is over anyway. */
export async function nextWaitingToLapse(queries: Queries): Promise<WaitingApproval | undefined> {
  const row = await queries
    .selectFrom('waitingApprovals')
    .innerJoin('requests', 'requests.number', 'waitingApprovals.requestNumber')
    .selectAll('waitingApprovals')
    .where('waitingApprovals.state', '=', 'waiting')
    .where('requests.state', '=', 'pending')
    .orderBy('waitingApprovals.until')
    .limit(1)
    .executeTakeFirst();
  return row && waitingOf(row);
}

/** Moves it on. Returns false, and changes nothing, when it no longer waits. */
export async function endWaiting(
  queries: Queries,
  id: string,
  state: Exclude<WaitingState, 'waiting'>,
): Promise<boolean> {
  const result = await queries
    .updateTable('waitingApprovals')
    .set({ state })
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

interface Row {
  id: string;
  requestNumber: number;
  approverId: number;
  until: string;
  state: WaitingState;
  body: string;
}

function waitingOf({ body, approverId, ...row }: Row): WaitingApproval {
  // Written by addWaiting, from a value of this very type.
  const { login, ...rest } = JSON.parse(body) as Pick<
    WaitingApproval,
    'digest' | 'commentId' | 'commentNodeId' | 'durationMs'
  > & { login: string };
  return { ...row, ...rest, approver: { id: approverId, login } };
}
