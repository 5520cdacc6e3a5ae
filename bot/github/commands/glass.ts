// `/break-glass` and `/review`: access at once, and the look at it afterwards.

import { decideBreakGlass, decideReview } from '../../access/break-glass.ts';
import { chooseReview } from '../../access/choose.ts';
import { breakGlass as keepBroken, recordReview } from '../../ledger/glass.ts';
import { refuseCommand } from '../../ledger/replies.ts';
import { reviewOfRequest } from '../../store/reviews.ts';
import { numberOf } from '../../ledger/ledger.ts';
import {
  factsAbout,
  grantsOfIssue,
  openingOf,
  peopleOf,
  type CommandParts,
  type Given,
} from './command.ts';

export async function breakGlass(parts: CommandParts, given: Given<'break-glass'>): Promise<void> {
  const { command, source } = given;
  const facts = await factsAbout(parts, given, []);
  const opening = await openingOf(parts, given);
  const decision = decideBreakGlass({ ...opening, command, grantId: parts.newGrantId() }, facts);
  if (decision.kind === 'broken') return keepBroken(parts.ledger, source, decision);
  return refuseCommand(parts.ledger, source, { verb: 'break-glass', ...decision });
}

export async function review(parts: CommandParts, given: Given<'review'>): Promise<void> {
  const { command, source, issue } = given;
  const { ledger, store } = parts;
  const { grants, requests } = await grantsOfIssue(store, issue);
  const reviews = await Promise.all(
    grants.map(({ requestId }) => reviewOfRequest(store.queries, numberOf(requestId))),
  );
  const open = grants.filter((_grant, index) => reviews[index]?.done === null);
  const choice = chooseReview(command.request, { open, all: requests });
  if (choice.kind === 'refused') {
    return refuseCommand(ledger, source, { verb: 'review', reason: choice.reason, derivation: [] });
  }
  const { grant } = choice;
  const facts = await factsAbout(parts, given, peopleOf(grant));
  const decision = decideReview({ grant, by: source.author }, facts);
  if (decision.kind === 'reviewed') {
    const { remark } = command;
    return recordReview(ledger, source, { grant, remark, derivation: decision.derivation });
  }
  return refuseCommand(ledger, source, { verb: 'review', grant: grant.id, ...decision });
}
