// `/break-glass` and `/review`: access at once, and the look at it afterwards.

import { recordCardChange } from '../../ledger/cards.ts';
import { decideBreakGlass, decideReview } from '../../access/break-glass.ts';
import { chooseReview } from '../../access/choose.ts';
import { breakGlass as keepBroken, recordReview } from '../../ledger/glass.ts';
import { numberOf } from '../../ledger/ledger.ts';
import { refuseCommand } from '../../ledger/replies.ts';
import { readRequest } from '../../store/requests.ts';
import { openGlasses, reviewOfRequest } from '../../store/reviews.ts';
import { whatWasShown } from '../shown.ts';
import {
  aboutGrant,
  factsAbout,
  grantsOfIssue,
  openingOf,
  type CommandParts,
  type Given,
} from './command.ts';

export async function breakGlass(parts: CommandParts, given: Given<'break-glass'>): Promise<void> {
  const { command, source, writtenAt } = given;
  const { home, ledger, store } = parts;
  const facts = await factsAbout(parts, given, { resource: command.resource });
  const question = {
    ...(await openingOf(parts, given)),
    command,
    grantId: parts.newGrantId(),
    home,
    writtenAt,
    open: await openGlasses(store.queries, source.author.id),
  };
  const decision = decideBreakGlass(question, facts);
  if (decision.kind === 'broken') return keepBroken(ledger, source, decision);
  return refuseCommand(ledger, source, { verb: 'break-glass', ...decision });
}

export async function review(parts: CommandParts, given: Given<'review'>): Promise<void> {
  const { command, source, issue } = given;
  const { ledger, store } = parts;
  const { grants } = await grantsOfIssue(store, issue);
  const found = await Promise.all(
    grants.map(async (grant) => ({
      grant,
      review: await reviewOfRequest(store.queries, numberOf(grant.requestId)),
    })),
  );
  const broken = found.flatMap(({ grant, review: of }) =>
    of ? [{ grant, reviewers: of.reviewers, isOpen: of.done === null }] : [],
  );
  const choice = chooseReview(command.request, broken);
  if (choice.kind === 'refused') {
    return refuseCommand(ledger, source, { verb: 'review', ...choice });
  }
  const { grant } = choice;
  const { id, requestId } = grant;
  const stored = await readRequest(store.queries, numberOf(requestId));
  if (!stored) throw new Error(`grant ${id} has no request ${requestId}`);
  const shown = await whatWasShown(parts, given, stored);
  const reviewers = broken.find((each) => each.grant.id === id)?.reviewers ?? [];
  const question = {
    grant,
    reviewers,
    by: source.author,
    shownDigest: shown.digest,
  };
  const facts = await factsAbout(parts, given, {
    ...aboutGrant(grant),
    groups: reviewers.map(({ ref }) => ref),
  });
  const decision = decideReview(question, facts);
  if (decision.kind === 'reviewed') {
    const { remark } = command;
    return recordReview(ledger, source, { grant, remark, derivation: decision.derivation });
  }
  if (shown.kind === 'changed') await recordCardChange(ledger, stored.request, shown.change);
  return refuseCommand(ledger, source, { verb: 'review', grant: id, ...decision });
}
