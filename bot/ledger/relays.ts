// What relays report: sessions that started and ended, and people they turned away. Each event is kept once, in the
// relay's own order; one that leaves out a number is a gap, and nothing after it is kept until the relay sends it
// again. Only a bot that was restored takes a gap once, because nobody has those events any more, and records it.

import type { RelayEvent } from '../../relay/control.ts';
import type { RecordDraft } from '../access/record.ts';
import { endSession, hasSessions, isSessionOf, readGrant, startSession } from '../store/grants.ts';
import { eventsRecorded, setEventsRecorded } from '../store/relays.ts';
import { currentEpoch } from '../store/epochs.ts';
import { commit, type Entry, type Ledger } from './ledger.ts';
import { showSessions } from './showing.ts';

/** Keeps those of the events that come next in the relay's order. Returns the number of the last one kept. */
export async function recordRelayEvents(
  ledger: Ledger,
  relay: string,
  events: readonly RelayEvent[],
): Promise<number> {
  return commit(ledger, async (entry) => {
    const before = await eventsRecorded(entry.queries, relay);
    const { number: epoch } = await currentEpoch(entry.queries);
    let { last } = before;
    // What a lost bot has acknowledged, the relay no longer has: once in an epoch, numbers may be missing.
    let mayMiss = before.epoch < epoch;
    for (const event of events) {
      if (event.n <= last || (event.n > last + 1 && !mayMiss)) continue;
      if (event.n > last + 1) await recordGap(entry, relay, { after: last, before: event.n });
      await keepEvent(entry, relay, event);
      last = event.n;
      mayMiss = false;
    }
    if (last > before.last) await setEventsRecorded(entry.queries, relay, { last, epoch });
    return last;
  });
}

/** What stood between these two was told to a bot that is lost. */
function recordGap(entry: Entry, name: string, gap: { after: number; before: number }) {
  return entry.record({
    actor: { kind: 'relay', name },
    action: 'relay.gap',
    outcome: 'failed',
    origin: { kind: 'relay', name, event: gap.before },
    data: gap,
  });
}

async function keepEvent(entry: Entry, relay: string, event: RelayEvent): Promise<void> {
  const grant = event.gid === undefined ? undefined : await readGrant(entry.queries, event.gid);
  await entry.record({
    ...draftOf(event),
    actor: { kind: 'relay', name: relay },
    origin: { kind: 'relay', name: relay, event: event.n },
    resource: grant?.resource ?? null,
    grant: event.gid ?? null,
    request: grant?.requestId ?? null,
    requestDigest: grant?.digest ?? null,
  });
  if (event.type === 'refused' || !grant || !grant.relays.includes(relay)) return;
  const isFirst = !(await hasSessions(entry.queries, grant.id));
  if (event.type === 'session.start') await startSession(entry.queries, relay, event);
  // A relay may only report the end of what it started itself, and for the grant it started it for.
  else if (await isSessionOf(entry.queries, relay, { ...event, gid: grant.id }))
    await endSession(entry.queries, event);
  await showSessions(entry, grant, { isFirst });
}

function draftOf(event: RelayEvent): Pick<RecordDraft, 'action' | 'outcome' | 'reason' | 'data'> {
  if (event.type === 'session.start') {
    const { at, session, jti, sub, run, address } = event;
    return {
      action: 'session.start',
      outcome: 'success',
      data: { at, session, jti, sub, run, address },
    };
  }
  if (event.type === 'session.end') {
    const { at, session, bytesUp, bytesDown, connections } = event;
    const inferred = event.inferred ?? false;
    return {
      action: 'session.end',
      outcome: 'success',
      reason: event.reason,
      data: { at, session, bytesUp, bytesDown, connections, inferred },
    };
  }
  const { at, sub, address } = event;
  // Decided by the relay, from its own table of reasons.
  return {
    action: 'relay.refuse',
    outcome: 'refused',
    reason: event.reason,
    data: { at, sub: sub ?? null, address },
  };
}
