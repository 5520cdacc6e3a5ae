// What becomes of a database that took the place of one that is lost. It does not know what was asked, given and said
// since it was copied; so that nothing of that can count twice or go on unseen, everything that was open ends, and a new
// epoch begins, from which on relays and people start anew. All of it is one transaction, or has not happened.

import { lastMoment } from '../access/grant-time.ts';
import { refuse } from '../access/reasons.ts';
import { controlLimits } from '../../relay/control.ts';
import { addEpoch, currentEpoch, type Epoch } from '../store/epochs.ts';
import { forgetVersions } from '../store/file-versions.ts';
import { activeGrants } from '../store/grants.ts';
import { takeRestoredMark } from '../store/mark.ts';
import { mayBeWritten } from '../store/outbox.ts';
import { nextRequestNumber, nextToLapse, readRequest } from '../store/requests.ts';
import { openReviews } from '../store/reviews.ts';
import { enterRevocation } from './grants.ts';
import { commit, type Entry, type Ledger } from './ledger.ts';
import { showState } from './showing.ts';
import { enterClosing } from './closing.ts';

/**
 * Between the last token of a lost bot and the first of the restored one, whose clocks may each be off from the relay's.
 */
const clockMarginSeconds = 2 * controlLimits.maxClockOffsetSeconds;
/** Numbers of requests begin here, one every ten seconds: many more than GitHub lets an App write cards. */
const numbersSince = Date.parse('2026-01-01T00:00:00.000Z');
const numberEveryMs = 10_000;

export interface EpochOpened {
  readonly epoch: Epoch;
  /** What ended when it was opened just now; undefined where nothing was restored. */
  readonly ended?: { readonly grants: number; readonly requests: number };
}

/** The epoch that holds; a new one when the database was restored since the last start. */
export async function openEpoch(ledger: Ledger): Promise<EpochOpened> {
  return commit(ledger, async (entry) => {
    const restored = await takeRestoredMark(entry.queries);
    const before = await currentEpoch(entry.queries);
    if (!restored) return { epoch: before };
    const epoch = await nextEpoch(entry, before);
    await addEpoch(entry.queries, { ...epoch, backupAt: restored.madeAt });
    await entry.record({
      actor: { kind: 'operator' },
      action: 'bot.restore',
      outcome: 'success',
      origin: { kind: 'operator' },
      data: {
        epoch: epoch.number,
        backupAt: restored.madeAt,
        restoredAt: restored.restoredAt,
        firstRequest: epoch.firstRequest,
      },
    });
    const ended = { grants: await endGrants(entry), requests: await endRequests(entry) };
    await showReviews(entry);
    // They were good when it was copied; what took their place since is not known.
    await forgetVersions(entry.queries, []);
    // Last, so that it is true of what was queued just now as well: the lost bot may have said the same.
    await mayBeWritten(entry.queries);
    return { epoch, ended };
  });
}

// Both numbers come from the clock: a backup that is restored twice would count on from the same number twice.
async function nextEpoch({ queries, at }: Entry, before: Epoch): Promise<Epoch> {
  const nowMs = Date.parse(at);
  const moment = Math.floor(nowMs / 1000) + clockMarginSeconds;
  const request = Math.floor((nowMs - numbersSince) / numberEveryMs);
  return {
    number: Math.max(before.number + 1, moment),
    openedAt: at,
    firstRequest: Math.max(await nextRequestNumber(queries), request),
  };
}

// What was open ends because it was open. Nothing is judged about any of it, so that no record has a derivation; which
// restore it was is in the record before them.
async function endGrants(entry: Entry): Promise<number> {
  // What waits here may have been claimed from the bot that is lost.
  const live = (await activeGrants(entry.queries)).filter((grant) => entry.at < lastMoment(grant));
  for (const grant of live) {
    await enterRevocation(entry, grant, {
      by: 'bot',
      actor: { kind: 'bot' },
      origin: { kind: 'bot' },
      reason: 'the bot was restored from a backup',
      derivation: null,
      confirmed: [],
      unconfirmed: grant.relays,
    });
  }
  return live.length;
}

async function endRequests(entry: Entry): Promise<number> {
  for (let count = 0; ; count += 1) {
    const pending = await nextToLapse(entry.queries);
    if (!pending) return count;
    const { request } = pending;
    await enterClosing(entry, request, {
      event: 'void',
      actor: { kind: 'bot' },
      origin: { kind: 'bot' },
      by: 'the bot',
      reason: '',
      refusal: refuse('request-before-restore', { request: request.id, restoredAt: entry.at }),
      derivation: null,
    });
  }
}

/** A review that was done since is open again, and a card that says otherwise would be taken for somebody else's. */
async function showReviews(entry: Entry): Promise<void> {
  for (const number of await openReviews(entry.queries)) {
    const stored = await readRequest(entry.queries, number);
    if (stored) await showState(entry, stored.request);
  }
}
