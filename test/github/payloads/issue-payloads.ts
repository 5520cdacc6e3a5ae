// The payloads of `issue_comment` and `issues`; each gives the body for one installation. Who receives it
// is webhooks.ts's business.
import { commentShape, issueShape } from '../shapes/issue-shape.ts';
import { repositoryShape } from '../shapes/repository-shape.ts';
import type { Instance } from '../instance.ts';
import type { Comment, Issue, Label } from '../state.ts';
import { inRepository, type Happening, type Payload } from './happening.ts';
import { webhookLabel } from './repository-payloads.ts';

export function commentPayload(
  happening: Happening,
  comment: Comment,
  what: { action: 'created' | 'deleted' } | { action: 'edited'; before: string },
):
  | Payload<'webhook-issue-comment-created'>
  | Payload<'webhook-issue-comment-edited'>
  | Payload<'webhook-issue-comment-deleted'> {
  const body = {
    issue: webhookIssue(happening.instance, comment.issue),
    comment: commentShape(happening.instance, comment),
    ...inRepository(happening, comment.issue.repository),
  };
  if (what.action === 'edited') {
    return { action: 'edited', changes: { body: { from: what.before } }, ...body };
  }
  return what.action === 'created'
    ? { action: 'created', ...body }
    : { action: 'deleted', ...body };
}

export type IssueNews =
  | { action: 'opened'; from?: Issue }
  | { action: 'closed' | 'reopened' | 'locked' | 'unlocked' | 'deleted' }
  | { action: 'edited'; changes: { title?: { from: string }; body?: { from: string } } }
  | { action: 'labeled' | 'unlabeled'; label: Label }
  /** Told where it was, with what it has become. */
  | { action: 'transferred'; to: Issue };

export function issuePayload(happening: Happening, issue: Issue, news: IssueNews) {
  const { instance } = happening;
  const body = {
    issue: webhookIssue(instance, issue),
    ...inRepository(happening, issue.repository),
  };
  switch (news.action) {
    case 'opened':
      return { ...opened(instance, news.from), ...body } satisfies Payload<'webhook-issues-opened'>;
    case 'transferred':
      return {
        action: 'transferred',
        changes: {
          new_issue: webhookIssue(instance, news.to),
          new_repository: repositoryShape(instance, news.to.repository),
        },
        ...body,
      } satisfies Payload<'webhook-issues-transferred'>;
    case 'edited':
      return {
        action: 'edited',
        changes: news.changes,
        ...body,
      } satisfies Payload<'webhook-issues-edited'>;
    case 'deleted':
      return { action: 'deleted', ...body } satisfies Payload<'webhook-issues-deleted'>;
    case 'reopened':
      return {
        action: 'reopened',
        ...body,
        issue: { ...body.issue, state: 'open' },
      } satisfies Payload<'webhook-issues-reopened'>;
    case 'closed':
      return {
        action: 'closed',
        ...body,
        // Here the description calls a label an object that holds nothing; GitHub sends the label.
        issue: { ...body.issue, state: 'closed', labels: body.issue.labels as never[] },
      } satisfies Payload<'webhook-issues-closed'>;
    case 'locked':
      return {
        action: 'locked',
        ...body,
        issue: { ...body.issue, locked: true },
      } satisfies Payload<'webhook-issues-locked'>;
    case 'unlocked':
      return {
        action: 'unlocked',
        ...body,
        issue: { ...body.issue, locked: false, active_lock_reason: null },
      } satisfies Payload<'webhook-issues-unlocked'>;
    case 'labeled': {
      const label = webhookLabel(instance, issue.repository, news.label);
      return { action: 'labeled', label, ...body } satisfies Payload<'webhook-issues-labeled'>;
    }
    case 'unlabeled': {
      const label = webhookLabel(instance, issue.repository, news.label);
      return { action: 'unlabeled', label, ...body } satisfies Payload<'webhook-issues-unlabeled'>;
    }
  }
}

/** An issue that came from another repository is told as opened, with where it was before. */
function opened(instance: Instance, from: Issue | undefined) {
  if (!from) return { action: 'opened' as const };
  const old_issue = webhookIssue(instance, from);
  const old_repository = repositoryShape(instance, from.repository);
  return { action: 'opened' as const, changes: { old_issue, old_repository } };
}

function webhookIssue(instance: Instance, issue: Issue) {
  const shape = issueShape(instance, issue);
  // GitHub sends the App's object here; its own description of some events knows only null.
  const labels = issue.labels.map((label) => webhookLabel(instance, issue.repository, label));
  return { ...shape, labels, performed_via_github_app: shape.performed_via_github_app as null };
}
