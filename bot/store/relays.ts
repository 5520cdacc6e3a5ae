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

/** The number of the last event of this relay that is recorded; 0 when none is. */
export async function eventsRecorded(queries: Queries, relay: string): Promise<number> {
  const row = await queries
    .selectFrom('relays')
    .select('eventsRecorded')
    .where('name', '=', relay)
    .executeTakeFirst();
  return row?.eventsRecorded ?? 0;
}

export async function setEventsRecorded(queries: Queries, relay: string, n: number): Promise<void> {
  await queries
    .insertInto('relays')
    .values({ name: relay, reservedSeq: 0, eventsRecorded: n })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ eventsRecorded: n }))
    .execute();
}
