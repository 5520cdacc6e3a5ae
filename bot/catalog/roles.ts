// The roles that an entity names, beside those that its namespace has. One that the policy does not have is no role: what
// the entity says of it counts for nothing, and since that is most often a slip of the pen, it is told.

import type { Connection } from './annotations.ts';

/** The names that are no roles of the namespace, from the list and from the addresses of single roles. */
export function rolesWithoutPolicy(
  { roles, roleTargets }: Pick<Connection, 'roles' | 'roleTargets'>,
  known: ReadonlyMap<string, unknown>,
): readonly string[] {
  const named = new Set([...(roles ?? []), ...roleTargets.keys()]);
  return [...named].filter((role) => !known.has(role));
}
