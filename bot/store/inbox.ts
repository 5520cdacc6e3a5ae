// Webhooks as they came in. A delivery is kept before GitHub is answered, and done only when it has been acted on:
// GitHub does not send again by itself what was once answered with success.

import type { Queries, Store } from './store.ts';

export interface Delivery {
  readonly position: number;
  readonly guid: string;
  readonly event: string;
  readonly payload: string;
  readonly attempts: number;
  /** It is not tried before this moment. */
  readonly notBefore: string;
}

type NewDelivery = Parameters<typeof keepDelivery>[1];

/**
 * Keeps deliveries as they come, those that came together in one transaction: each waits for the disk once, and a burst
 * does not wait for it once for each. Resolves when the delivery is on disk; rejects all of them when it did not take one.
 */
export function openKeeper(store: Store): (delivery: NewDelivery) => Promise<void> {
  let waiting: { delivery: NewDelivery; kept: PromiseWithResolvers<void> }[] = [];

  async function keepAll(): Promise<void> {
    const together = waiting;
    waiting = [];
    try {
      await store.transaction(async (queries) => {
        for (const { delivery } of together) await keepDelivery(queries, delivery);
      });
      for (const { kept } of together) kept.resolve();
    } catch (error) {
      for (const { kept } of together) kept.reject(error);
    }
  }

  return (delivery) => {
    const kept = Promise.withResolvers<void>();
    // Once whatever has arrived by now was read.
    if (waiting.push({ delivery, kept }) === 1) setImmediate(() => void keepAll());
    return kept.promise;
  };
}

/** Keeps a delivery. A redelivery of one that is done or still waiting changes nothing; one that failed waits again. */
export async function keepDelivery(
  queries: Queries,
  delivery: { guid: string; event: string; payload: string; receivedAt: string },
): Promise<void> {
  await queries
    .insertInto('deliveries')
    .values({
      ...delivery,
      state: 'waiting',
      attempts: 0,
      notBefore: delivery.receivedAt,
      fault: null,
    })
    .onConflict((conflict) =>
      conflict
        .column('guid')
        .doUpdateSet({ state: 'waiting', attempts: 0, fault: null })
        .where('deliveries.state', '=', 'failed'),
    )
    .execute();
}

/**
 * The delivery whose turn it is, or undefined: the oldest that is due, or one that is not due yet and that nothing may
 * pass, because it was tried less often than `patientAttempts`.
 */
export async function nextDelivery(
  queries: Queries,
  { now, patientAttempts }: { now: string; patientAttempts: number },
): Promise<Delivery | undefined> {
  return queries
    .selectFrom('deliveries')
    .select(['position', 'guid', 'event', 'payload', 'attempts', 'notBefore'])
    .where('state', '=', 'waiting')
    .where(({ eb, or }) => or([eb('notBefore', '<=', now), eb('attempts', '<', patientAttempts)]))
    .orderBy('position')
    .limit(1)
    .executeTakeFirst();
}

/** When the next waiting delivery may be tried, or undefined when none waits. */
export async function nextDeliveryTime(queries: Queries): Promise<string | undefined> {
  const row = await queries
    .selectFrom('deliveries')
    .select('notBefore')
    .where('state', '=', 'waiting')
    .orderBy('notBefore')
    .limit(1)
    .executeTakeFirst();
  return row?.notBefore;
}

/** Puts a delivery that failed off until `notBefore`. */
export async function putOff(
  queries: Queries,
  position: number,
  later: { attempts: number; notBefore: string; fault: string },
): Promise<void> {
  await queries.updateTable('deliveries').set(later).where('position', '=', position).execute();
}

export async function markDelivery(
  queries: Queries,
  position: number,
  outcome: { state: 'done' | 'failed'; attempts: number; fault?: string },
): Promise<void> {
  await queries
    .updateTable('deliveries')
    .set({
      state: outcome.state,
      attempts: outcome.attempts,
      fault: outcome.fault ?? null,
      // What was acted on need not lie here for ever: the number stays, people's words go.
      ...(outcome.state === 'done' && { payload: '' }),
    })
    .where('position', '=', position)
    .execute();
}

/** The GUIDs among these that are done or wait here: what need not be asked of GitHub again. */
export async function keptDeliveries(
  queries: Queries,
  guids: readonly string[],
): Promise<Set<string>> {
  if (guids.length === 0) return new Set();
  const rows = await queries
    .selectFrom('deliveries')
    .select('guid')
    .where('guid', 'in', guids)
    .where('state', '!=', 'failed')
    .execute();
  return new Set(rows.map((row) => row.guid));
}
