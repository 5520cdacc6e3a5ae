// `/break-glass` and `/review`: access at once, and the look at it afterwards.

import { recordCardChange } from '../../ledger/cards.ts';
import { decideBreakGlass, decideReview, type Seen } from '../../access/break-glass.ts';
import { chooseReview } from '../../access/choose.ts';
import type { Grant } from '../../access/lifecycle.ts';
import { isOnIssue } from '../../access/request.ts';
import { breakGlass as keepBroken, recordReview } from '../../ledger/glass.ts';
import { numberOf } from '../../ledger/ledger.ts';
import { refuseCommand } from '../../ledger/replies.ts';
import { grantOfRequest } from '../../store/grants.ts';
import { readRequest } from '../../store/requests.ts';
import { openGlasses, reviewOfRequest } from '../../store/reviews.ts';
import type { Store } from '../../store/store.ts';
import { placeOfIssue } from '../place.ts';
import { whatWasShown } from '../shown.ts';
import { readUntil } from '../visible.ts';
import {
  aboutGrant,
  freshFacts,
  grantsOfIssue,
  openingOf,
  type CommandParts,
  type Given,
} from './command.ts';

export async function breakGlass(parts: CommandParts, given: Given<'break-glass'>): Promise<void> {
  const { command, source, writtenAt } = given;
  const { home, ledger, store } = parts;
  const facts = await freshFacts(parts, given, { resource: command.resource });
  if ('kind' in facts) return refuseCommand(ledger, source, { verb: 'break-glass', ...facts });
  const question = {
    ...(await openingOf(parts, given)),
    command,
    grantId: parts.newGrantId(),
    home,
    writtenAt,
    open: await openGlasses(store.queries),
  };
  const decision = decideBreakGlass(question, facts);
  if (decision.kind === 'broken') return keepBroken(ledger, source, decision);
  return refuseCommand(ledger, source, { verb: 'break-glass', ...decision });
}

export async function review(parts: CommandParts, given: Given<'review'>): Promise<void> {
  const { command, source, issue } = given;
  const { ledger, store } = parts;
  const broken = await whatWasBroken(store, given);
  const choice = chooseReview(command.request, issue, broken);
  if (choice.kind === 'refused') {
    return refuseCommand(ledger, source, { verb: 'review', ...choice });
  }
  const { grant } = choice;
  const { id, requestId } = grant;
  const stored = await readRequest(store.queries, numberOf(requestId));
  if (!stored) throw new Error(`grant ${id} has no request ${requestId}`);
  const isHere = isOnIssue(issue, grant.issue);
  const shown = isHere ? await whatWasShown(parts, given, stored) : undefined;
  const reviewers = broken.find((each) => each.grant.id === id)?.reviewers ?? [];
  const question = {
    grant,
    reviewers,
    by: source.author,
    seen: shown ? ({ kind: 'card', digest: shown.digest } as const) : await seenFrom(given, grant),
  };
  const facts = await freshFacts(parts, given, {
    ...aboutGrant(grant),
    groups: reviewers.map(({ ref }) => ref),
  });
  const decision = 'kind' in facts ? facts : decideReview(question, facts);
  if (decision.kind === 'reviewed') {
    const { remark } = command;
    return recordReview(ledger, source, { grant, remark, derivation: decision.derivation });
  }
  if (shown?.kind === 'changed') await recordCardChange(ledger, stored.request, shown.change);
  return refuseCommand(ledger, source, { verb: 'review', grant: id, ...decision });
}

/** The broken glasses of the issue, and the one that is named, whose issue may be another. */
async function whatWasBroken(store: Store, { command, issue }: Given<'review'>) {
  const { grants } = await grantsOfIssue(store, issue);
  const isHere = grants.some(({ requestId }) => requestId === command.request);
  const named =
    command.request === undefined || isHere
      ? undefined
      : await grantOfRequest(store.queries, numberOf(command.request));
  const found = await Promise.all(
    [...grants, ...(named ? [named] : [])].map(async (grant) => ({
      grant,
      review: await reviewOfRequest(store.queries, numberOf(grant.requestId)),
    })),
  );
  return found.flatMap(({ grant, review: of }) =>
    of ? [{ grant, reviewers: of.reviewers, isOpen: of.done === null }] : [],
  );
}

/** What a reviewer sees who writes on another issue of the same repository. */
async function seenFrom({ github, issue }: Given<'review'>, grant: Grant): Promise<Seen> {
  const { owner, repo } = issue;
  // That it is not there stands in for the card, and is believed only when it is said several times.
  const place = await readUntil(
    () => placeOfIssue(github, { ...grant.issue, owner, repo }),
    (found) => found !== 'gone' && found !== 'moved',
  );
  return { kind: place === 'gone' || place === 'moved' ? 'issue-gone' : 'another-issue' };
}
