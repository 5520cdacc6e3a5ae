// A ledger with a grant that relays serve, and what a relay reports of it.

import assert from 'node:assert/strict';
import type { RelayEvent } from '../../../relay/control.ts';
import type { AuditRecord } from '../../../bot/access/record.ts';
import { recordExpiry } from '../../../bot/ledger/grants.ts';
import { recordRelayEvents } from '../../../bot/ledger/relays.ts';
import { addEpoch } from '../../../bot/store/epochs.ts';
import { addGrant, sessionsOfGrant } from '../../../bot/store/grants.ts';
import { readRecords } from '../../../bot/store/records.ts';
import { addRequest } from '../../../bot/store/requests.ts';
import { openStore } from '../../../bot/store/store.ts';
import { approve, factsOf, now, opened, people } from '../access/world.ts';
import { takePostings } from './postings.ts';

/** A grant that two relays serve, eu-1 and eu-2, in a ledger that has recorded nothing yet. */
export async function openWorld() {
  const facts = factsOf();
  const request = opened(facts);
  const decision = approve(facts, { request, by: people.omar });
  assert.ok(decision.kind === 'granted');
  const { grant } = decision;
  assert.deepEqual(grant.relays, ['eu-1', 'eu-2']);
  const store = await openStore(':memory:');
  await addRequest(store.queries, 1, { request, missing: [], told: [] });
  await addGrant(store.queries, 1, grant);
  await addRequest(store.queries, 2, {
    request: { ...request, id: 'r2', commentId: 4002 },
    missing: [],
    told: [],
  });
  await addGrant(store.queries, 2, { ...grant, id: otherGid, requestId: 'r2' });
  let clock = now;
  const ledger = {
    store,
    now: () => clock,
    postingsQueued: () => undefined,
    committed: () => undefined,
  };
  return {
    grant,
    store,
    setClock: (at: Date) => void (clock = at),
    expire: () => recordExpiry(ledger, grant, []),
    /** Resolves with the number of the last one kept. */
    report: (relay: string, ...events: readonly RelayEvent[]) =>
      recordRelayEvents(ledger, relay, events),
    /** As the start after a restore does it. */
    restore: () =>
      addEpoch(store.queries, {
        number: 1_772_442_000,
        openedAt: now.toISOString(),
        firstRequest: 3,
        backupAt: null,
      }),
    sessions: () => sessionsOfGrant(store.queries, grant.id),
    async records() {
      return (await readRecords(store.queries)).map((body) => JSON.parse(body) as AuditRecord);
    },
    /** What was queued for the issue since the last time, and is due. */
    posted: (at = now) => takePostings(store.queries, at),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

export const gid = 'g_abcdefghijklmnopqrstuvwxyz';
export const otherGid = 'g_zyxwvutsrqponmlkjihgfedcba';
export const startedAt = '2026-03-02T09:10:00.000Z';
export const endedAt = '2026-03-02T09:40:00.000Z';
export const jti = 'j'.repeat(22);
export const run = 'r'.repeat(22);

type Start = RelayEvent & { readonly type: 'session.start' };
type End = RelayEvent & { readonly type: 'session.end' };
type Refused = RelayEvent & { readonly type: 'refused' };

export function start(n: number, changes: Partial<Start> = {}): Start {
  const person = { jti, sub: 'github:501', run, address: '192.0.2.7' };
  return { n, at: startedAt, type: 'session.start', session: 's1', gid, ...person, ...changes };
}

export function end(n: number, changes: Partial<End> = {}): End {
  const figures = { bytesUp: 322, bytesDown: 1798, connections: 3 };
  const what = { type: 'session.end', session: 's1', gid, reason: 'closed' } as const;
  return { n, at: endedAt, ...what, ...figures, ...changes };
}

export function refused(n: number, changes: Partial<Refused> = {}): Refused {
  return { n, at: startedAt, type: 'refused', reason: 'revoked', address: '192.0.2.9', ...changes };
}
