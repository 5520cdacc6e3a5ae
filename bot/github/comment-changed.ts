// issue_comment.edited and issue_comment.deleted: a request whose words were changed or taken away after they were
// read is not decided any more. A grant that was given is not touched: what was approved is what the card showed.

import type { Context } from 'probot';
import { refuse } from '../access/reasons.ts';
import { closeRequest } from '../ledger/requests.ts';
import { requestOfComment } from '../store/requests.ts';
import type { CommandParts } from './commands/command.ts';

type Payload =
  Context<'issue_comment.edited'>['payload'] | Context<'issue_comment.deleted'>['payload'];

export async function commentChanged(
  { store, ledger }: CommandParts,
  payload: Payload,
): Promise<void> {
  const { action, comment, sender } = payload;
  const stored = await requestOfComment(store.queries, comment.id);
  if (stored?.request.state !== 'pending') return;
  await closeRequest(ledger, stored.request, {
    event: 'void',
    actor: { kind: 'person', id: sender.id, login: sender.login },
    origin: {
      kind: 'comment',
      repositoryId: payload.repository.id,
      issue: payload.issue.number,
      commentId: comment.id,
    },
    by: sender.login,
    reason: '',
    refusal: refuse(action === 'edited' ? 'request-edited' : 'request-deleted', {
      request: stored.request.id,
      login: sender.login,
    }),
    derivation: [],
  });
}
