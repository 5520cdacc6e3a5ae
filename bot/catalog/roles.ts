// The roles that an entity names, beside those that its namespace has, and where they lead. One that the policy does not
// have is no role: what the entity says of it counts for nothing, and since that is most often a slip of the pen, it is
// told.

import type { Connection } from './annotations.ts';

/** The names that are no roles of the namespace, from the list and from the addresses of single roles. */
export function rolesWithoutPolicy(
  { roles, roleTargets }: Pick<Connection, 'roles' | 'roleTargets'>,
  known: ReadonlyMap<string, unknown>,
): readonly string[] {
  const named = new Set([...(roles ?? []), ...roleTargets.keys()]);
  return [...named].filter((role) => !known.has(role));
}

/** All addresses that it leads to, one as often as it is named. */
export function addressesOf({
  target,
  roleTargets,
}: Pick<Connection, 'target' | 'roleTargets'>): readonly string[] {
  return [target, ...roleTargets.values()];
}

/** Where a role leads: to its own address, where the entity names one. */
export function addressOf(
  { target, roleTargets }: Pick<Connection, 'target' | 'roleTargets'>,
  role: string,
): string {
  return roleTargets.get(role) ?? target;
}

/**
 * The other roles of the namespace that would lead to the same address, also those that the entity leaves out: a relay
 * cannot tell the role from them, and only what is behind the address can.
 */
export function rolesAlike(
  entity: Pick<Connection, 'target' | 'roleTargets'>,
  role: string,
  known: ReadonlyMap<string, unknown>,
): readonly string[] {
  const address = addressOf(entity, role);
  return [...known.keys()].filter(
    (other) => other !== role && addressOf(entity, other) === address,
  );
}
