// What the policy gives without anybody's yes: a role, to some people, for a short while. It is policy that approves
// then, and not the requester; whatever an entity demands besides policy, and whatever
// is new in the catalog, a person has to give.

import { isMember } from '../catalog/ownership.ts';
import type { Resource, User } from '../catalog/model.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import { refOf } from './approvals.ts';
import type { NamespacePolicy } from './policy.ts';
import type { Subject } from './subject.ts';

/** A rule of the policy that covers somebody, and the group or user through which it does. */
export interface AutoApproval {
  readonly via: string;
  readonly maxMs: number;
}

/** The rule that gives this role to this person for longest; undefined where none does. */
export function autoApproval(
  { resource, rules, role, isNew }: Pick<Subject, 'resource' | 'rules' | 'role' | 'isNew'>,
  user: User,
  catalog: Snapshot,
): AutoApproval | undefined {
  if (isNew || demandsPeople(resource)) return undefined;
  return rulesFor(rules, role.name)
    .map(({ who, maxMs }) => ({ via: refOf(who, resource), maxMs }))
    .filter(({ via }) => isMember(catalog, user.ref, via))
    .toSorted((a, b) => b.maxMs - a.maxMs)[0];
}

function rulesFor({ autoApprove }: NamespacePolicy, name: string) {
  return autoApprove.filter(({ role }) => role === name);
}

function demandsPeople({ approvals, approvers }: Resource): boolean {
  return approvals !== null || approvers.length > 0;
}
