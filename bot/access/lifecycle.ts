// The lives of a request and of a grant, as two tables. What is not in a table cannot happen: an ended request
// stays as it ended, and an ended grant never comes back.

import { hasEnded, type GrantTime, type Running } from './grant-time.ts';
import type { Approval, IssueRef, Judged, Person, RequestState } from './request.ts';

export type GrantState = 'active' | 'expired' | 'revoked';

/** Times are ISO 8601 in UTC. */
export interface Grant {
  /** `g_` and 26 base32 characters. */
  readonly id: string;
  readonly requestId: string;
  readonly grantee: Judged;
  readonly state: GrantState;
  /** When it was given: the last approval, or that of the policy, or the broken glass. */
  readonly grantedAt: string;
  readonly time: GrantTime;
  readonly resource: string;
  readonly namespace: string;
  readonly target: string;
  readonly protocol: string;
  readonly role: string;
  /** As its request has it. */
  readonly iam?: string;
  readonly relays: readonly string[];
  readonly digest: string;
  readonly approvals: readonly Approval[];
  readonly issue: IssueRef;
  readonly policyRevision: string;
  /** Nobody approved it: somebody broke the glass, and a review is due by this moment. Null where it was approved. */
  readonly reviewBy: string | null;
  /** The policy approved it, and nobody else: the group or user that its rule covers. */
  readonly autoApprovedFor?: string;
  readonly endedReason?: string;
  readonly endedBy?: Person | 'operator' | 'bot';
}

/** A grant that somebody has claimed, or whose time runs since it was given. */
export type RunningGrant = Grant & { readonly time: Running };

/** `void` is a request that no longer is what was shown: it ends as cancelled, and is asked for anew. */
export type RequestEvent = 'grant' | 'deny' | 'cancel' | 'void' | 'lapse';
export type GrantEvent = 'expire' | 'revoke';

export type Move<State> =
  | { readonly kind: 'moved'; readonly state: State }
  | { readonly kind: 'refused'; readonly state: State };

const requestMoves: Readonly<
  Record<RequestState, Readonly<Partial<Record<RequestEvent, RequestState>>>>
> = {
  pending: {
    grant: 'granted',
    deny: 'denied',
    cancel: 'cancelled',
    void: 'cancelled',
    lapse: 'lapsed',
  },
  granted: {},
  denied: {},
  cancelled: {},
  lapsed: {},
};

const grantMoves: Readonly<Record<GrantState, Readonly<Partial<Record<GrantEvent, GrantState>>>>> =
  {
    active: { expire: 'expired', revoke: 'revoked' },
    expired: {},
    revoked: {},
  };

export function moveRequest(state: RequestState, event: RequestEvent): Move<RequestState> {
  const next = requestMoves[state][event];
  return next ? { kind: 'moved', state: next } : { kind: 'refused', state };
}

export function moveGrant(state: GrantState, event: GrantEvent): Move<GrantState> {
  const next = grantMoves[state][event];
  return next ? { kind: 'moved', state: next } : { kind: 'refused', state };
}

/** The state of a grant by its time as well, which ends it before anybody has recorded that. */
export function stateAt(grant: Pick<Grant, 'state' | 'time'>, now: Date): GrantState {
  return grant.state === 'active' && hasEnded(grant, now) ? 'expired' : grant.state;
}

/** A pending request lapses at the very moment it names. */
export function hasLapsed(request: { readonly lapsesAt: string }, now: Date): boolean {
  return !(now.getTime() < Date.parse(request.lapsesAt));
}
