// How a pending request ends without a grant: by a denial, or because its requester takes it back. Plain facts in, a
// value out, as in decide.ts.

import { admitDecider } from './decider.ts';
import type { Facts } from './eligibility.ts';
import { startTrail, type Derivation, type Refused } from './explain.ts';
import { judgeOpen, judgePending, type Voided } from './pending.ts';
import { refuse } from './reasons.ts';
import type { AccessRequest, Person } from './request.ts';

export type EndDecision =
  { readonly kind: 'denied' | 'cancelled'; readonly derivation: Derivation } | Voided | Refused;

/** `/deny`: whoever could approve may end it. */
export function decideDeny(
  question: { readonly request: AccessRequest; readonly denier: Person },
  facts: Facts,
): EndDecision {
  const trail = startTrail();
  const pending = judgePending(question.request, facts, trail);
  if (pending.kind !== 'pending') return pending;
  const user = admitDecider(question.request, question.denier, pending, facts, trail);
  if (user.kind === 'refused') return user;
  return { kind: 'denied', derivation: trail.steps };
}

/** `/cancel`: the requester alone, by numeric id. It needs no catalog: taking back is always possible. */
export function decideCancel(
  question: { readonly request: AccessRequest; readonly by: Person },
  now: Date,
): EndDecision {
  const trail = startTrail();
  const { request, by } = question;
  const closed = judgeOpen(request, now, trail);
  if (closed) return closed;
  if (by.id !== request.requester.id) {
    const { id, requester } = request;
    const data = { login: by.login, request: id, requester: requester.login };
    return trail.unmet('person-is-the-requester', refuse('not-the-requester', data));
  }
  trail.met('person-is-the-requester', { id: by.id });
  return { kind: 'cancelled', derivation: trail.steps };
}
