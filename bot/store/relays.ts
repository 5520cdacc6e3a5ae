// Where the control channel with each relay stands: how far sequence numbers are reserved, and which of the relay's
// events are recorded.

import type { Queries } from './store.ts';

/**
 * Reserves the next `size` sequence numbers for messages to a relay and returns the first. After a crash the rest of a
 * block is never used: numbers may be left out between connections, but none is ever used twice.
 */
export async function reserveSequence(
  queries: Queries,
  relay: string,
  size: number,
): Promise<number> {
  const row = await queries
    .insertInto('relays')
    .values({ name: relay, reservedSeq: size, eventsRecorded: 0 })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet(({ eb }) => ({ reservedSeq: eb('relays.reservedSeq', '+', size) })),
    )
    .returning('reservedSeq')
    .executeTakeFirstOrThrow();
  return row.reservedSeq - size + 1;
}

/** How far the record of a relay's events goes. */
export interface EventsRecorded {
  /** The number of the last one; 0 when there is none. */
  readonly last: number;
  /** The epoch in which it was recorded; the first when there is none. */
  readonly epoch: number;
}

export async function eventsRecorded(queries: Queries, relay: string): Promise<EventsRecorded> {
  const row = await queries
    .selectFrom('relays')
    .select(['eventsRecorded as last', 'eventsEpoch as epoch'])
    .where('name', '=', relay)
    .executeTakeFirst();
  return row ?? { last: 0, epoch: 1 };
}

export async function setEventsRecorded(
  queries: Queries,
  relay: string,
  { last, epoch }: EventsRecorded,
): Promise<void> {
  const events = { eventsRecorded: last, eventsEpoch: epoch };
  await queries
    .insertInto('relays')
    .values({ name: relay, reservedSeq: 0, ...events })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(events))
    .execute();
}
