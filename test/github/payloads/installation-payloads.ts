// The payloads of `installation` and `installation_repositories`: an App is told of itself.
import type { ActionOf } from '../events.ts';
import { nodeId } from '../node-ids.ts';
import { simpleUser } from '../shapes/account-shape.ts';
import { installationShape } from '../shapes/app-shape.ts';
import { covers, type Repository } from '../state.ts';
import type { Happening, Payload } from './happening.ts';

export type InstallationAction = ActionOf<'installation'>;

export function installationPayload(happening: Happening, action: InstallationAction) {
  const { instance, installation, sender } = happening;
  const repositories = [...instance.state.repositories.values()]
    .filter((one) => covers(installation.repositories, installation.account, one))
    .map(shortRepository);
  const shape = installationShape(instance, installation);
  return { action, installation: shape, repositories, sender: simpleUser(instance, sender) };
}

export function installationRepositoriesPayload(
  { instance, installation, sender }: Happening,
  { added, removed }: { added: readonly Repository[]; removed: readonly Repository[] },
):
  | Payload<'webhook-installation-repositories-added'>
  | Payload<'webhook-installation-repositories-removed'> {
  const body = {
    installation: installationShape(instance, installation),
    repository_selection: installation.repositories === 'all' ? 'all' : 'selected',
    repositories_added: added.map(shortRepository),
    repositories_removed: removed.map(shortRepository),
    requester: null,
    sender: simpleUser(instance, sender),
  } as const;
  return added.length > 0 ? { action: 'added', ...body } : { action: 'removed', ...body };
}

function shortRepository({ id, name, owner, private: isPrivate }: Repository) {
  const full_name = `${owner.login}/${name}`;
  return { id, node_id: nodeId('Repository', id), name, full_name, private: isPrivate };
}
