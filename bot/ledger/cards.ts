// What becomes of a card that somebody else has changed.

import type { Person, AccessRequest } from '../access/request.ts';
import { aboutRequest, actorOf, commit, type Ledger } from './ledger.ts';
import { showState } from './showing.ts';

/** Has the card of a request written again. */
export async function restoreCard(ledger: Ledger, request: AccessRequest): Promise<void> {
  await commit(ledger, (entry) => showState(entry, request));
}

/** The same, and puts on record who changed it; null where GitHub does not say. */
export async function recordForeignCard(
  ledger: Ledger,
  request: AccessRequest,
  change: { readonly kind: 'edited' | 'deleted'; readonly by: Person | null },
): Promise<void> {
  await commit(ledger, async (entry) => {
    await entry.record({
      ...aboutRequest(request),
      actor: change.by ? actorOf(change.by) : { kind: 'bot' },
      action: 'card.change',
      outcome: 'refused',
      reason: change.kind,
      origin: { kind: 'bot' },
    });
    await showState(entry, request);
  });
}
