// What the card of a request shows at this moment: whoever says yes to it, or has looked at it, means what stood there.

import { digest } from '../access/canonical.ts';
import type { Verb } from '../access/grammar.ts';
import { isCardText } from '../store/cards.ts';
import type { StoredRequest } from '../store/requests.ts';
import type { Store } from '../store/store.ts';
import { commentBody } from './calls.ts';
import type { Given } from './commands/command.ts';

/**
 * The digest that the author of a comment saw: the request's when the card on the issue carries a text of ours, and
 * none when somebody else has written there, or it is gone. A yes to a text we did not write is no yes.
 */
export async function shownDigest(
  store: Store,
  { github, source }: Pick<Given<Verb>, 'github' | 'source'>,
  { number, request, cardCommentId }: StoredRequest,
): Promise<string> {
  // Nobody says yes to a card that did not stand there yet: GitHub numbers comments as they are written, and delivers
  // them late or in another order.
  if (cardCommentId === null || source.commentId < cardCommentId) return '';
  const body = await commentBody(github, source.thread, cardCommentId);
  const ours = body !== undefined && (await isCardText(store.queries, number, digest(body.trim())));
  return ours ? request.digest : '';
}
