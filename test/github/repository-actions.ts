// What can happen to a repository: a file is written or taken away (a commit and a push), a label is made.
import type { Instance } from './instance.ts';
import { makeBlob, makeCommit, type Blob, type Commit, type Signature } from './git-objects.ts';
import { labelCreatedPayload, pushPayload, type Push } from './payloads/repository-payloads.ts';
import { synchronizePulls } from './pull-actions.ts';
import { refuse } from './refusals.ts';
import { same, type Account, type Label, type Repository } from './state.ts';

/** Writes one file in a commit of its own and sends `push`. */
export function putFile(
  instance: Instance,
  repository: Repository,
  file: { path: string; bytes: Buffer; branch: string; message: string; account: Account },
): { commit: Commit; blob: Blob; isNew: boolean } {
  const { path, branch, account } = file;
  const before = repository.branches.get(branch) ?? null;
  const blob = makeBlob(file.bytes);
  const isNew = before?.files.has(path) !== true;
  const author = authorOf(instance, account);
  const files = new Map(before?.files).set(path, blob);
  const note = { message: file.message, author, authorId: account.id };
  const commit = makeCommit(before, files, note);
  const changed = { added: isNew ? [path] : [], modified: isNew ? [] : [path], removed: [] };
  pushed(instance, account, { repository, branch, before, after: commit, changed });
  return { commit, blob, isNew };
}

/** Takes one file away in a commit of its own and sends `push`. */
export function removeFile(
  instance: Instance,
  repository: Repository,
  file: { path: string; branch: string; message: string; account: Account },
): Commit {
  const { path, branch, account, message } = file;
  const before = repository.branches.get(branch) ?? null;
  const files = new Map(before?.files);
  files.delete(path);
  const note = { message, author: authorOf(instance, account), authorId: account.id };
  const commit = makeCommit(before, files, note);
  const changed = { added: [], modified: [], removed: [path] };
  pushed(instance, account, { repository, branch, before, after: commit, changed });
  return commit;
}

function authorOf(instance: Instance, account: Account): Signature {
  return {
    name: account.name ?? account.login,
    email: `${account.id}+${account.login}@users.noreply.local`,
    at: instance.now(),
  };
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
