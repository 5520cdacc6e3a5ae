// Grants and their sessions. A grant's row is written once; its time may begin, its end may move, its state moves once.
// A session's row follows what the relay reports, and a report that comes twice changes nothing.

import { sql } from 'kysely';
import { lastMoment, type GrantTime, type Running } from '../access/grant-time.ts';
import type { Grant, GrantState } from '../access/lifecycle.ts';
import type { RelayEvent } from '../../relay/control.ts';
import type { StoredRequest } from './requests.ts';
import type { Queries } from './store.ts';

interface Frozen extends Omit<Grant, 'state' | 'time' | 'endedReason' | 'endedBy'> {
  /** Of what waited when it was given. */
  readonly durationMs?: number;
}
type Ended = Pick<Grant, 'endedReason' | 'endedBy'>;

export interface Session {
  readonly id: string;
  readonly relay: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly endReason: string | null;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly connections: number;
}

export async function addGrant(
  queries: Queries,
  requestNumber: number,
  grant: Grant,
): Promise<void> {
  const { state, time, endedReason: _reason, endedBy: _by, ...frozen } = grant;
  const waits = time.kind === 'waiting';
  await queries
    .insertInto('grants')
    .values({
      id: grant.id,
      requestNumber,
      state,
      granteeId: grant.grantee.id,
      startsAt: waits ? null : time.startsAt,
      endsAt: lastMoment(grant),
      useBy: waits ? time.useBy : null,
      ended: null,
      body: JSON.stringify({ ...frozen, ...(waits && { durationMs: time.durationMs }) }),
    })
    .execute();
}

export async function readGrant(queries: Queries, id: string): Promise<Grant | undefined> {
  const row = await queries
    .selectFrom('grants')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row && grantOf(row);
}

export async function grantOfRequest(
  queries: Queries,
  requestNumber: number,
): Promise<Grant | undefined> {
  const row = await queries
    .selectFrom('grants')
    .selectAll()
    .where('requestNumber', '=', requestNumber)
    .executeTakeFirst();
  return row && grantOf(row);
}

/** The active grant that time ends first. */
export async function nextToExpire(queries: Queries): Promise<Grant | undefined> {
  const row = await queries
    .selectFrom('grants')
    .selectAll()
    .where('state', '=', 'active')
    .orderBy(sql`coalesce(use_by, ends_at)`)
    .limit(1)
    .executeTakeFirst();
  return row && grantOf(row);
}

export async function activeGrants(queries: Queries): Promise<Grant[]> {
  const rows = await queries
    .selectFrom('grants')
    .selectAll()
    .where('state', '=', 'active')
    .orderBy('endsAt')
    .execute();
  return rows.map(grantOf);
}

/** Grants that were revoked and of which a token could still be alive after `now`: what a relay must still refuse. */
export async function liveRevocations(
  queries: Queries,
  now: string,
): Promise<{ gid: string; endsAt: string }[]> {
  return queries
    .selectFrom('grants')
    .select(['id as gid', 'endsAt'])
    .where('state', '=', 'revoked')
    .where('endsAt', '>', now)
    .execute();
}

/** Ends an active grant. Returns false, and changes nothing, when it had ended already. */
export async function endGrant(
  queries: Queries,
  id: string,
  end: { state: Exclude<GrantState, 'active'> } & Ended,
): Promise<boolean> {
  const { state, ...ended } = end;
  const result = await queries
    .updateTable('grants')
    .set({ state, ended: JSON.stringify(ended) })
    .where('id', '=', id)
    .where('state', '=', 'active')
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** The grant that a request brought about, or that it extends. */
export async function grantBehind(
  queries: Queries,
  { number, request }: Pick<StoredRequest, 'number' | 'request'>,
): Promise<Grant | undefined> {
  return request.extends === null
    ? grantOfRequest(queries, number)
    : readGrant(queries, request.extends);
}

/** Begins the time of an active grant. Returns false, and changes nothing, when it has begun or its deadline has passed. */
export async function startGrant(
  queries: Queries,
  id: string,
  { time: { startsAt, endsAt }, at }: { time: Running; at: string },
): Promise<boolean> {
  const result = await queries
    .updateTable('grants')
    .set({ startsAt, endsAt, useBy: null })
    .where('id', '=', id)
    .where('state', '=', 'active')
    .where('useBy', '>', at)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Moves the end of an active grant. Returns false, and changes nothing, when it ends at another moment than `from`. */
export async function moveEnd(
  queries: Queries,
  id: string,
  { from, to }: { from: string; to: string },
): Promise<boolean> {
  const result = await queries
    .updateTable('grants')
    .set({ endsAt: to })
    .where('id', '=', id)
    .where('state', '=', 'active')
    .where('useBy', 'is', null)
    .where('endsAt', '=', from)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Keeps that a relay has cut a revoked grant. Returns false when it was known. */
export async function addConfirmation(
  queries: Queries,
  grantId: string,
  confirmation: { relay: string; sessions: number; at: string },
): Promise<boolean> {
  const result = await queries
    .insertInto('confirmations')
    .values({ grantId, ...confirmation })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** The names of the relays that have cut a grant. */
export async function relaysThatCut(queries: Queries, grantId: string): Promise<string[]> {
  const rows = await queries
    .selectFrom('confirmations')
    .select('relay')
    .where('grantId', '=', grantId)
    .orderBy('relay')
    .execute();
  return rows.map(({ relay }) => relay);
}

export async function hasSessions(queries: Queries, grantId: string): Promise<boolean> {
  const first = queries.selectFrom('sessions').select('id').where('grantId', '=', grantId).limit(1);
  return (await first.executeTakeFirst()) !== undefined;
}

/** The sessions of a grant, oldest first. */
export async function sessionsOfGrant(queries: Queries, grantId: string): Promise<Session[]> {
  return queries
    .selectFrom('sessions')
    .select([
      'id',
      'relay',
      'startedAt',
      'endedAt',
      'endReason',
      'bytesUp',
      'bytesDown',
      'connections',
    ])
    .where('grantId', '=', grantId)
    .orderBy('startedAt')
    .orderBy('id')
    .execute();
}

/** How many sessions of each grant are open, by its id; a grant without any is not there. */
export async function openSessions(queries: Queries): Promise<ReadonlyMap<string, number>> {
  const rows = await queries
    .selectFrom('sessions')
    .select(({ fn }) => ['grantId', fn.countAll<number>().as('count')])
    .where('endedAt', 'is', null)
    .groupBy('grantId')
    .execute();
  return new Map(rows.map(({ grantId, count }) => [grantId, count]));
}

export async function startSession(
  queries: Queries,
  relay: string,
  event: RelayEvent & { type: 'session.start' },
): Promise<void> {
  await queries
    .insertInto('sessions')
    .values({
      id: event.session,
      grantId: event.gid,
      relay,
      startedAt: event.at,
      endedAt: null,
      endReason: null,
      bytesUp: 0,
      bytesDown: 0,
      connections: 0,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Whether this session of the grant was started on this relay. */
export async function isSessionOf(
  queries: Queries,
  relay: string,
  { gid, session }: { readonly gid: string; readonly session: string },
): Promise<boolean> {
  const row = await queries
    .selectFrom('sessions')
    .select('id')
    .where('id', '=', session)
    .where('relay', '=', relay)
    .where('grantId', '=', gid)
    .executeTakeFirst();
  return row !== undefined;
}

export async function endSession(
  queries: Queries,
  event: RelayEvent & { type: 'session.end' },
): Promise<void> {
  const { bytesUp, bytesDown, connections } = event;
  await queries
    .updateTable('sessions')
    .set({ endedAt: event.at, endReason: event.reason, bytesUp, bytesDown, connections })
    .where('id', '=', event.session)
    .where('endedAt', 'is', null)
    .execute();
}

interface Row {
  state: GrantState;
  startsAt: string | null;
  endsAt: string;
  useBy: string | null;
  ended: string | null;
  body: string;
}

function grantOf(row: Row): Grant {
  // Both were written by this file, from values of these very types.
  const ended = row.ended === null ? {} : (JSON.parse(row.ended) as Ended);
  const { durationMs, ...frozen } = JSON.parse(row.body) as Frozen;
  return { ...frozen, state: row.state, time: timeOf(row, durationMs), ...ended };
}

function timeOf({ startsAt, endsAt, useBy }: Row, durationMs = 0): GrantTime {
  if (startsAt !== null) return { kind: 'running', startsAt, endsAt };
  // The table holds that one of the two is there. A deadline that cannot be read has passed.
  return { kind: 'waiting', durationMs, useBy: useBy ?? '', endsBy: endsAt };
}
