// What a ledger queued to be written on an issue, taken as if it had been written.

import { markSent } from '../../../bot/store/outbox.ts';
import { nextPosting, waitingQueues } from '../../../bot/store/queues.ts';
import type { Queries } from '../../../bot/store/store.ts';

/** The keys of everything that is due at that moment, in the order in which it was queued; none of it waits afterwards. */
export async function takePostings(queries: Queries, at: Date): Promise<string[]> {
  const taken: { position: number; key: string }[] = [];
  for (const queue of await waitingQueues(queries)) {
    for (;;) {
      const row = await nextPosting(queries, queue, at.toISOString());
      if (!row) break;
      taken.push(row);
      await markSent(queries, row.position);
    }
  }
  return taken.toSorted((a, b) => a.position - b.position).map(({ key }) => key);
}
