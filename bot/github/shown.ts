// What the card of a request showed when somebody said yes to it, or looked at it: they mean what stood there.

import { digest } from '../access/canonical.ts';
import type { Verb } from '../access/grammar.ts';
import type { CardChange } from '../ledger/cards.ts';
import { isCardText } from '../store/cards.ts';
import type { StoredRequest } from '../store/requests.ts';
import { findOwnComment } from './calls.ts';
import { cardKey, markerOf } from './cards.ts';
import { readCard, wasForeignAt } from './card-history.ts';
import type { CommandParts, Given } from './commands/command.ts';

/** `digest` is the request's when the author of a comment saw a text of ours, and empty otherwise. */
export type Shown =
  | { readonly kind: 'ours' | 'not-yet' | 'before-it-was-restored'; readonly digest: string }
  /** Somebody else has written there, or it is gone. A yes to a text we did not write is no yes. */
  | { readonly kind: 'changed'; readonly digest: ''; readonly change: CardChange };

export async function whatWasShown(
  { store, appId }: Pick<CommandParts, 'store' | 'appId'>,
  { github, source, writtenAt }: Pick<Given<Verb>, 'github' | 'source' | 'writtenAt'>,
  stored: StoredRequest,
): Promise<Shown> {
  const { number, request, isCardChanged, cardRestoredAt } = stored;
  const marker = markerOf(cardKey(request.id));
  // GitHub may have written the card and lost the answer: it is there for everybody, and we do not know its number yet.
  const cardCommentId =
    stored.cardCommentId ?? (await findOwnComment(github, source.thread, { appId, marker }));
  // Nobody says yes to a card that did not stand there yet: GitHub numbers comments as they are written, and delivers
  // them late or in another order.
  if (cardCommentId === undefined || source.commentId < cardCommentId) {
    return { kind: 'not-yet', digest: '' };
  }
  // The history of the card says it too, but not that the change is on record and put back: it would be both once more.
  // Both times are GitHub's, in whole seconds: of the same second it is not known which came first.
  const isFromBefore = cardRestoredAt !== null && writtenAt <= cardRestoredAt;
  if (isCardChanged || isFromBefore) return { kind: 'before-it-was-restored', digest: '' };
  const card = await readCard(github, source.thread, cardCommentId);
  if (card === 'gone') {
    return { kind: 'changed', digest: '', change: { kind: 'deleted', by: null } };
  }
  if (card === 'edited-too-often') {
    return { kind: 'changed', digest: '', change: { kind: 'edited', by: null } };
  }
  const isOurs = await isCardText(store.queries, number, digest(card.body.trim()));
  if (isOurs && !wasForeignAt(card.edits, writtenAt)) {
    return { kind: 'ours', digest: request.digest };
  }
  return { kind: 'changed', digest: '', change: { kind: 'edited', by: null } };
}
