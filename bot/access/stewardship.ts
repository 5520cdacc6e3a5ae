// Whether an entity is so new that the namespace's stewards have to confirm it. A descriptor is merged by whoever may
// write to its repository, and says itself who owns it: for a day that is not believed alone.

import type { Resource } from '../catalog/model.ts';
import type { Facts } from './eligibility.ts';
import type { NamespacePolicy } from './policy.ts';

/** For so long after an entity appeared, or its owner, an address, a cloud role or a demand for approvals changed. */
export const confirmedForMs = 24 * 60 * 60_000;

/** Whether stewards have to confirm it now; `givenAt` is when access was given that is judged again. */
export function needsStewards(
  { ref }: Resource,
  { stewards }: NamespacePolicy,
  { changedAt, now }: Pick<Facts, 'changedAt' | 'now'>,
  givenAt?: string,
): boolean {
  const since = changedAt.get(ref);
  if (stewards.length === 0 || since === undefined) return false;
  // What was given before the change needed nobody's confirmation; whether it may go on, its owners decide.
  if (givenAt !== undefined && givenAt < since) return false;
  // Not `<`: of a moment that cannot be read nobody can say that it is over.
  return !(now.getTime() - Date.parse(since) >= confirmedForMs);
}
