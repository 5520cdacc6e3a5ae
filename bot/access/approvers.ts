// Who could approve a request as things stand: for its card, the mention, and the help in a refusal. It decides
// nothing: an approval is judged when it is given.

import { describeApprovers, viewWithout } from './approvals.ts';
import type { Facts } from './eligibility.ts';
import { startTrail } from './explain.ts';
import type { Approver } from './reasons.ts';
import type { Person } from './request.ts';
import { findSubject } from './subject.ts';

/** Empty when the resource or its rules are gone. The requester is never among the logins. */
export function approversFor(
  request: { readonly resource: string; readonly role: string; readonly requester: Person },
  facts: Facts,
): readonly Approver[] {
  const subject = findSubject(request, facts, startTrail());
  if (subject.kind === 'refused') return [];
  const { requirements, resource } = subject;
  return describeApprovers(requirements, resource, viewWithout(request.requester.id, facts));
}
