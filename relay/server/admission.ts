// Whether a good grant opens a session here and now. Pure: claims and facts in, a verdict out, cheapest question first.
// That the token is signed, in time, for this relay, and shown by who holds its key, was checked before (gate.ts); that
// the start is on disk before anything is dialled is seen to afterwards (upgrade.ts).

import type { EndReason } from '../frames.ts';
import type { GrantClaims, GrantFault } from '../grant.ts';
import type { TunnelRefusalCode } from '../refusals.ts';
import type { Lease } from './standing.ts';
import type { TargetVerdict } from './targets.ts';

export interface AdmissionFacts {
  readonly isDraining: boolean;
  /** relay.yml has rules for the grant's namespace; what they say of its target. */
  readonly target: TargetVerdict | { readonly kind: 'other-namespace' };
  readonly isRevoked: boolean;
  readonly lease: Lease;
  /** The same run with the same key comes back: no new session, and its predecessor makes room. */
  readonly continues: boolean;
  /** Live sessions of this grant and of all, without the one that is continued. */
  readonly sessionsOfGrant: number;
  readonly sessionsInAll: number;
  readonly maxSessions: number;
  /** The record can take another event. */
  readonly canRecord: boolean;
}

export type Admission =
  { readonly kind: 'admitted' } | { readonly kind: 'refused'; readonly code: TunnelRefusalCode };

export function judgeAdmission(claims: GrantClaims, facts: AdmissionFacts): Admission {
  if (facts.target.kind === 'other-namespace') return refused('not_this_relay');
  if (facts.isRevoked) return refused('grant_revoked');
  if (facts.isDraining) return refused('draining');
  // A session that goes on in its grace may also reconnect in it; a new one needs a relay that knows what was revoked.
  if (facts.lease.kind !== 'fresh' && !facts.continues) return refused('control_stale');
  if (facts.sessionsOfGrant >= claims.lim.sessions) return refused('too_many_sessions');
  if (facts.sessionsInAll >= facts.maxSessions) return refused('too_many_sockets');
  if (facts.target.kind === 'not-allowed') return refused('target_not_allowed');
  if (!facts.canRecord) return refused('server_error');
  return { kind: 'admitted' };
}

/** What a stranger is told of a token that does not hold: whose fault it is, not which check found it. */
export function refusalOf(fault: GrantFault): TunnelRefusalCode {
  if (fault === 'expired') return 'grant_expired';
  if (fault === 'audience') return 'not_this_relay';
  return 'invalid_token';
}

/** What somebody is told whose session was over before it had begun. */
export function refusalOfEnd(reason: EndReason): TunnelRefusalCode {
  switch (reason) {
    case 'expired':
      return 'grant_expired';
    case 'revoked':
      return 'grant_revoked';
    case 'control-lost':
      return 'control_stale';
    case 'shutdown':
    case 'relay-restart':
      return 'draining';
    default:
      // Nothing is wrong with the grant: the client may come again.
      return 'server_error';
  }
}

function refused(code: TunnelRefusalCode): Admission {
  return { kind: 'refused', code };
}
