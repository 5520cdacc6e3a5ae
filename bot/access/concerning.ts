// Which groups a decision can rest on, so that only their members need to be known before it.

import { lookUp } from '../catalog/lookup.ts';
import type { Resource } from '../catalog/model.ts';
import type { Facts } from './eligibility.ts';
import type { NamespacePolicy } from './policy.ts';

/**
 * The refs that the rules about a resource name, its owner and its own approvers included; without one, those who may
 * ask for anything at all. Nothing when the resource is not one that can be asked for: nobody is looked at then.
 */
export function groupsConcerning(
  { policy, catalog }: Pick<Facts, 'policy' | 'catalog'>,
  named: string | undefined,
): readonly string[] {
  if (named === undefined) {
    return [...policy.namespaces.values()].flatMap(({ requesters }) => requesters);
  }
  const found = lookUp(catalog, named);
  if (found.kind !== 'found') return [];
  const rules = policy.namespaces.get(found.resource.namespace);
  return rules ? namedBy(rules, found.resource) : [];
}

function namedBy(rules: NamespacePolicy, resource: Resource): readonly string[] {
  const { requesters, approvers, stewards, autoApprove, breakGlass, roles } = rules;
  const oneOfEach = [...roles.values()].flatMap(({ approvals }) =>
    approvals.kind === 'each' ? approvals.of : [],
  );
  const named = [
    ...approvers,
    ...oneOfEach,
    ...resource.approvers,
    ...autoApprove.map(({ who }) => who),
    ...(breakGlass?.who ?? []),
  ];
  return [...requesters, ...stewards, resource.owner, ...named.filter((name) => name !== 'owner')];
}
