// Which entities are new, or have lately become something else: somebody else's, the door to another address or cloud
// role, or easier to get. Whoever can merge a descriptor could otherwise make themselves an owner and take access in
// one afternoon.

import { digest } from '../access/canonical.ts';
import type { Resource } from './model.ts';

/** An entity as it was last seen. */
export interface Seen {
  /** Digest of its owner, its addresses, its cloud roles, and the approvals it demands. */
  readonly standing: string;
  /** When it became that, ISO 8601; null where it was so when the first catalog was read. */
  readonly since: string | null;
}

/**
 * What is to be remembered after a reading, by ref. The first catalog of all is taken as it is: whoever sets the bot up
 * looks at it then. What goes away and comes back as it was is not new.
 */
export function changesIn(
  known: ReadonlyMap<string, Seen>,
  resources: Iterable<Resource>,
  now: string,
): ReadonlyMap<string, Seen> {
  const since = known.size === 0 ? null : now;
  const changes = new Map<string, Seen>();
  for (const resource of resources) {
    const standing = standingOf(resource);
    if (known.get(resource.ref)?.standing !== standing)
      changes.set(resource.ref, { standing, since });
  }
  return changes;
}

function standingOf(resource: Resource): string {
  const { owner, target, roleTargets, roleIam, approvals, approvers } = resource;
  return digest({
    owner,
    target,
    byRole: pairs(roleTargets),
    // Only where there is one, so that what was seen by an earlier version is not new.
    ...(roleIam.size > 0 && { iam: pairs(roleIam) }),
    approvals,
    approvers,
  });
}

function pairs(byRole: ReadonlyMap<string, string>): readonly string[] {
  return [...byRole].map(([role, value]) => `${role}=${value}`).toSorted();
}
