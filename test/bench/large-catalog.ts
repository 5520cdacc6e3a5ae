// A catalog of 100,000 entities as a Backstage would give it: 20,000 people in 2,000 groups, and what they own in 50
// namespaces; and a policy that has rules for all of it.
import { readPolicy, type Policy } from '../../bot/access/policy.ts';
import type { BackstageEntity } from '../support/backstage.ts';

export const size = {
  users: 20_000,
  groups: 2_000,
  resources: 78_000,
  namespaces: 50,
  owners: 100,
};
/** The repositories that wrote them. */
export const written = { people: 'acme/org', resources: 'acme/services' };

const apiVersion = 'backstage.io/v1alpha1';
/** Groups form a tree of five to a node, so that the way up is as long as in a company. */
const above = (group: number) => Math.floor((group - 1) / 5);
const ownerOf = (resource: number) => `g${size.groups / 2 + (resource % size.owners)}`;

export function largeCatalog(): BackstageEntity[] {
  const groups = range(size.groups, (group) => ({
    apiVersion,
    kind: 'Group',
    metadata: { name: `g${group}`, annotations: from(written.people) },
    spec: { type: 'team', children: [], ...(group > 0 && { parent: `g${above(group)}` }) },
  }));
  const users = range(size.users, (user) => ({
    apiVersion,
    kind: 'User',
    metadata: {
      name: `u${user}`,
      annotations: {
        ...from(written.people),
        'github.com/user-login': `u${user}`,
        'sallyport.dev/subject': `00u-${user}`,
      },
    },
    spec: { memberOf: [`g${user % size.groups}`] },
  }));
  const resources = range(size.resources, (resource) => ({
    apiVersion,
    kind: 'Resource',
    metadata: {
      namespace: `n${resource % size.namespaces}`,
      name: `r${resource}`,
      annotations: {
        ...from(written.resources),
        'sallyport.dev/target': `r${resource}.internal:5432`,
        'sallyport.dev/protocol': 'postgres',
      },
    },
    spec: { type: 'database', owner: `group:default/${ownerOf(resource)}` },
  }));
  return [...groups, ...users, ...resources];
}

export function largePolicy(): Policy {
  const owners = range(size.owners, (owner) => `group:default/${ownerOf(owner)}`).join(', ');
  const namespaces = range(
    size.namespaces,
    (namespace) => `  n${namespace}:
    catalog: [${written.resources}]
    owners: [${owners}]
    relays: [eu-1]
    requesters: [group:default/g0]
    approvers: [owner]
    roles:
      reader: { default: 1h, max: 8h, approvals: 1 }
`,
  );
  const people = `people: { users: [${written.people}], groups: [${written.people}] }`;
  const text = `version: 1\n${people}\nnamespaces:\n${namespaces.join('')}`;
  const reading = readPolicy(text, 'sallyport.yml');
  if (reading.kind === 'invalid') throw new Error(JSON.stringify(reading.faults.slice(0, 3)));
  return reading.policy;
}

function from(repository: string) {
  const location = `url:https://github.com/${repository}/blob/main/catalog-info.yaml`;
  return {
    'backstage.io/managed-by-location': location,
    'backstage.io/managed-by-origin-location': location,
  };
}

function range<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
