// The comment that asked, and the issue where it stands, as GitHub has them now. A request is what that comment said when
// it was read; once its words are changed or gone, nobody can look up any more what was asked, and the request ends.

import type { Refused, Trail } from './explain.ts';
import { refuse, type Refusal } from './reasons.ts';
import type { AccessRequest, Person } from './request.ts';

export type Asking =
  | { readonly kind: 'stands' }
  /** `by` is null where GitHub does not say who it was. */
  | { readonly kind: 'edited'; readonly by: Person | null }
  | { readonly kind: 'deleted' }
  /** It stands on another issue now, where others read and decide. */
  | { readonly kind: 'moved' };

/** Why the issue is no longer one on which those who asked and decide read what was asked, and the bot answers. */
export type IssueEnding =
  'request-moved' | 'issue-gone' | 'repository-public' | 'repository-archived' | 'app-removed';

export function refuseAsking(
  request: Pick<AccessRequest, 'id'>,
  asking: Exclude<Asking, { kind: 'stands' }>,
  trail: Trail,
): Refused {
  return trail.unmet('asking-comment-stands', reasonOf(request, asking));
}

export function refuseIssue(
  { id }: Pick<AccessRequest, 'id'>,
  ending: IssueEnding,
  trail: Trail,
): Refused {
  return trail.unmet('issue-stands', refuse(ending, { request: id }));
}

function reasonOf(
  { id }: Pick<AccessRequest, 'id'>,
  asking: Exclude<Asking, { kind: 'stands' }>,
): Refusal {
  if (asking.kind === 'deleted') return refuse('request-deleted', { request: id });
  if (asking.kind === 'moved') return refuse('request-moved', { request: id });
  return refuse('request-edited', { request: id, login: asking.by?.login ?? 'somebody' });
}
