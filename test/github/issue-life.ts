// How an issue leaves its place: deleted, transferred to another repository, converted into a discussion.
// People do this on the website; REST has no call for it. Rights are checked here, in GitHub's words.
import { atLeast, roleOf } from './access.ts';
import type { Instance } from './instance.ts';
import { announceIssue, lockIssue, nextNumber, updateIssue } from './issue-actions.ts';
import { discussionPayload } from './payloads/discussion-payload.ts';
import { refuse } from './refusals.ts';
import { same, type Account, type Issue, type Repository, type Role } from './state.ts';

/** Gone for good: only an administrator may. */
export function deleteIssue(instance: Instance, issue: Issue, account: Account): void {
  requireRole(instance, issue.repository, { account, role: 'admin' });
  leave(issue, 'deleted');
  announceIssue(instance, issue, account, { action: 'deleted' });
}

/**
 * The same issue under a new number elsewhere. Its comments go with it; of its labels only those that
 * the other repository has (docs, "Transferring an issue to another repository").
 */
export function transferIssue(
  instance: Instance,
  issue: Issue,
  { account, to }: { account: Account; to: Repository },
): Issue {
  const from = issue.repository;
  for (const one of [from, to]) requireRole(instance, one, { account, role: 'write' });
  if (from.owner !== to.owner) throw refuse.unprocessable('Both must have the same owner');
  if (from.private && !to.private) {
    throw refuse.unprocessable('A private issue cannot be transferred to a public repository');
  }
  const labels = issue.labels.flatMap(
    ({ name }) => to.labels.find((one) => same(one.name, name)) ?? [],
  );
  const id = instance.state.nextWrittenId();
  const moved: Issue = { ...issue, id, repository: to, number: nextNumber(to), labels };
  for (const comment of moved.comments) comment.issue = moved;
  leave(issue, moved);
  to.issues.push(moved);
  announceIssue(instance, issue, account, { action: 'transferred', to: moved });
  announceIssue(instance, moved, account, { action: 'opened', from: issue });
  return moved;
}

/** The issue stays, closed and locked, as what people find who follow a link to it. */
export function convertIssue(instance: Instance, issue: Issue, account: Account): void {
  const { repository } = issue;
  requireRole(instance, repository, { account, role: 'triage' });
  updateIssue(instance, issue, { account, patch: { state: 'closed' } });
  lockIssue(instance, issue, { account, reason: null });
  const number = nextNumber(repository);
  instance.webhooks.send({
    event: 'discussion',
    action: 'created',
    repository,
    payload: (installation) =>
      discussionPayload({ instance, sender: account, installation }, issue, number),
  });
}

function leave(issue: Issue, to: Issue | 'deleted'): void {
  const { issues, formerIssues } = issue.repository;
  issues.splice(issues.indexOf(issue), 1);
  formerIssues.set(issue.number, to);
}

function requireRole(
  { state }: Instance,
  repository: Repository,
  { account, role }: { account: Account; role: Role },
): void {
  const own = roleOf(state, repository, account);
  if (!atLeast(own, 'read')) throw refuse.notFound();
  if (!atLeast(own, role)) throw refuse.forbidden(`Must have ${role} access to Repository.`);
  if (repository.archived) throw refuse.archived();
}
