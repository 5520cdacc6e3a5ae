// What every webhook payload has around its subject: where it happened, who did it, who is told.
// Payloads are typed by GitHub's own description of its webhooks (@octokit/openapi-webhooks-types).
import type { components } from '@octokit/openapi-webhooks-types';
import type { Instance } from '../instance.ts';
import { nodeId } from '../node-ids.ts';
import { simpleOrganization, simpleUser } from '../shapes/account-shape.ts';
import { repositoryShape } from '../shapes/repository-shape.ts';
import type { Account, Installation, Organization, Repository } from '../state.ts';

export type Payload<K extends keyof components['schemas']> = components['schemas'][K];

export interface Happening {
  readonly instance: Instance;
  readonly sender: Account;
  readonly installation: Installation;
}

export function inRepository(happening: Happening, repository: Repository) {
  const { instance } = happening;
  const organization = instance.state.organizations.get(repository.owner.id);
  return {
    repository: repositoryShape(instance, repository),
    ...(organization && { organization: simpleOrganization(instance, organization) }),
    ...toldTo(happening),
  };
}

export function inOrganization(happening: Happening, organization: Organization) {
  return {
    organization: simpleOrganization(happening.instance, organization),
    ...toldTo(happening),
  };
}

function toldTo({ instance, sender, installation }: Happening) {
  return {
    sender: simpleUser(instance, sender),
    installation: { id: installation.id, node_id: nodeId('Installation', installation.id) },
  };
}
