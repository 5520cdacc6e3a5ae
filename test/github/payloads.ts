// Webhook payloads, typed by GitHub's own description of its webhooks (@octokit/openapi-webhooks-types).
// One function an event; each gives the body for one installation. Who receives it is webhooks.ts's business.
import type { components } from '@octokit/openapi-webhooks-types';
import type { Commit } from './git-objects.ts';
import type { Instance } from './instance.ts';
import { nodeId } from './node-ids.ts';
import { simpleOrganization, simpleUser } from './shapes/account-shape.ts';
import { installationShape } from './shapes/app-shape.ts';
import { commentShape, issueShape } from './shapes/issue-shape.ts';
import { labelShape, repositoryShape, webUrl } from './shapes/repository-shape.ts';
import type { Account, Comment, Installation, Issue, Label, Repository } from './state.ts';

type Payload<K extends keyof components['schemas']> = components['schemas'][K];

/** Everything an issue or comment event may need; each takes its part. */
export interface Happening {
  readonly instance: Instance;
  readonly sender: Account;
  readonly installation: Installation;
}

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
    comment: webhookComment(happening.instance, comment),
    ...surroundings(happening, comment.issue.repository),
  };
  if (what.action === 'edited') {
    return { action: 'edited', changes: { body: { from: what.before } }, ...body };
  }
  return what.action === 'created'
    ? { action: 'created', ...body }
    : { action: 'deleted', ...body };
}

export type IssueNews =
  | { action: 'opened' | 'closed' | 'reopened' | 'locked' | 'unlocked' | 'deleted' }
  | { action: 'edited'; changes: { title?: { from: string }; body?: { from: string } } }
  | { action: 'labeled' | 'unlabeled'; label: Label };

export function issuePayload(happening: Happening, issue: Issue, news: IssueNews) {
  const { instance } = happening;
  const body = {
    issue: webhookIssue(instance, issue),
    ...surroundings(happening, issue.repository),
  };
  switch (news.action) {
    case 'opened':
      return { action: 'opened', ...body } satisfies Payload<'webhook-issues-opened'>;
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

export function labelCreatedPayload(
  happening: Happening,
  repository: Repository,
  label: Label,
): Payload<'webhook-label-created'> {
  return {
    action: 'created',
    label: webhookLabel(happening.instance, repository, label),
    ...surroundings(happening, repository),
  };
}

export interface Push {
  readonly repository: Repository;
  readonly branch: string;
  readonly before: Commit | null;
  readonly after: Commit;
  readonly changed: { added: string[]; modified: string[]; removed: string[] };
}

export function pushPayload(happening: Happening, push: Push): Payload<'webhook-push'> {
  const { repository, before, after } = push;
  const { author } = after;
  const html = webUrl(happening.instance, repository);
  const zero = '0'.repeat(40);
  const person = { name: author.name, email: author.email, username: happening.sender.login };
  const commit = {
    id: after.sha,
    tree_id: after.treeSha,
    distinct: true,
    message: after.message,
    timestamp: author.at.toISOString(),
    url: `${html}/commit/${after.sha}`,
    author: person,
    committer: person,
    ...push.changed,
  };
  return {
    ref: `refs/heads/${push.branch}`,
    before: before?.sha ?? zero,
    after: after.sha,
    base_ref: null,
    created: before === null,
    deleted: false,
    forced: false,
    compare: `${html}/compare/${before?.sha ?? zero}...${after.sha}`,
    commits: [commit],
    head_commit: commit,
    pusher: { name: happening.sender.login, email: author.email },
    ...surroundings(happening, repository),
  };
}

export type InstallationAction = 'created' | 'deleted' | 'suspend' | 'unsuspend';

export function installationPayload(happening: Happening, action: InstallationAction) {
  const { instance, installation, sender } = happening;
  const repositories = [...instance.state.repositories.values()]
    .filter(({ owner, id }) => {
      const { account, repositories: given } = installation;
      return owner === account && (given === 'all' || given.has(id));
    })
    .map((one) => ({
      id: one.id,
      node_id: nodeId('Repository', one.id),
      name: one.name,
      full_name: `${one.owner.login}/${one.name}`,
      private: one.private,
    }));
  const shape = installationShape(instance, installation);
  return { action, installation: shape, repositories, sender: simpleUser(instance, sender) };
}

function surroundings({ instance, sender, installation }: Happening, repository: Repository) {
  const organization = instance.state.organizations.get(repository.owner.id);
  return {
    repository: repositoryShape(instance, repository),
    ...(organization && { organization: simpleOrganization(instance, organization) }),
    sender: simpleUser(instance, sender),
    installation: { id: installation.id, node_id: nodeId('Installation', installation.id) },
  };
}

function webhookIssue(instance: Instance, issue: Issue) {
  const shape = issueShape(instance, issue);
  // GitHub sends the App's object here; its own description of some events knows only null.
  const labels = issue.labels.map((label) => webhookLabel(instance, issue.repository, label));
  return { ...shape, labels, performed_via_github_app: shape.performed_via_github_app as null };
}

function webhookLabel(instance: Instance, repository: Repository, label: Label) {
  return { ...labelShape(instance, repository, label), archived_at: null, archived_by: null };
}

function webhookComment(instance: Instance, comment: Comment) {
  return commentShape(instance, comment);
}
