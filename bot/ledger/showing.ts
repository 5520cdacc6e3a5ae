// What the issue shows of a request, its card and the label, and when. GitHub counts every edit of a comment like a new
// one, so that what nobody waits for is shown together with what comes next.

import type { Grant } from '../access/lifecycle.ts';
import type { AccessRequest } from '../access/request.ts';
import { numberOf, threadOf, type Entry } from './ledger.ts';

type Shown = Pick<AccessRequest, 'id' | 'issue'>;

/** Brings the card of a request and the label of its issue up to date. */
export async function showState(entry: Entry, request: Shown): Promise<void> {
  await showCard(entry, request);
  await showLabel(entry, request);
}

/** Who approves is about to sign in, and what comes of that is shown together with what it waits for. */
const signInMs = 30_000;

/** Brings the card up to date for whoever reads it later. */
export async function showSoon(entry: Entry, request: Shown): Promise<void> {
  await showCard(entry, request, new Date(Date.parse(entry.at) + signInMs).toISOString());
}

/** The same, the card together with what the relays are about to report. */
export async function showEnd(entry: Entry, request: Shown): Promise<void> {
  await showCard(entry, request, afterReports(entry));
  await showLabel(entry, request);
}

/** Brings the card up to date when the sessions of its grant changed. */
export async function showSessions(
  entry: Entry,
  grant: Grant,
  { isFirst }: { isFirst: boolean },
): Promise<void> {
  const card = { id: grant.requestId, issue: grant.issue };
  if (isFirst) await showCard(entry, card);
  else if (grant.state === 'active') await showCard(entry, card, afterQuiet(entry, grant));
  else await showCard(entry, card, afterReports(entry));
}

async function showCard(entry: Entry, { id, issue }: Shown, due?: string): Promise<void> {
  const posting = { kind: 'card', request: numberOf(id) } as const;
  await entry.post(threadOf(issue), `${id}:card`, posting, due);
}

/** Brings the label of an issue up to date. */
export async function showLabel(entry: Entry, { issue }: Pick<Shown, 'issue'>): Promise<void> {
  const thread = threadOf(issue);
  await entry.post(thread, `${thread.repositoryId}#${thread.number}:label`, { kind: 'label' });
}

/** When a grant ends, its relays report the ends of its sessions, one by one, at that very moment. */
const reportsMs = 500;

function afterReports({ at }: Entry): string {
  return new Date(Date.parse(at) + reportsMs).toISOString();
}

const minQuietMs = 10 * 60_000;
const maxQuietMs = 60 * 60_000;

/**
 * Sessions of a live grant, beyond the first, are shown after 10 minutes, then after as long as the grant is old, an hour
 * at most: a busy hour must not use up what decisions are written with. Whatever else changes the card shows them too.
 */
function afterQuiet({ at }: Entry, { time, grantedAt }: Grant): string {
  const since = time.kind === 'running' ? time.startsAt : grantedAt;
  const nowMs = Date.parse(at);
  const quietMs = Math.min(Math.max(nowMs - Date.parse(since), minQuietMs), maxQuietMs);
  return new Date(nowMs + quietMs).toISOString();
}
