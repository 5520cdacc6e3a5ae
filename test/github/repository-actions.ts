// What can happen to a repository: files are written or taken away (a commit and a push), a label is made.
import type { Instance } from './instance.ts';
import { makeBlob, makeCommit, type Blob, type Commit } from './git-objects.ts';
import { labelCreatedPayload, pushPayload, type Push } from './payloads/repository-payloads.ts';
import { synchronizePulls } from './pull-actions.ts';
import { refuse } from './refusals.ts';
import { same, type Account, type Label, type Repository } from './state.ts';

interface Committing {
  readonly branch: string;
  readonly message: string;
  readonly account: Account;
}

/** Writes one file in a commit of its own and sends `push`. */
export function putFile(
  instance: Instance,
  repository: Repository,
  file: Committing & { path: string; bytes: Buffer },
): { commit: Commit; blob: Blob; isNew: boolean } {
  const blob = makeBlob(file.bytes);
  const changes = new Map([[file.path, blob]]);
  const { commit, added } = commitFiles(instance, repository, { ...file, changes });
  return { commit, blob, isNew: added.length > 0 };
}

/** Takes one file away in a commit of its own and sends `push`. */
export function removeFile(
  instance: Instance,
  repository: Repository,
  file: Committing & { path: string },
): Commit {
  const changes = new Map([[file.path, null]]);
  return commitFiles(instance, repository, { ...file, changes }).commit;
}

/** Commits what became of some files, null where one was taken away, and sends `push`. */
export function commitFiles(
  instance: Instance,
  repository: Repository,
  made: Committing & { changes: ReadonlyMap<string, Blob | null> },
): { commit: Commit; added: readonly string[] } {
  const { branch, account, changes, message } = made;
  const before = repository.branches.get(branch) ?? null;
  const author = {
    name: account.name ?? account.login,
    email: `${account.id}+${account.login}@users.noreply.local`,
    at: instance.now(),
  };
  const files = new Map(before?.files);
  const changed = { added: [] as string[], modified: [] as string[], removed: [] as string[] };
  for (const [path, blob] of changes) {
    if (!blob) changed.removed.push(path);
    else changed[files.has(path) ? 'modified' : 'added'].push(path);
    if (blob) files.set(path, blob);
    else files.delete(path);
  }
  const commit = makeCommit(before, files, { message, author, authorId: account.id });
  pushed(instance, account, { repository, branch, before, after: commit, changed });
  return { commit, added: changed.added };
}

export function createLabel(
  instance: Instance,
  repository: Repository,
  made: { name: string; color: string; description: string | null; account: Account },
): Label {
  if (repository.labels.some((label) => same(label.name, made.name))) {
    throw refuse.invalid({ resource: 'Label', code: 'already_exists', field: 'name' });
  }
  const { name, color, description } = made;
  const label: Label = { id: instance.state.nextId(), name, color, description };
  repository.labels.push(label);
  instance.webhooks.send({
    event: 'label',
    action: 'created',
    repository,
    payload: (installation) =>
      labelCreatedPayload({ instance, sender: made.account, installation }, repository, label),
  });
  instance.changed({ what: 'label', repository });
  return label;
}

function pushed(instance: Instance, sender: Account, push: Push): void {
  const { repository, branch, before, after } = push;
  repository.commits.set(after.sha, after);
  repository.branches.set(branch, after);
  repository.pushedAt = instance.now();
  repository.updatedAt = repository.pushedAt;
  instance.webhooks.send({
    event: 'push',
    action: null,
    repository,
    payload: (installation) => pushPayload({ instance, sender, installation }, push),
  });
  instance.changed({ what: 'push', repository });
  if (before) {
    synchronizePulls(instance, repository, {
      branch,
      before: before.sha,
      after: after.sha,
      sender,
    });
  }
}
