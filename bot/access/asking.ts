// The comment that asked, as GitHub has it now. A request is what that comment said when it was read; once its words
// are changed or gone, nobody can look up any more what was asked, and the request ends.

import { refuse, type Refusal } from './reasons.ts';
import type { AccessRequest, Person } from './request.ts';

export type Asking =
  | { readonly kind: 'stands' }
  /** `by` is null where GitHub does not say who it was. */
  | { readonly kind: 'edited'; readonly by: Person | null }
  | { readonly kind: 'deleted' }
  /** It stands on another issue now, where others read and decide. */
  | { readonly kind: 'moved' };

export function refuseAsking(
  { id }: Pick<AccessRequest, 'id'>,
  asking: Exclude<Asking, { kind: 'stands' }>,
): Refusal {
  if (asking.kind === 'deleted') return refuse('request-deleted', { request: id });
  if (asking.kind === 'moved') return refuse('request-moved', { request: id });
  return refuse('request-edited', { request: id, login: asking.by?.login ?? 'somebody' });
}
