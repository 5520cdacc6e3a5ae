// What becomes of a card that somebody else has changed: it is on record, no yes counts until it is put back, and it is
// written again.

import type { AccessRequest, Person } from '../access/request.ts';
import { noteCardChanged } from '../store/cards.ts';
import { readRequest } from '../store/requests.ts';
import { aboutRequest, actorOf, commit, numberOf, type Ledger } from './ledger.ts';
import { showState } from './showing.ts';

export interface CardChange {
  readonly kind: 'edited' | 'deleted';
  /** Null where GitHub does not say. */
  readonly by: Person | null;
}

/**
 * Keeps that a card was changed; it was found and not decided, so that there is no derivation. One that is waiting to be
 * put back is on record already.
 */
export async function recordCardChange(
  ledger: Ledger,
  request: AccessRequest,
  { kind, by }: CardChange,
): Promise<void> {
  const number = numberOf(request.id);
  await commit(ledger, async (entry) => {
    if ((await readRequest(entry.queries, number))?.isCardChanged) return;
    await noteCardChanged(entry.queries, number);
    await entry.record({
      ...aboutRequest(request),
      actor: by ? actorOf(by) : { kind: 'bot' },
      action: 'card.change',
      outcome: 'refused',
      reason: kind,
      origin: { kind: 'bot' },
    });
    await showState(entry, request);
  });
}
