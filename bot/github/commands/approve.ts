// `/approve`: one approver's yes to exactly what the card shows.

import { chooseRequest } from '../../access/choose.ts';
import { decideApprove } from '../../access/decide.ts';
import type { AccessRequest } from '../../access/request.ts';
import type { Grant } from '../../access/lifecycle.ts';
import { countApproval, extendGrant, grantRequest } from '../../ledger/requests.ts';
import { recordCardChange } from '../../ledger/cards.ts';
import { readGrant } from '../../store/grants.ts';
import { refuseCommand } from '../../ledger/replies.ts';
import { requestsOfIssue } from '../../store/requests.ts';
import { whatWasShown } from '../shown.ts';
import { readUntil } from '../visible.ts';
import { readAsking } from '../written.ts';
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
    factsAbout(parts, given, { ids: people, resource: request.resource }),
    readUntil(
      () => readAsking(given.github, request),
      ({ kind }) => kind === 'stands',
    ),
    whatWasShown(parts, given, stored),
  ]);
  const decision = decideApprove(
    {
      request,
      approvals,
      approver: source.author,
      commentId: source.commentId,
      ...(command.durationMs !== undefined && { durationMs: command.durationMs }),
      asking,
      shownDigest: shown.digest,
      grantId: parts.newGrantId(),
      ...(extended && { extended }),
    },
    facts,
  );
  if (decision.kind === 'granted') return grantRequest(ledger, source, { request, ...decision });
  if (decision.kind === 'extended') {
    return extendGrant(ledger, source, { request, ...decision });
  }
  if (decision.kind === 'counted') return countApproval(ledger, source, { request, ...decision });
  if (decision.kind === 'voided') return voidRequest(ledger, source, { request, ...decision });
  if (shown.kind === 'changed') await recordCardChange(ledger, request, shown.change);
  return refuseCommand(ledger, source, { verb: 'approve', request: request.id, ...decision });
}

async function extendedGrant(
  { store }: CommandParts,
  request: AccessRequest,
): Promise<Grant | undefined> {
  return request.extends === null ? undefined : readGrant(store.queries, request.extends);
}
