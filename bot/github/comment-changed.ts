// issue_comment.edited and issue_comment.deleted: a request whose words were changed or taken away after they were
// read is not decided any more. What the webhook says is a hint: only a comment that GitHub itself shows as edited, or
// no longer has, ends its request. A grant that was given is not touched: what was approved is what the card showed.

import type { Context } from 'probot';
import { requestOfComment } from '../store/requests.ts';
import type { ActingParts } from './acting.ts';
import { readAsking } from './calls.ts';
import { voidAsChanged } from './open-threads.ts';
import { readUntil } from './visible.ts';

type Payload =
  Context<'issue_comment.edited'>['payload'] | Context<'issue_comment.deleted'>['payload'];

export async function commentChanged(parts: ActingParts, { comment }: Payload): Promise<void> {
  const stored = await requestOfComment(parts.store.queries, comment.id);
  if (stored?.request.state !== 'pending') return;
  const { request } = stored;
  // As the installation that the request came by: the event's own may see nothing there, and that is no answer.
  const github = await parts.asInstallation(request.issue.installationId);
  const asking = await readUntil(
    () => readAsking(github, request),
    ({ kind }) => kind !== 'stands',
  );
  if (asking.kind === 'stands') {
    parts.log.warn({ comment: comment.id }, 'a comment was said to be changed, and is not');
    return;
  }
  const { repositoryId, number } = request.issue;
  const origin = { kind: 'comment', repositoryId, issue: number, commentId: comment.id } as const;
  await voidAsChanged(parts, request, asking, origin);
}
