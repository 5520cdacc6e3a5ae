// What can happen to a comment, and reactions to anything: each changes the state, tells the Apps
// by webhook (reactions have none, on GitHub as here) and the page by a change.
// Rights were checked before these are called.
import type { Instance } from './instance.ts';
import { checkBody, type Writer } from './issue-actions.ts';
import { commentPayload } from './payloads/issue-payloads.ts';
import { refuse } from './refusals.ts';
import type { Account, Comment, Issue, Reaction, ReactionContent } from './state.ts';

export function createComment(
  instance: Instance,
  issue: Issue,
  made: { writer: Writer; body: string; viaEmail: boolean },
): Comment {
  checkCommentBody(made.body);
  const now = instance.now();
  const comment: Comment = {
    id: instance.state.nextWrittenId(),
    issue,
    author: made.writer.account,
    viaApp: made.writer.app,
    body: made.body,
    createdAt: now,
    updatedAt: now,
    createdViaEmail: made.viaEmail,
    minimizedReason: null,
    edits: [],
    reactions: [],
  };
  issue.comments.push(comment);
  issue.updatedAt = now;
  // Before the webhook, which is how anybody learns that there is something to read.
  instance.faults.commentWritten(comment.id, comment.author.login);
  announce(instance, comment, { sender: made.writer.account, action: 'created' });
  return comment;
}

export function editComment(
  instance: Instance,
  comment: Comment,
  { editor, body }: { editor: Account; body: string },
): void {
  checkCommentBody(body);
  if (body === comment.body) return;
  const before = comment.body;
  comment.edits.push({ before, editor, at: instance.now() });
  comment.body = body;
  comment.updatedAt = instance.now();
  announce(instance, comment, { sender: editor, action: 'edited', before });
}

export function deleteComment(instance: Instance, comment: Comment, sender: Account): void {
  const { comments } = comment.issue;
  comments.splice(comments.indexOf(comment), 1);
  announce(instance, comment, { sender, action: 'deleted' });
}

export function minimizeComment(instance: Instance, comment: Comment, reason: string): void {
  comment.minimizedReason = reason;
  const { issue } = comment;
  instance.changed({ what: 'comment', repository: issue.repository, issue });
}

/** Adds the reaction, or finds the one that the same account left before. */
export function react(
  instance: Instance,
  subject: Comment | Issue,
  { user, content }: { user: Account; content: ReactionContent },
): { reaction: Reaction; isNew: boolean } {
  const known = subject.reactions.find((one) => one.user === user && one.content === content);
  if (known) return { reaction: known, isNew: false };
  const createdAt = instance.now();
  const reaction: Reaction = { id: instance.state.nextId(), user, content, createdAt };
  subject.reactions.push(reaction);
  reactionChanged(instance, subject);
  return { reaction, isNew: true };
}

export function removeReaction(
  instance: Instance,
  subject: Comment | Issue,
  reaction: Reaction,
): void {
  subject.reactions.splice(subject.reactions.indexOf(reaction), 1);
  reactionChanged(instance, subject);
}

function checkCommentBody(body: string): void {
  if (body.trim() === '') {
    const message = 'Body cannot be blank';
    throw refuse.invalid({
      resource: 'IssueComment',
      code: 'unprocessable',
      field: 'data',
      message,
    });
  }
  checkBody('IssueComment', body);
}

function reactionChanged(instance: Instance, subject: Comment | Issue): void {
  const issue = 'issue' in subject ? subject.issue : subject;
  instance.changed({ what: 'reaction', repository: issue.repository, issue });
}

function announce(
  instance: Instance,
  comment: Comment,
  news: { sender: Account } & (
    { action: 'created' | 'deleted' } | { action: 'edited'; before: string }
  ),
): void {
  const { issue } = comment;
  instance.webhooks.send({
    event: 'issue_comment',
    action: news.action,
    repository: issue.repository,
    payload: (installation) =>
      commentPayload({ instance, sender: news.sender, installation }, comment, news),
  });
  instance.changed({ what: 'comment', repository: issue.repository, issue });
}
