// What an organisation's owner does to an installation: make, suspend, unsuspend, remove it, change what
// it may do and where. On GitHub this is done on the website; here it is called.
import type { Instance } from './instance.ts';
import {
  installationPayload,
  installationRepositoriesPayload,
  type InstallationAction,
} from './payloads/installation-payloads.ts';
import { requireAccount, splitName } from './lookups.ts';
import {
  findRepository,
  type Account,
  type Installation,
  type Permissions,
  type Repository,
} from './state.ts';

export interface InstallationActions {
  /** Installs an App on all repositories of an account, or on some by their names. Gives its number. */
  add(slug: string, login: string, by: string, chosen?: readonly string[]): number;
  suspend(id: number, by: string): void;
  unsuspend(id: number, by: string): void;
  remove(id: number, by: string): void;
  /** Replaces the permissions, as an owner accepts what the App asks for; older tokens lose what is lost. */
  acceptPermissions(id: number, permissions: Permissions, by: string): void;
  /** Takes a chosen repository, `acme/access`, away from it. */
  removeRepository(id: number, repo: string, by: string): void;
  /** Gives it a repository by name. */
  addRepository(id: number, repo: string, by: string): void;
}

export function installationActions(instance: Instance): InstallationActions {
  const { installations } = instance.state;

  function find(id: number): Installation {
    const found = installations.get(id);
    if (!found) throw new Error(`There is no installation ${id}`);
    return found;
  }

  function announce(installation: Installation, action: InstallationAction, by: string): void {
    const sender = requireAccount(instance.state, by);
    instance.webhooks.send({
      event: 'installation',
      action,
      installation,
      payload: () => installationPayload({ instance, sender, installation }, action),
    });
    instance.changed({ what: 'installation' });
  }

  function suspend(id: number, by: Account | null): Installation {
    const suspendedAt = by && instance.now();
    return Object.assign(find(id), { suspendedBy: by, suspendedAt });
  }

  return {
    add(slug, login, by, chosen) {
      const account = requireAccount(instance.state, login);
      const repositories = chosen ? idsOf(instance, account, chosen) : 'all';
      const installation = newInstallation(instance, slug, { account, repositories });
      installations.set(installation.id, installation);
      announce(installation, 'created', by);
      return installation.id;
    },
    suspend: (id, by) => announce(suspend(id, requireAccount(instance.state, by)), 'suspend', by),
    unsuspend: (id, by) => announce(suspend(id, null), 'unsuspend', by),
    remove(id, by) {
      const one = find(id);
      installations.delete(id);
      announce(one, 'deleted', by);
    },
    acceptPermissions(id, permissions, by) {
      const one = find(id);
      one.permissions = { ...permissions, metadata: 'read' };
      announce(one, 'new_permissions_accepted', by);
    },
    removeRepository: (id, repo, by) => removeRepository(instance, find(id), { repo, by }),
    addRepository: (id, repo, by) => addRepository(instance, find(id), { repo, by }),
  };
}

function idsOf({ state }: Instance, { login }: Account, names: readonly string[]): Set<number> {
  const found = names.map((name) => findRepository(state, login, name)?.id);
  return new Set(found.filter((id) => id !== undefined));
}

function newInstallation(
  instance: Instance,
  slug: string,
  { account, repositories }: Pick<Installation, 'account' | 'repositories'>,
): Installation {
  const app = instance.state.apps.values().find((one) => one.slug === slug);
  // A private App is for whoever owns it (docs.github.com, "Making a GitHub App public or private").
  if (!app || !(app.isPublic || app.owner === account)) {
    throw new Error(`${slug} cannot be installed on ${account.login}`);
  }
  return {
    id: instance.state.nextId(),
    app,
    account,
    permissions: { ...app.permissions, metadata: 'read' },
    events: app.events,
    repositories,
    suspendedBy: null,
    suspendedAt: null,
    createdAt: instance.now(),
  };
}

function removeRepository(
  instance: Instance,
  installation: Installation,
  { repo, by }: { repo: string; by: string },
): void {
  const repository = findRepository(instance.state, ...splitName(repo));
  const { repositories } = installation;
  if (!repository || repositories === 'all' || !repositories.delete(repository.id)) {
    throw new Error(`Installation ${installation.id} was not given ${repo} by name`);
  }
  tellRemoved(instance, installation, { repository, sender: requireAccount(instance.state, by) });
}

function addRepository(
  instance: Instance,
  installation: Installation,
  { repo, by }: { repo: string; by: string },
): void {
  const repository = findRepository(instance.state, ...splitName(repo));
  const { repositories, account } = installation;
  if (repositories === 'all' || repository?.owner !== account) {
    throw new Error(`Installation ${installation.id} cannot be given ${repo} by name`);
  }
  repositories.add(repository.id);
  const sender = requireAccount(instance.state, by);
  tellRepositories(instance, installation, { added: [repository], removed: [], sender });
}

export function tellRemoved(
  instance: Instance,
  installation: Installation,
  { repository, sender }: { repository: Repository; sender: Account },
): void {
  tellRepositories(instance, installation, { added: [], removed: [repository], sender });
}

function tellRepositories(
  instance: Instance,
  installation: Installation,
  { sender, ...lists }: { added: Repository[]; removed: Repository[]; sender: Account },
): void {
  instance.webhooks.send({
    event: 'installation_repositories',
    action: lists.added.length > 0 ? 'added' : 'removed',
    installation,
    payload: () => installationRepositoriesPayload({ instance, sender, installation }, lists),
  });
  instance.changed({ what: 'installation' });
}
