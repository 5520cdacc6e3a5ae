// Who may decide about a request: never the requester, and somebody must have named them.

import type { User } from '../catalog/model.ts';
import { describeApprovers, entitlement, type View } from './approvals.ts';
import { isSamePerson, userOf, type Facts } from './eligibility.ts';
import type { Refused, Trail } from './explain.ts';
import type { Pending } from './pending.ts';
import { refuse } from './reasons.ts';
import type { AccessRequest, Person } from './request.ts';

export interface Decider {
  readonly kind: 'decider';
  readonly user: User;
  readonly via: string;
}

/** Whether this person may decide about this request, and through which group or entry. */
export function admitDecider(
  request: AccessRequest,
  person: Person,
  { subject, requester }: Pending,
  facts: Facts,
  trail: Trail,
): Decider | Refused {
  const { resource, requirements } = subject;
  const view: View = { catalog: facts.catalog, exceptUser: requester.ref };
  const approvers = describeApprovers(requirements, resource, view);
  if (isSamePerson(person, request.requester, facts)) {
    const reason = refuse('own-request', { request: request.id, approvers });
    return trail.unmet('approver-is-not-the-requester', reason, approvers);
  }
  trail.met('approver-is-not-the-requester', { id: person.id });
  const identified = userOf(person, facts);
  // Whom the catalog does not know at all is told who can; what else is wrong is for them to know.
  if (identified.kind === 'nobody' && identified.reason.code !== 'person-unknown') {
    return trail.unmet('person-is-known', identified.reason, approvers);
  }
  const user = identified.kind === 'user' ? identified.user : undefined;
  const via = user && entitlement(user, resource, requirements, facts.catalog);
  if (!user || via === undefined) {
    const { login } = person;
    const reason = refuse('not-an-approver', { login, request: request.id, approvers });
    return trail.unmet('approver-is-entitled', reason, approvers);
  }
  trail.met('approver-is-entitled', { user: user.ref, via });
  return { kind: 'decider', user, via };
}
