// What is looked at on an issue where something is open, whether an event told of it or a round came by: whether the
// issue is still there, whether what was asked still stands, and what was commanded and never delivered.

import { refuseAsking, type Asking } from '../access/asking.ts';
import type { Origin } from '../access/record.ts';
import { refuse, type Refusal } from '../access/reasons.ts';
import type { AccessRequest } from '../access/request.ts';
import { recordLostReview } from '../ledger/glass.ts';
import { actorOf, numberOf } from '../ledger/ledger.ts';
import { closeRequest } from '../ledger/requests.ts';
import { readRequest, requestsOfIssue, type OpenThread } from '../store/requests.ts';
import { actOn, type ActingParts } from './acting.ts';
import { placeOfIssue, type IssuePlace } from './calls.ts';
import { grantsOfIssue, type CommandParts } from './commands/command.ts';
import { voidRequest } from './commands/void.ts';
import { waitingCommands } from './thread.ts';
import { readUntil } from './visible.ts';
import { readAsking } from './written.ts';

/** Looks at a thread as it is now. Rejects when GitHub does not answer; nothing is then concluded. */
export async function lookAfterThread(parts: ActingParts, open: OpenThread): Promise<void> {
  const github = await parts.asInstallation(open.issue.installationId);
  const place = await readUntil(
    () => placeOfIssue(github, open.issue),
    (found) => found === 'there',
  );
  if (place !== 'there') return endWhatIsOpen(parts, open, place);
  for (const { request } of await requestsOfIssue(parts.store.queries, open.issue)) {
    if (request.state !== 'pending') continue;
    const asking = await readUntil(
      () => readAsking(github, request),
      ({ kind }) => kind === 'stands',
    );
    if (asking.kind !== 'stands') await voidAsChanged(parts, request, asking, { kind: 'bot' });
  }
  const waiting = await waitingCommands(parts.store, github, open);
  for (const told of waiting) await actOn(parts, told, github, 'in-the-thread');
}

/** After a webhook said that an issue was deleted or moved: what GitHub says now is what counts. */
export async function lookForIssue(parts: ActingParts, open: OpenThread): Promise<void> {
  const github = await parts.asInstallation(open.issue.installationId);
  const place = await readUntil(
    () => placeOfIssue(github, open.issue),
    (found) => found !== 'there',
  );
  await endWhatIsOpen(parts, open, place);
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
  const byBot = { by: 'bot', actor: { kind: 'bot' }, origin: { kind: 'bot' } } as const;
  const reason = place === 'moved' ? 'the issue was moved' : 'the issue is not there any more';
  for (const grant of grants.filter(({ state }) => state === 'active')) {
    await parts.revoker.revoke(grant, { ...byBot, reason });
  }
  for (const request of requests.filter(({ state }) => state === 'pending')) {
    // It may have ended with its grant just now.
    const stored = await readRequest(parts.store.queries, numberOf(request.id));
    if (stored?.request.state === 'pending') {
      const reason = refusalOf(place, request);
      await voidRequest(parts.ledger, undefined, { request, reason, derivation: [] });
    }
  }
  for (const grant of grants) await recordLostReview(parts.ledger, grant);
}

function refusalOf(place: 'moved' | 'gone', { id }: AccessRequest): Refusal {
  return refuse(place === 'moved' ? 'request-moved' : 'issue-gone', { request: id });
}
