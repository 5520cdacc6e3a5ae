// `/approve`: one approver's yes to exactly what the card shows.

import { digest } from '../../access/canonical.ts';
import { chooseRequest } from '../../access/choose.ts';
import { decideApprove } from '../../access/decide.ts';
import type { AccessRequest } from '../../access/request.ts';
import type { Grant } from '../../access/lifecycle.ts';
import { countApproval, extendGrant, grantRequest } from '../../ledger/requests.ts';
import { readGrant } from '../../store/grants.ts';
import { refuseCommand } from '../../ledger/replies.ts';
import { commit, showState } from '../../ledger/ledger.ts';
import { isCardText, requestsOfIssue, type StoredRequest } from '../../store/requests.ts';
import { commentBody, readAsking } from '../calls.ts';
import { voidRequest } from './void.ts';
import { factsAbout, peopleOf, type CommandParts, type Given } from './command.ts';

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
    return refuseCommand(ledger, source, {
      verb: 'approve',
      reason: choice.reason,
      derivation: [],
    });
  }
  const { request } = choice;
  const stored = requests.find((each) => each.request.id === request.id);
  if (!stored) throw new Error(`request ${request.id} was chosen and is not there`);
  const { approvals } = stored;
  const earlier = [request.requester.id, ...approvals.map(({ approver }) => approver.id)];
  const extended = await extendedGrant(parts, request);
  const people = extended ? [...earlier, ...peopleOf(extended)] : earlier;
  const [facts, asking, shown] = await Promise.all([
    factsAbout(parts, given, people),
    readAsking(given.github, request.commentNodeId),
    shownDigest(parts, given, stored),
  ]);
  const decision = decideApprove(
    {
      request,
      approvals,
      approver: source.author,
      commentId: source.commentId,
      ...(command.durationMs !== undefined && { durationMs: command.durationMs }),
      asking,
      shownDigest: shown,
      grantId: parts.newGrantId(),
      ...(extended && { extended }),
    },
    facts,
  );
  if (decision.kind === 'granted') return grantRequest(ledger, source, { request, ...decision });
  if (decision.kind === 'extended') return extendGrant(ledger, source, { request, ...decision });
  if (decision.kind === 'counted') return countApproval(ledger, source, { request, ...decision });
  if (decision.kind === 'voided') return voidRequest(ledger, source, { request, ...decision });
  if (decision.reason.code === 'card-changed') await restoreCard(parts, request);
  return refuseCommand(ledger, source, { verb: 'approve', request: request.id, ...decision });
}

/**
 * The digest that the approver saw: the request's when the card on the issue carries a text of ours, and none when
 * somebody else has written there, or it is gone. An approval of a text we did not write is no approval.
 */
async function shownDigest(
  { store }: CommandParts,
  { github, source }: Given<'approve'>,
  { number, request, cardCommentId }: StoredRequest,
): Promise<string> {
  // Nobody approves a card that did not stand there yet: GitHub numbers comments as they are written, and delivers
  // them late or in another order.
  if (cardCommentId === null || source.commentId < cardCommentId) return '';
  const body = await commentBody(github, source.thread, cardCommentId);
  const ours = body !== undefined && (await isCardText(store.queries, number, digest(body.trim())));
  return ours ? request.digest : '';
}

async function extendedGrant(
  { store }: CommandParts,
  request: AccessRequest,
): Promise<Grant | undefined> {
  return request.extends === null ? undefined : readGrant(store.queries, request.extends);
}

async function restoreCard({ ledger }: CommandParts, request: AccessRequest): Promise<void> {
  await commit(ledger, (entry) => showState(entry, request));
}
