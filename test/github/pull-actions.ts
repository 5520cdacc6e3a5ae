// What can happen around a pull request: a branch is made, a pull request opened from it, and more is pushed to it. One
// comes from a branch of the same repository here; a fork's differs in its head alone.
import type { Instance } from './instance.ts';
import { pullPayload, type PullNews } from './payloads/pull-payloads.ts';
import { refuse } from './refusals.ts';
import type { Account, PullRequest, Repository } from './state.ts';

/** Begins where the default branch stands. */
export function createBranch(repository: Repository, name: string): void {
  const head = repository.branches.get(repository.defaultBranch);
  if (!head || repository.branches.has(name))
    throw refuse.unprocessable('Reference already exists');
  repository.branches.set(name, head);
}

export function openPull(
  instance: Instance,
  repository: Repository,
  made: { author: Account; head: string; base: string; title: string },
): PullRequest {
  const { author, head, base, title } = made;
  if (!repository.branches.has(head) || !repository.branches.has(base)) {
    throw refuse.invalid({ resource: 'PullRequest', code: 'invalid', field: 'head' });
  }
  repository.lastIssueNumber += 1;
  const pull: PullRequest = {
    id: instance.state.nextId(),
    number: repository.lastIssueNumber,
    author,
    title,
    head,
    base,
    createdAt: instance.now(),
    updatedAt: instance.now(),
  };
  repository.pulls.push(pull);
  tell(instance, repository, { pull, sender: author, news: { action: 'opened' } });
  return pull;
}

/** Whoever opened it wants it merged into another branch. */
export function rebasePull(
  instance: Instance,
  repository: Repository,
  { pull, base, sender }: { pull: PullRequest; base: string; sender: Account },
): void {
  const from = { branch: pull.base, sha: repository.branches.get(pull.base)?.sha ?? '' };
  pull.base = base;
  tell(instance, repository, { pull, sender, news: { action: 'edited', from } });
}

/** After a push: what is open from that branch has other commits now. */
export function synchronizePulls(
  instance: Instance,
  repository: Repository,
  push: { branch: string; before: string; after: string; sender: Account },
): void {
  const { branch, before, after, sender } = push;
  for (const pull of repository.pulls.filter(({ head }) => head === branch)) {
    pull.updatedAt = instance.now();
    tell(instance, repository, { pull, sender, news: { action: 'synchronize', before, after } });
  }
}

function tell(
  instance: Instance,
  repository: Repository,
  { pull, sender, news }: { pull: PullRequest; sender: Account; news: PullNews },
): void {
  instance.webhooks.send({
    event: 'pull_request',
    action: news.action,
    repository,
    payload: (installation) =>
      pullPayload({ instance, sender, installation }, repository, { pull, news }),
  });
  instance.changed({ what: 'pull', repository });
}
