// How a request ends without a grant: denied, cancelled, void or lapsed.

import type { Derivation } from '../access/explain.ts';
import type { RequestEvent } from '../access/lifecycle.ts';
import type { Actor, Origin, RecordAction } from '../access/record.ts';
import type { Refusal } from '../access/reasons.ts';
import type { AccessRequest } from '../access/request.ts';
import type { Telling } from '../store/outbox.ts';
import {
  aboutRequest,
  commit,
  numberOf,
  recorded,
  settleCommand,
  threadOf,
  type CommandSource,
  type Entry,
  type Ledger,
} from './ledger.ts';
import { moveOn } from './requests.ts';
import { showState } from './showing.ts';

/** How a request ends without a grant. */
export interface Closing {
  readonly event: Exclude<RequestEvent, 'grant'>;
  readonly actor: Actor;
  readonly origin: Origin;
  /** As the card shows it: a login, or `the bot`. */
  readonly by: string;
  /** A person's words; empty where the bot ended it. */
  readonly reason: string;
  /** Why the bot ended it. */
  readonly refusal?: Refusal;
  /** How it was decided; null where nobody decided about this request. */
  readonly derivation: Derivation | null;
}

/** Closes a pending request. `source` is the command that did; without one nobody waits for a reaction. */
export async function closeRequest(
  ledger: Ledger,
  request: AccessRequest,
  closing: Closing,
  source?: CommandSource,
): Promise<void> {
  await commit(ledger, (entry) => enterClosing(entry, request, closing, source));
}

/** The same as part of a larger commit. */
export async function enterClosing(
  entry: Entry,
  request: AccessRequest,
  closing: Closing,
  source?: CommandSource,
): Promise<void> {
  const { by, refusal, derivation } = closing;
  const reason = refusal?.code ?? closing.reason;
  const state = await moveOn(entry, request, {
    event: closing.event,
    ending: { by, reason, ...(refusal && { refusal }), at: entry.at },
  });
  await entry.record({
    ...aboutRequest(request),
    actor: closing.actor,
    action: closingAction[closing.event],
    outcome: 'success',
    reason: refusal?.code ?? null,
    origin: closing.origin,
    data: { words: closing.reason, derivation: derivation && recorded(derivation) },
  });
  await showState(entry, request);
  // The requester is told by a comment of its own, unless it is they who ended it.
  if (closing.event !== 'cancel') {
    await entry.post(threadOf(request.issue), `${request.id}:closed`, {
      kind: 'comment',
      telling: tellingOf(request, closing),
    });
  }
  if (source) {
    const reaction = closing.event === 'void' ? '-1' : 'rocket';
    await settleCommand(entry, source, { outcome: state, reaction });
  }
}

function tellingOf(request: AccessRequest, { event, refusal }: Closing): Telling {
  const number = numberOf(request.id);
  if (event === 'deny') return { about: 'denied', request: number };
  return { about: 'closed', request: number, ...(refusal && { reason: refusal }) };
}

const closingAction: Readonly<Record<Closing['event'], RecordAction>> = {
  deny: 'request.deny',
  cancel: 'request.cancel',
  void: 'request.void',
  lapse: 'request.lapse',
};
