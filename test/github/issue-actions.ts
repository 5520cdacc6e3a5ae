// What can happen to an issue: opened, edited, closed, labelled, locked. Each changes the state,
// tells the Apps by webhook and the page by a change. Rights were checked before these are called.
import type { Actor } from './access.ts';
import type { Instance } from './instance.ts';
import { issuePayload, type IssueNews } from './payloads/issue-payloads.ts';
import { refuse } from './refusals.ts';
import type { Account, App, Issue, Label, LockReason, Repository } from './state.ts';

/** GitHub's limit for a body; undocumented but uniform (github-pr-resource#259 and others). */
export const maxBodyCharacters = 65_536;
const maxTitleCharacters = 256;
export const maxLabelsPerIssue = 100;

/** Who writes, and through which App. */
export interface Writer {
  readonly account: Account;
  readonly app: App | null;
}

export function writerOf(actor: Actor): Writer {
  if (actor.kind === 'anonymous') throw refuse.requiresAuthentication();
  return { account: actor.account, app: actor.app };
}

export function openIssue(
  instance: Instance,
  repository: Repository,
  made: { writer: Writer; title: string; body: string; labels: readonly Label[] },
): Issue {
  checkTitle(made.title);
  checkBody('Issue', made.body);
  const now = instance.now();
  const issue: Issue = {
    id: instance.state.nextWrittenId(),
    number: nextNumber(repository),
    repository,
    title: made.title,
    body: made.body,
    author: made.writer.account,
    viaApp: made.writer.app,
    state: 'open',
    stateReason: null,
    locked: false,
    lockReason: null,
    labels: [...made.labels],
    comments: [],
    reactions: [],
    edits: [],
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    closedBy: null,
  };
  repository.issues.push(issue);
  announceIssue(instance, issue, made.writer.account, { action: 'opened' });
  for (const label of made.labels) {
    announceIssue(instance, issue, made.writer.account, { action: 'labeled', label });
  }
  return issue;
}

export function nextNumber(repository: Repository): number {
  repository.lastIssueNumber += 1;
  return repository.lastIssueNumber;
}

export interface IssuePatch {
  readonly title?: string | undefined;
  readonly body?: string | undefined;
  readonly state?: 'open' | 'closed' | undefined;
  readonly stateReason?: 'completed' | 'not_planned' | 'reopened' | null | undefined;
}

export function updateIssue(
  instance: Instance,
  issue: Issue,
  { account, patch }: { account: Account; patch: IssuePatch },
): void {
  if (patch.title !== undefined) checkTitle(patch.title);
  if (patch.body !== undefined) checkBody('Issue', patch.body);
  const now = instance.now();
  const changes: { title?: { from: string }; body?: { from: string } } = {};
  if (patch.title !== undefined && patch.title !== issue.title) {
    changes.title = { from: issue.title };
    issue.title = patch.title;
  }
  if (patch.body !== undefined && patch.body !== issue.body) {
    changes.body = { from: issue.body };
    issue.edits.push({ before: issue.body, editor: account, at: now });
    issue.body = patch.body;
  }
  issue.updatedAt = now;
  if (changes.title || changes.body)
    announceIssue(instance, issue, account, { action: 'edited', changes });
  if (patch.state !== undefined && patch.state !== issue.state) {
    const isClosing = patch.state === 'closed';
    issue.state = patch.state;
    issue.stateReason = patch.stateReason ?? (isClosing ? 'completed' : 'reopened');
    issue.closedAt = isClosing ? now : null;
    issue.closedBy = isClosing ? account : null;
    announceIssue(instance, issue, account, { action: isClosing ? 'closed' : 'reopened' });
  }
}

export function setLabels(
  instance: Instance,
  issue: Issue,
  { account, labels }: { account: Account; labels: readonly Label[] },
): void {
  const wanted = new Set(labels);
  const before = new Set(issue.labels);
  issue.labels = [...wanted];
  const added = wanted.difference(before);
  const removed = before.difference(wanted);
  for (const label of removed)
    announceIssue(instance, issue, account, { action: 'unlabeled', label });
  for (const label of added) announceIssue(instance, issue, account, { action: 'labeled', label });
}

export function lockIssue(
  instance: Instance,
  issue: Issue,
  { account, reason }: { account: Account; reason: LockReason | null },
): void {
  issue.lockReason = reason;
  if (issue.locked) return;
  issue.locked = true;
  announceIssue(instance, issue, account, { action: 'locked' });
}

export function unlockIssue(instance: Instance, issue: Issue, account: Account): void {
  if (!issue.locked) return;
  issue.locked = false;
  issue.lockReason = null;
  announceIssue(instance, issue, account, { action: 'unlocked' });
}

export function checkBody(resource: 'Issue' | 'IssueComment', body: string): void {
  // Characters as GitHub's database counts them: code points, so an emoji is one.
  if (Array.from(body).length <= maxBodyCharacters) return;
  const message = `body is too long (maximum is ${maxBodyCharacters} characters)`;
  throw refuse.invalid({ resource, code: 'custom', field: 'body', message });
}

function checkTitle(title: string): void {
  if (title.trim() === '') {
    throw refuse.invalid({ resource: 'Issue', code: 'missing_field', field: 'title' });
  }
  if (Array.from(title).length <= maxTitleCharacters) return;
  const message = `title is too long (maximum is ${maxTitleCharacters} characters)`;
  throw refuse.invalid({ resource: 'Issue', code: 'custom', field: 'title', message });
}

export function announceIssue(
  instance: Instance,
  issue: Issue,
  sender: Account,
  news: IssueNews,
): void {
  const { repository } = issue;
  instance.webhooks.send({
    event: 'issues',
    action: news.action,
    repository,
    payload: (installation) => issuePayload({ instance, sender, installation }, issue, news),
  });
  const what = news.action === 'labeled' || news.action === 'unlabeled' ? 'label' : 'issue';
  instance.changed({ what, repository, issue });
}
