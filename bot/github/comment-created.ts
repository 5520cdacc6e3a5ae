// issue_comment.created: the one event that can be a command. What the webhook says is a hint: the comment is read
// again from GitHub, and only one that stands there unedited, by the very person who sent it, written by hand on the
// web or in an app, is acted on. Each comment acts once.

import type { Context } from 'probot';
import type { Logger } from 'pino';
import { readCommand, type Reading } from '../access/command.ts';
import type { IssueRef } from '../access/request.ts';
import { threadOf, type CommandSource } from '../ledger/ledger.ts';
import { acknowledge, answerMistake } from '../ledger/replies.ts';
import { Overtaken } from '../ledger/requests.ts';
import { isSettled } from '../store/commands.ts';
import type { GitHub } from './app.ts';
import { readComment } from './calls.ts';
import { approve } from './commands/approve.ts';
import { cancel, deny } from './commands/close.ts';
import type { CommandParts } from './commands/command.ts';
import { connect } from './commands/connect.ts';
import { extend } from './commands/extend.ts';
import { breakGlass, review } from './commands/glass.ts';
import { inquire, why } from './commands/inquire.ts';
import { revoke } from './commands/revoke.ts';
import { readUntil } from './visible.ts';

type Payload = Context<'issue_comment.created'>['payload'];

export async function commentCreated(
  parts: CommandParts & { readonly log: Logger },
  payload: Payload,
  github: GitHub,
): Promise<void> {
  const { comment, installation } = payload;
  if (readCommand(comment.body).kind === 'none') return;
  if (!mayAct(payload) || installation === undefined) return;
  if (await isSettled(parts.store.queries, comment.id)) return;
  const now = await readUntil(
    () => readComment(github, comment.node_id),
    (found) => found !== undefined,
  );
  const ignored = whyIgnored(now, payload);
  if (ignored !== undefined || !now?.author) {
    parts.log.info({ comment: comment.id, ignored }, 'a command was not acted on');
    return;
  }
  const issue = { installationId: installation.id, ...now.issue };
  const source: CommandSource = {
    thread: threadOf(issue),
    commentId: comment.id,
    author: now.author,
  };
  await acknowledge(parts.ledger, source);
  const commentNodeId = comment.node_id;
  await act(parts, { reading: readCommand(now.body), source, commentNodeId, issue, github });
}

interface Acting {
  readonly reading: Reading;
  readonly source: CommandSource;
  readonly commentNodeId: string;
  readonly issue: IssueRef;
  readonly github: GitHub;
}

async function act(parts: CommandParts, acting: Acting): Promise<void> {
  try {
    await dispatch(parts, acting);
  } catch (error) {
    if (!(error instanceof Overtaken)) throw error;
    // Time or an operator moved the request while this command was being decided: decide again, on what is now.
    await dispatch(parts, acting);
  }
}

async function dispatch(parts: CommandParts, { reading, ...rest }: Acting): Promise<void> {
  if (reading.kind === 'none') return;
  if (reading.kind === 'mistake') return answerMistake(parts.ledger, rest.source, reading);
  const { command } = reading;
  switch (command.verb) {
    case 'connect':
      return connect(parts, { ...rest, command });
    case 'approve':
      return approve(parts, { ...rest, command });
    case 'deny':
      return deny(parts, { ...rest, command });
    case 'cancel':
      return cancel(parts, { ...rest, command });
    case 'extend':
      return extend(parts, { ...rest, command });
    case 'revoke':
      return revoke(parts, { ...rest, command });
    case 'break-glass':
      return breakGlass(parts, { ...rest, command });
    case 'review':
      return review(parts, { ...rest, command });
    case 'why':
      return why(parts, { ...rest, command });
    default:
      return inquire(parts, { ...rest, command });
  }
}

/** Who may act at all: a person, in their own name, on an issue of a repository that is not public. */
function mayAct({ comment, sender, issue, repository }: Payload): boolean {
  return (
    sender.type === 'User' &&
    comment.user?.id === sender.id &&
    !comment.performed_via_github_app &&
    !('pull_request' in issue && issue.pull_request) &&
    repository.private
  );
}

function whyIgnored(
  now: Awaited<ReturnType<typeof readComment>>,
  { comment, sender, issue, repository }: Payload,
): string | undefined {
  if (!now) return 'deleted';
  if (now.id !== comment.id) return 'another-comment';
  if (now.author?.id !== sender.id) return 'another-author';
  if (now.edited) return 'edited';
  if (now.viaEmail) return 'sent-by-email';
  // A yes means what it says where it stands; nobody may carry it to another request.
  const { repositoryId, number } = now.issue;
  if (repositoryId !== repository.id || number !== issue.number) return 'on-another-issue';
  if (now.isOnPullRequest) return 'on-a-pull-request';
  if (now.isPublic) return 'in-a-public-repository';
  return undefined;
}
