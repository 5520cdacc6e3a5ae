// How a grant ends: expired at its time, or revoked before it. Cutting its sessions is the relays' part and does not
// wait for this; what is committed here is what everybody is told afterwards.

import type { Json } from '../access/canonical.ts';
import { startTrail, type Derivation } from '../access/explain.ts';
import { expiresAt } from '../access/grant-time.ts';
import type { Grant, GrantState } from '../access/lifecycle.ts';
import type { Actor, Origin } from '../access/record.ts';
import type { Refusal } from '../access/reasons.ts';
import type { Person } from '../access/request.ts';
import { refuseEnded } from '../access/standing.ts';
import { addConfirmation, endGrant, readGrant, relaysThatCut } from '../store/grants.ts';
import { moveStoredRequest, requestsOfIssue, setEnding } from '../store/requests.ts';
import {
  aboutGrant,
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
import { showEnd, showState } from './showing.ts';

export interface Revocation {
  readonly by: Person | 'operator' | 'bot';
  readonly actor: Actor;
  readonly origin: Origin;
  /** A person's words, or a reason code of ours; may be empty. */
  readonly reason: string;
  /** Why the bot ended it, where it found that it may not go on. */
  readonly refusal?: Refusal;
  /** How it was decided; null where nobody decided about this grant. */
  readonly derivation: Derivation | null;
  /** What the relays had confirmed when it was committed, for the record and the comment. */
  readonly confirmed: readonly { relay: string; sessions: number; ms: number }[];
  readonly unconfirmed: readonly string[];
}

/** Records that a grant is revoked. Returns false when it had ended already, and then nothing is written. */
export async function recordRevocation(
  ledger: Ledger,
  grant: Grant,
  revocation: Revocation,
  source?: CommandSource,
): Promise<boolean> {
  return commit(ledger, (entry) => enterRevocation(entry, grant, revocation, source));
}

/** The same as part of a larger commit. */
export async function enterRevocation(
  entry: Entry,
  grant: Grant,
  revocation: Revocation,
  source?: CommandSource,
): Promise<boolean> {
  const { by, reason, refusal, derivation, confirmed, unconfirmed } = revocation;
  const ended = await endGrant(entry.queries, grant.id, {
    state: 'revoked',
    endedReason: reason,
    endedBy: by,
  });
  if (source) {
    const outcome = ended ? 'revoked' : 'ended-before';
    await settleCommand(entry, source, { outcome, reaction: ended ? 'rocket' : '-1' });
  }
  if (!ended) return false;
  const number = numberOf(grant.requestId);
  await setEnding(entry.queries, number, {
    by: nameOf(by),
    reason,
    ...(refusal && { refusal }),
    at: entry.at,
  });
  await entry.record({
    ...aboutGrant(grant),
    actor: revocation.actor,
    action: 'grant.revoke',
    outcome: 'success',
    reason: refusal?.code ?? null,
    origin: revocation.origin,
    data: {
      words: reason,
      derivation: derivation && recorded(derivation),
      confirmed: confirmed.map(({ relay, sessions, ms }) => ({ relay, sessions, ms })),
      unconfirmed: [...unconfirmed],
    },
  });
  for (const { relay, sessions } of confirmed) {
    await addConfirmation(entry.queries, grant.id, { relay, sessions, at: entry.at });
  }
  await closeExtensions(entry, grant, 'revoked');
  await showState(entry, { id: grant.requestId, issue: grant.issue });
  await entry.post(threadOf(grant.issue), `${grant.requestId}:revoked`, {
    kind: 'comment',
    telling: { about: 'revoked', request: number },
  });
  return true;
}

/**
 * Records that a relay has cut a revoked grant, and brings the card up to date. Does nothing for one that was known,
 * and for a grant whose revocation is not recorded yet: that record will carry the confirmation.
 */
export async function recordConfirmation(
  ledger: Ledger,
  relay: string,
  { gid, sessions }: { gid: string; sessions: number },
): Promise<void> {
  const grant = await readGrant(ledger.store.queries, gid);
  if (grant?.state !== 'revoked' || !grant.relays.includes(relay)) return;
  if ((await relaysThatCut(ledger.store.queries, gid)).includes(relay)) return;
  await commit(ledger, async (entry) => {
    if (!(await addConfirmation(entry.queries, gid, { relay, sessions, at: entry.at }))) return;
    await entry.record({
      ...aboutGrant(grant),
      actor: { kind: 'relay', name: relay },
      action: 'relay.confirm',
      outcome: 'success',
      origin: { kind: 'bot' },
      data: { sessions },
    });
    await showEnd(entry, { id: grant.requestId, issue: grant.issue });
  });
}

/** Records that a grant reached its end, or its deadline unused. Does nothing when it was revoked before. */
export async function recordExpiry(
  ledger: Ledger,
  seen: Grant,
  derivation: Derivation,
): Promise<void> {
  await commit(ledger, async (entry) => {
    const grant = await readGrant(entry.queries, seen.id);
    // It was claimed or extended since it was looked at.
    if (!grant || expiresAt(grant) !== expiresAt(seen)) return;
    const ended = await endGrant(entry.queries, grant.id, { state: 'expired' });
    if (!ended) return;
    await entry.record({
      ...aboutGrant(grant),
      actor: { kind: 'bot' },
      action: 'grant.expire',
      outcome: 'success',
      origin: { kind: 'bot' },
      data: { ...expiryOf(grant), derivation: recorded(derivation) },
    });
    await closeExtensions(entry, grant, 'expired');
    await showEnd(entry, { id: grant.requestId, issue: grant.issue });
  });
}

/** What the log keeps of an expiry: when, and that nobody used it. */
function expiryOf({ time }: Grant): { readonly [key: string]: Json } {
  return time.kind === 'running' ? { endsAt: time.endsAt } : { useBy: time.useBy, unused: true };
}

/**
 * What still asks for more time for a grant that has ended asks for nothing. Its card says so; nobody is told twice.
 */
async function closeExtensions(
  entry: Entry,
  { id, issue }: Grant,
  state: Exclude<GrantState, 'active'>,
): Promise<void> {
  const { reason: refusal, derivation } = refuseEnded(id, state, startTrail());
  for (const { number, request } of await requestsOfIssue(entry.queries, issue)) {
    if (request.extends !== id) continue;
    // The card of what was given says until when; it now says that it is over.
    if (request.state === 'granted') await showState(entry, request);
    if (request.state !== 'pending') continue;
    await moveStoredRequest(entry.queries, number, {
      from: 'pending',
      to: 'cancelled',
      ending: { by: 'the bot', reason: refusal.code, refusal, at: entry.at },
    });
    await entry.record({
      ...aboutRequest(request),
      grant: id,
      actor: { kind: 'bot' },
      action: 'request.void',
      outcome: 'success',
      reason: refusal.code,
      origin: { kind: 'bot' },
      data: { words: '', derivation: recorded(derivation) },
    });
    await showState(entry, request);
  }
}

function nameOf(by: Revocation['by']): string {
  return typeof by === 'string' ? `the ${by}` : by.login;
}
