// What an organisation's owner does to an installation: suspend, unsuspend, remove it, change what
// it may do. On GitHub this is done on the website; here it is called.
import type { Instance } from './instance.ts';
import { installationPayload, type InstallationAction } from './payloads.ts';
import { findAccount, type Account, type Installation, type Permissions } from './state.ts';

export interface InstallationActions {
  suspend(id: number, by: string): void;
  unsuspend(id: number, by: string): void;
  remove(id: number, by: string): void;
  /** Replaces the permissions; tokens made before keep what they were given, for their hour. */
  setPermissions(id: number, permissions: Permissions): void;
}

export function installationActions(instance: Instance): InstallationActions {
  const { installations } = instance.state;

  function find(id: number): Installation {
    const found = installations.get(id);
    if (!found) throw new Error(`There is no installation ${id}`);
    return found;
  }

  function person(login: string): Account {
    const found = findAccount(instance.state, login);
    if (!found) throw new Error(`Nobody is called ${login}`);
    return found;
  }

  function announce(installation: Installation, action: InstallationAction, by: Account): void {
    instance.webhooks.send({
      event: 'installation',
      action,
      installation,
      payload: () => installationPayload({ instance, sender: by, installation }, action),
    });
    instance.changed({ what: 'installation' });
  }

  return {
    suspend(id, by) {
      const one = find(id);
      Object.assign(one, { suspendedBy: person(by), suspendedAt: instance.now() });
      announce(one, 'suspend', person(by));
    },
    unsuspend(id, by) {
      const one = find(id);
      Object.assign(one, { suspendedBy: null, suspendedAt: null });
      announce(one, 'unsuspend', person(by));
    },
    remove(id, by) {
      const one = find(id);
      installations.delete(id);
      announce(one, 'deleted', person(by));
    },
    setPermissions(id, permissions) {
      find(id).permissions = { ...permissions, metadata: 'read' };
    },
  };
}
