// issue_comment.edited, issue_comment.deleted and issues.edited: a request whose words were changed or taken away after
// they were read is not decided any more. What the webhook says is a hint: only what GitHub itself shows as edited, or no
// longer has, ends its request. A grant that was given is not touched: what was approved is what the card showed.

import { requestOfComment } from '../store/requests.ts';
import { originOfWords } from '../ledger/ledger.ts';
import type { ActingParts } from './acting.ts';
import { inSight } from './coverage.ts';
import { voidAsChanged } from './open-threads.ts';
import { readUntil } from './visible.ts';
import { readAsking } from './written.ts';

/** `commentId` is that of the text of an issue where this is what was changed. */
export async function wordsChanged(parts: ActingParts, commentId: number): Promise<void> {
  const stored = await requestOfComment(parts.store.queries, commentId);
  if (stored?.request.state !== 'pending') return;
  const { request } = stored;
  // As the installation that covers the request's issue: the event's own may see nothing there, and that is no answer.
  const asking = await inSight(async () => {
    const { github } = await parts.coverage.as(request.issue);
    return readUntil(
      () => readAsking(github, request),
      ({ kind }) => kind !== 'stands',
    );
  });
  // What becomes of what is open where nothing is seen is for the rounds.
  if (!asking) return;
  if (asking.kind === 'stands') {
    parts.log.warn({ comment: commentId }, 'a comment was said to be changed, and is not');
    return;
  }
  const { repositoryId, number } = request.issue;
  const origin = originOfWords({ repositoryId, number, commentId });
  await voidAsChanged(parts, request, asking, origin);
}
