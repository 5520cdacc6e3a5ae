// Which request or grant of an issue a command means. Named ones are taken at their word; a bare command is only
// taken where it cannot mean another one than its author saw.

import { startTrail, type Refused } from './explain.ts';
import { refuse } from './reasons.ts';
import type { Grant } from './lifecycle.ts';
import { isOnIssue, type AccessRequest, type IssueRef, type Person } from './request.ts';

export type RequestChoice = { readonly kind: 'chosen'; readonly request: AccessRequest } | Refused;

export type GrantChoice = { readonly kind: 'chosen'; readonly grant: Grant } | Refused;

/**
 * The request a bare or named command means. `requests` are all of the issue, in whatever state. A bare
 * `/approve` is refused as soon as the issue has had more than one: between an approver's reading and
 * writing, the requester could have withdrawn the one that was read and opened a larger one.
 */
export function chooseRequest(
  command: { readonly verb: 'approve' | 'deny' | 'cancel'; readonly request?: string },
  by: Person,
  requests: readonly AccessRequest[],
): RequestChoice {
  const trail = startTrail();
  const open = requests.filter(({ state }) => state === 'pending');
  const pending = open.map(({ id }) => id);
  if (command.request !== undefined) {
    const request = requests.find(({ id }) => id === command.request);
    if (request) return { kind: 'chosen', request };
    const reason = refuse('request-unknown', { request: command.request, pending });
    return trail.unmet('request-is-pending', reason);
  }
  if (open.length === 0) {
    const reason = refuse('no-pending-request', { requests: requests.map(({ id }) => id) });
    return trail.unmet('request-is-pending', reason);
  }
  const own = open.filter(({ requester }) => requester.id === by.id);
  const eligible = command.verb === 'cancel' && own.length > 0 ? own : open;
  const [only, ...others] = eligible;
  const ambiguous = command.verb === 'approve' ? requests.length > 1 : others.length > 0;
  if (!only || ambiguous) {
    return trail.unmet('request-is-pending', refuse('request-must-be-named', { pending }));
  }
  return { kind: 'chosen', request: only };
}

/** The grant a `/revoke` means, named by its own name or by its request's. `grants` are all of the issue. */
export function chooseGrant(named: string | undefined, grants: readonly Grant[]): GrantChoice {
  const trail = startTrail();
  const live = grants.filter(({ state }) => state === 'active');
  const active = live.map(({ id }) => id);
  if (named !== undefined) {
    const grant = grants.find(({ id, requestId }) => id === named || requestId === named);
    if (grant) return { kind: 'chosen', grant };
    return trail.unmet('grant-is-active', refuse('grant-unknown', { grant: named, active }));
  }
  const [only, ...others] = live;
  if (!only) {
    const reason = refuse('no-active-grant', { grants: grants.map(({ id }) => id) });
    return trail.unmet('grant-is-active', reason);
  }
  if (others.length > 0) {
    return trail.unmet('grant-is-active', refuse('grant-must-be-named', { active }));
  }
  return { kind: 'chosen', grant: only };
}

/** A grant that was given by breaking the glass. */
export interface Broken {
  readonly grant: Grant;
  /** Whether it waits for a review. */
  readonly isOpen: boolean;
}

/**
 * The review a `/review` on this issue means. `broken` are all of the issue, and the named one wherever it was broken: it
 * is taken from anywhere in its repository. A bare one is about its own issue, and refused as soon as there has been more
 * than one, for the reason a bare `/approve` is.
 */
export function chooseReview(
  named: string | undefined,
  issue: Pick<IssueRef, 'repositoryId' | 'number'>,
  broken: readonly Broken[],
): GrantChoice {
  const trail = startTrail();
  const open = broken.filter(({ isOpen }) => isOpen).map(({ grant }) => grant);
  const here = broken.filter(({ grant }) => isOnIssue(issue, grant.issue));
  const openHere = open.filter((grant) => isOnIssue(issue, grant.issue));
  const names = openHere.map(({ requestId }) => requestId);
  if (named !== undefined) {
    const grant = open.find(({ requestId }) => requestId === named);
    if (grant?.issue.repositoryId === issue.repositoryId) return { kind: 'chosen', grant };
    return trail.unmet('review-is-open', refuse('review-unknown', { request: named, open: names }));
  }
  const [only] = openHere;
  if (!only) {
    const reviewed = here.map(({ grant }) => grant.requestId);
    return trail.unmet('review-is-open', refuse('no-open-review', { reviewed }));
  }
  if (here.length > 1) {
    return trail.unmet('review-is-open', refuse('review-must-be-named', { open: names }));
  }
  return { kind: 'chosen', grant: only };
}
