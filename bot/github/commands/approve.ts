// `/approve`: one approver's yes to exactly what the card shows.

import { chooseRequest } from '../../access/choose.ts';
import type { Confirmation } from '../../access/confirm.ts';
import { decideApprove, type ApproveDecision } from '../../access/decide.ts';
import type { AccessRequest } from '../../access/request.ts';
import type { Grant } from '../../access/lifecycle.ts';
import { countApproval, extendGrant, grantRequest } from '../../ledger/requests.ts';
import { recordCardChange } from '../../ledger/cards.ts';
import { readGrant } from '../../store/grants.ts';
import { refuseCommand } from '../../ledger/replies.ts';
import { awaitConfirmation } from '../../ledger/waiting.ts';
import { requestsOfIssue, type StoredRequest } from '../../store/requests.ts';
import { whatWasShown, type Shown } from '../shown.ts';
import { readUntil } from '../visible.ts';
import { readAsking } from '../written.ts';
import { voidRequest } from './void.ts';
import { factsAbout, freshFacts, peopleOf, type CommandParts, type Given } from './command.ts';

export async function approve(parts: CommandParts, given: Given<'approve'>): Promise<void> {
  const { command, source, issue } = given;
  const { ledger } = parts;
  const requests = await requestsOfIssue(parts.store.queries, issue);
  const choice = chooseRequest(
    command,
    source.author,
    requests.map(({ request }) => request),
  );
  if (choice.kind === 'refused') {
    return refuseCommand(ledger, source, { verb: 'approve', ...choice });
  }
  const stored = requests.find((each) => each.request.id === choice.request.id);
  if (!stored) throw new Error(`request ${choice.request.id} was chosen and is not there`);
  await approveRequest(parts, given, { stored });
}

/** Decides about one request, and keeps what was decided. `confirmation` is the approver's sign-in over it. */
export async function approveRequest(
  parts: CommandParts,
  given: Given<'approve'>,
  {
    stored,
    confirmation,
  }: { readonly stored: StoredRequest; readonly confirmation?: Confirmation },
): Promise<ApproveDecision> {
  const { command, source } = given;
  const { request, approvals } = stored;
  const earlier = [request.requester.id, ...approvals.map(({ approver }) => approver.id)];
  const extended = await extendedGrant(parts, request);
  const people = extended ? [...earlier, ...peopleOf(extended)] : earlier;
  // A confirmation that finds Backstage silent is no refusal: it can be tried again for as long as it waits.
  const gather = confirmation ? factsAbout : freshFacts;
  const [facts, asking, shown] = await Promise.all([
    gather(parts, given, { ids: people, resource: request.resource }),
    readUntil(
      () => readAsking(given.github, request),
      ({ kind }) => kind === 'stands',
    ),
    whatWasShown(parts, given, stored),
  ]);
  const question = {
    request,
    approvals,
    approver: source.author,
    commentId: source.commentId,
    ...(command.durationMs !== undefined && { durationMs: command.durationMs }),
    asking,
    shownDigest: shown.digest,
    grantId: parts.newGrantId(),
    ...(extended && { extended }),
    ...(confirmation && { confirmation }),
  };
  const decision = 'kind' in facts ? facts : decideApprove(question, facts);
  await keep(parts, given, { request, decision, shown });
  return decision;
}

async function keep(
  { ledger, newConfirmationId }: CommandParts,
  { command, source, commentNodeId }: Given<'approve'>,
  about: {
    readonly request: AccessRequest;
    readonly decision: ApproveDecision;
    readonly shown: Shown;
  },
): Promise<void> {
  const { request, decision, shown } = about;
  switch (decision.kind) {
    case 'granted':
      return grantRequest(ledger, source, { request, ...decision });
    case 'extended':
      return extendGrant(ledger, source, { request, ...decision });
    case 'counted':
      return countApproval(ledger, source, { request, ...decision });
    case 'voided':
      return voidRequest(ledger, source, { request, ...decision });
    case 'unconfirmed': {
      const { until, derivation } = decision;
      const durationMs = command.durationMs ?? request.durationMs;
      const waiting = { id: newConfirmationId(), commentNodeId, durationMs, until };
      return awaitConfirmation(ledger, source, { request, waiting, derivation });
    }
    case 'refused':
      if (shown.kind === 'changed') await recordCardChange(ledger, request, shown.change);
      return refuseCommand(ledger, source, { verb: 'approve', request: request.id, ...decision });
  }
}

async function extendedGrant(
  { store }: CommandParts,
  request: AccessRequest,
): Promise<Grant | undefined> {
  return request.extends === null ? undefined : readGrant(store.queries, request.extends);
}
