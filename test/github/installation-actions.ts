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
  /** Installs an App on all repositories of an account. Gives its number. */
  add(slug: string, login: string, by: string): number;
  suspend(id: number, by: string): void;
  unsuspend(id: number, by: string): void;
  remove(id: number, by: string): void;
  /** Replaces the permissions, as an owner accepts what the App asks for; older tokens lose what is lost. */
  acceptPermissions(id: number, permissions: Permissions, by: string): void;
  /** Takes a chosen repository, `acme/access`, away from it. */
  removeRepository(id: number, repo: string, by: string): void;
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
    add(slug, login, by) {
      const installation = newInstallation(instance, slug, requireAccount(instance.state, login));
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
  };
}

function newInstallation(instance: Instance, slug: string, account: Account): Installation {
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
    repositories: 'all',
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

export function tellRemoved(
  instance: Instance,
  installation: Installation,
  { repository, sender }: { repository: Repository; sender: Account },
): void {
  const lists = { added: [], removed: [repository] };
  instance.webhooks.send({
    event: 'installation_repositories',
    action: 'removed',
    installation,
    payload: () => installationRepositoriesPayload({ instance, sender, installation }, lists),
  });
  instance.changed({ what: 'installation' });
}
