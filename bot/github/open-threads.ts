// What is looked at on an issue where something is open, whether an event told of it or a round came by: whether the
// issue is still there, whether what was asked still stands, and what was commanded and never delivered.

import { refuseAsking, type Asking } from '../access/asking.ts';
import type { Origin } from '../access/record.ts';
import { refuse, type Refusal } from '../access/reasons.ts';
import type { AccessRequest } from '../access/request.ts';
import { actorOf } from '../ledger/ledger.ts';
import { closeRequest } from '../ledger/requests.ts';
import { requestsOfIssue, type OpenThread } from '../store/requests.ts';
import { actOn, type ActingParts } from './acting.ts';
import type { GitHub } from './app.ts';
import { placeOfIssue, readAsking, type IssuePlace } from './calls.ts';
import { grantsOfIssue, type CommandParts } from './commands/command.ts';
import { waitingCommands } from './thread.ts';
import { readUntil } from './visible.ts';

/** Looks at a thread as it is now. Rejects when GitHub does not answer; nothing is then concluded. */
export async function lookAfterThread(
  parts: ActingParts,
  open: OpenThread,
  github: GitHub,
): Promise<void> {
  const place = await placeOfIssue(github, open.issue);
  if (place !== 'there') return endWhatIsOpen(parts, open, place);
  for (const { request } of await requestsOfIssue(parts.store.queries, open.issue)) {
    if (request.state !== 'pending') continue;
    const asking = await readAsking(github, request);
    if (asking.kind !== 'stands') await voidAsChanged(parts, request, asking, { kind: 'bot' });
  }
  for (const told of await waitingCommands(parts.store, github, open)) {
    await actOn(parts, told, github);
  }
}

/**
 * After a webhook said that an issue was deleted or moved. Where GitHub shows it to us still, the webhook was wrong;
 * where it shows nothing, it is believed: whoever could forge it would only end access.
 */
export async function lookForIssue(
  parts: CommandParts,
  { open, told }: { readonly open: OpenThread; readonly told: 'deleted' | 'moved' },
  github: GitHub,
): Promise<void> {
  const place = await readUntil(
    () => placeOfIssue(github, open.issue),
    (found) => found !== 'there',
  );
  await endWhatIsOpen(parts, open, place === 'hidden' ? told : place);
}

/** Ends a request whose comment no longer says what was read. */
export async function voidAsChanged(
  { ledger }: CommandParts,
  request: AccessRequest,
  asking: Exclude<Asking, { kind: 'stands' }>,
  origin: Origin,
): Promise<void> {
  const editor = asking.kind === 'edited' ? asking.by : null;
  await closeRequest(ledger, request, {
    event: 'void',
    actor: editor ? actorOf(editor) : { kind: 'bot' },
    origin,
    by: editor?.login ?? 'the bot',
    reason: '',
    refusal: refuseAsking(request, asking),
    derivation: [],
  });
}

/**
 * Without its thread nobody sees what was given, or can take it back there: what waits is void, and what is live is
 * revoked. An issue that is only hidden from us may be there for everybody else, so that nothing follows from it.
 */
async function endWhatIsOpen(
  parts: CommandParts,
  { issue }: OpenThread,
  place: IssuePlace,
): Promise<void> {
  if (place === 'there' || place === 'hidden') return;
  const { grants, requests } = await grantsOfIssue(parts.store, issue);
  const byBot = { actor: { kind: 'bot' }, origin: { kind: 'bot' } } as const;
  for (const request of requests.filter(({ state }) => state === 'pending')) {
    const refusal = refusalOf(place, request);
    const closing = { event: 'void', by: 'the bot', reason: '', refusal, derivation: [] } as const;
    await closeRequest(parts.ledger, request, { ...byBot, ...closing });
  }
  const reason = `the issue was ${place}`;
  for (const grant of grants.filter(({ state }) => state === 'active')) {
    await parts.revoker.revoke(grant, { ...byBot, by: 'bot', reason });
  }
}

function refusalOf(place: 'deleted' | 'moved', { id }: AccessRequest): Refusal {
  return refuse(place === 'deleted' ? 'issue-deleted' : 'request-moved', { request: id });
}
