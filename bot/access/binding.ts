// For which GitHub account the login of a User stands: the one that had it when that User was first seen with it.
// Whoever takes over a login that was given up does not take over a place in the catalog; a login that the catalog gives
// to another User is that User's from then on. Pure: who has a login now is asked elsewhere.

import type { User } from '../catalog/model.ts';

/** What of a User tells it from another with the same login. */
export type Holder = Pick<User, 'ref' | 'subject'>;

export interface Binding {
  /** GitHub's number of the account. */
  readonly id: number;
  /** ISO 8601. */
  readonly seenAt: string;
  /** Whose login it was then; null where a version that did not keep it bound the login. */
  readonly userRef: string | null;
  /** The last key at the identity provider that this User was seen with; null where there was none. */
  readonly subject: string | null;
}

export type Bound =
  | { readonly kind: 'kept'; readonly binding: Binding }
  /** The same account, and more is known of its User. */
  | { readonly kind: 'noted'; readonly binding: Binding }
  | { readonly kind: 'bound'; readonly binding: Binding }
  | { readonly kind: 'bound-anew'; readonly binding: Binding; readonly before: Binding };

/** What a login stands for now that the catalog has it at this User and GitHub at the account that was found. */
export function bind(
  known: Binding | undefined,
  user: Holder,
  found: Pick<Binding, 'id' | 'seenAt'>,
): Bound {
  const { ref: userRef, subject } = user;
  const anew = { ...found, userRef, subject };
  if (!known) return { kind: 'bound', binding: anew };
  if (isOfAnother(known, user)) return { kind: 'bound-anew', binding: anew, before: known };
  const noted = { ...known, userRef, subject: subject ?? known.subject };
  const isMore = noted.userRef !== known.userRef || noted.subject !== known.subject;
  return isMore ? { kind: 'noted', binding: noted } : { kind: 'kept', binding: known };
}

/**
 * Whether a binding was made for somebody else than this User. A subject that is added or taken away says nothing of
 * who has the login: had it the login bound anew, whoever took that over would be let in by a change that is not about
 * it.
 */
export function isOfAnother({ userRef, subject }: Binding, user: Holder): boolean {
  if (userRef === null) return false;
  if (userRef !== user.ref) return true;
  return subject !== null && user.subject !== null && subject !== user.subject;
}
