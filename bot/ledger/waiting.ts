// What becomes of an approval that has to be confirmed: it waits for its approver's sign-in, and is over when nobody
// signed in. How it counts in the end is in requests.ts, as every approval.

import type { Derivation } from '../access/explain.ts';
import type { AccessRequest } from '../access/request.ts';
import type { ConfirmRefusal } from '../tokens/refusals.ts';
import { addWaiting, endWaiting, type NewWaiting, type WaitingApproval } from '../store/waiting.ts';
import { readRequest } from '../store/requests.ts';
import {
  aboutRequest,
  actorOf,
  commit,
  numberOf,
  originOf,
  originOfWords,
  recorded,
  settleCommand,
  type CommandSource,
  type Ledger,
} from './ledger.ts';
import { showSoon, showState } from './showing.ts';

/** Keeps that an approval waits, and tells its approver where to sign in. */
export async function awaitConfirmation(
  ledger: Ledger,
  source: CommandSource,
  waits: {
    readonly request: AccessRequest;
    readonly waiting: Omit<NewWaiting, 'requestNumber' | 'approver' | 'digest' | 'commentId'>;
    readonly derivation: Derivation;
  },
): Promise<void> {
  const { request, waiting, derivation } = waits;
  const { author, commentId } = source;
  const requestNumber = numberOf(request.id);
  const { digest } = request;
  await commit(ledger, async (entry) => {
    await addWaiting(entry.queries, {
      ...waiting,
      requestNumber,
      approver: author,
      digest,
      commentId,
    });
    await entry.record({
      ...aboutRequest(request),
      actor: actorOf(author),
      action: 'approval.wait',
      outcome: 'success',
      origin: originOf(source),
      data: {
        confirmation: waiting.id,
        until: waiting.until,
        durationMs: waiting.durationMs,
        derivation: recorded(derivation),
      },
    });
    await entry.post(source.thread, `${commentId}:confirm`, {
      kind: 'comment',
      telling: { about: 'confirm', request: requestNumber, confirmation: waiting.id },
    });
    await showSoon(entry, request);
    // The eyes stay: it was seen, and nothing has come of it yet.
    await settleCommand(entry, source, { outcome: 'waits', reaction: 'eyes' });
  });
}

/** Nobody signed in for it in time. */
export async function recordWaitingLapse(
  ledger: Ledger,
  waiting: WaitingApproval,
  derivation: Derivation,
): Promise<void> {
  await commit(ledger, async (entry) => {
    if (!(await endWaiting(entry.queries, waiting.id, 'lapsed'))) return;
    const stored = await readRequest(entry.queries, waiting.requestNumber);
    if (!stored) throw new Error(`there is no request ${waiting.requestNumber} to confirm`);
    const { request } = stored;
    await entry.record({
      ...aboutRequest(request),
      actor: { kind: 'bot' },
      action: 'approval.lapse',
      outcome: 'success',
      origin: originOfWords({ ...request.issue, commentId: waiting.commentId }),
      data: {
        confirmation: waiting.id,
        approver: waiting.approver.id,
        until: waiting.until,
        derivation: recorded(derivation),
      },
    });
    await showState(entry, request);
  });
}

/** Somebody followed the link and did not get as far as confirming. */
export async function recordConfirmRefusal(
  ledger: Ledger,
  { person, confirmation, reason, detail, address }: ConfirmRefusal,
): Promise<void> {
  await commit(ledger, (entry) =>
    entry.record({
      actor: person ? actorOf(person) : { kind: 'bot' },
      action: 'approval.confirm',
      outcome: 'refused',
      reason,
      origin: { kind: 'claim', address },
      data: { confirmation, detail: detail ?? null },
    }),
  );
}
