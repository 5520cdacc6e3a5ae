// issue_comment.edited and issue_comment.deleted: a request whose words were changed or taken away after they were
// read is not decided any more. What the webhook says is a hint: only a comment that GitHub itself shows as edited, or
// no longer has, ends its request. A grant that was given is not touched: what was approved is what the card showed.

import type { Context } from 'probot';
import type { Logger } from 'pino';
import { refuseAsking, type Asking } from '../access/asking.ts';
import { actorOf } from '../ledger/ledger.ts';
import { closeRequest } from '../ledger/requests.ts';
import { requestOfComment } from '../store/requests.ts';
import type { GitHub } from './app.ts';
import { readAsking } from './calls.ts';
import type { CommandParts } from './commands/command.ts';
import { readUntil } from './visible.ts';

type Payload =
  Context<'issue_comment.edited'>['payload'] | Context<'issue_comment.deleted'>['payload'];

export async function commentChanged(
  { store, ledger, log }: CommandParts & { readonly log: Logger },
  { comment }: Payload,
  github: GitHub,
): Promise<void> {
  const stored = await requestOfComment(store.queries, comment.id);
  if (stored?.request.state !== 'pending') return;
  const { request } = stored;
  const asking = await readUntil(
    () => readAsking(github, request.commentNodeId),
    ({ kind }) => kind !== 'stands',
  );
  if (asking.kind === 'stands') {
    log.warn({ comment: comment.id }, 'a comment was said to be changed, and is not');
    return;
  }
  const { repositoryId, number } = request.issue;
  await closeRequest(ledger, request, {
    event: 'void',
    actor: asking.kind === 'edited' && asking.by ? actorOf(asking.by) : { kind: 'bot' },
    origin: { kind: 'comment', repositoryId, issue: number, commentId: comment.id },
    by: nameOf(asking),
    reason: '',
    refusal: refuseAsking(request, asking),
    derivation: [],
  });
}

function nameOf(asking: Asking): string {
  return asking.kind === 'edited' && asking.by ? asking.by.login : 'the bot';
}
