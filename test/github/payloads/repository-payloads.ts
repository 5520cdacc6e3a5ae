// The payloads of what happens to a repository: `push`, `label`, `repository`, and to who may enter it: `member`.
import type { Commit } from '../git-objects.ts';
import type { Instance } from '../instance.ts';
import { simpleOrganization, simpleUser } from '../shapes/account-shape.ts';
import { labelShape, webUrl } from '../shapes/repository-shape.ts';
import { timestamp } from '../shapes/timestamp.ts';
import type { Account, Label, Repository } from '../state.ts';
import { inRepository, type Happening, type Payload } from './happening.ts';

export function labelCreatedPayload(
  happening: Happening,
  repository: Repository,
  label: Label,
): Payload<'webhook-label-created'> {
  return {
    action: 'created',
    label: webhookLabel(happening.instance, repository, label),
    ...inRepository(happening, repository),
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
    tree_id: after.tree.sha,
    distinct: true,
    message: after.message,
    timestamp: timestamp(author.at),
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
    ...inRepository(happening, repository),
  };
}

export type RepositoryNews =
  | { action: 'created' | 'archived' | 'unarchived' | 'publicized' | 'privatized' }
  | { action: 'renamed'; from: string }
  | { action: 'transferred'; from: Account };

export function repositoryPayload(
  happening: Happening,
  repository: Repository,
  news: RepositoryNews,
) {
  const body = inRepository(happening, repository);
  switch (news.action) {
    case 'renamed': {
      const changes = { repository: { name: { from: news.from } } };
      return {
        action: 'renamed',
        changes,
        ...body,
      } satisfies Payload<'webhook-repository-renamed'>;
    }
    case 'transferred': {
      const changes = { owner: { from: formerOwner(happening.instance, news.from) } };
      return {
        action: 'transferred',
        changes,
        ...body,
      } satisfies Payload<'webhook-repository-transferred'>;
    }
    default:
      // The description types `archived` and `private` by what the action has made of them.
      return { action: news.action, ...body };
  }
}

function formerOwner(instance: Instance, owner: Account) {
  const organization = instance.state.organizations.get(owner.id);
  return organization
    ? { organization: simpleOrganization(instance, organization) }
    : { user: simpleUser(instance, owner) };
}

/** Somebody was given, or lost, a role of their own in a repository. */
export function memberPayload(
  happening: Happening,
  repository: Repository,
  { action, account }: { action: 'added' | 'removed'; account: Account },
): Payload<'webhook-member-added'> | Payload<'webhook-member-removed'> {
  const member = simpleUser(happening.instance, account);
  return { action, member, ...inRepository(happening, repository) };
}

export function webhookLabel(instance: Instance, repository: Repository, label: Label) {
  return { ...labelShape(instance, repository, label), archived_at: null, archived_by: null };
}
