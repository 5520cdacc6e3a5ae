// What the relay knows from the bot at this moment: the keys that sign grants, what was revoked, and how fresh that
// knowledge is. A relay that has not heard from the bot lately admits nobody, because it could have missed a
// revocation. Nothing is ever un-revoked here: a revocation is forgotten when the last token of its grant has ended.

import type { JWK } from 'jose';
import { controlLimits, type Revocation } from '../control.ts';
import { grantLimits, type GrantClaims } from '../grant.ts';
import type { Clock } from './clock.ts';

export type Lease =
  | { readonly kind: 'fresh' }
  /** The bot was not heard for longer than the lease; `lostMs` since it ran out. */
  | { readonly kind: 'lost'; readonly lostMs: number }
  /** Nothing was heard since the start. */
  | { readonly kind: 'never' };

export interface Standing {
  /** By `kid`. */
  keys(): ReadonlyMap<string, JWK>;
  setKeys(keys: readonly JWK[]): void;
  /** Also a token of before the bot's epoch: no list can name what a restored bot has forgotten. */
  isRevoked(token: Pick<GrantClaims, 'gid' | 'iat'>): boolean;
  revoke(revocation: Revocation): void;
  /** Those that still matter. */
  revocations(): Revocation[];
  lease(): Lease;
  /** Since the bot was last heard, in milliseconds; infinite when it never was. */
  heardAgoMs(): number;
  /**
   * The bot lives: its message of `iat` (seconds) arrived just now. Returns false when our clocks are too far apart;
   * then the lease is not renewed, since deadlines judged by a wrong clock would be wrong, and a message that was held
   * back on its way is no sign of life.
   */
  renew(message: { readonly iat: number; readonly leaseSeconds: number }): boolean;
  /** Something the bot said is missing: admit nobody until it has told everything again. */
  distrust(): void;
  /**
   * The bot has opened this epoch; nobody is admitted until it has told everything. Returns false, and nothing changes,
   * when it lies further ahead of our clock than a token may: it would shut everybody out, and never be forgotten.
   */
  enter(epoch: number): boolean;
}

export function createStanding(options: {
  readonly clock: Clock;
  /** The longest lease this relay accepts, whatever the bot says. */
  readonly maxLeaseSeconds: number;
  readonly revoked: readonly Revocation[];
  /** The last that the bot had opened; left out where it was never heard. */
  readonly epoch?: number | undefined;
}): Standing {
  const { clock, maxLeaseSeconds } = options;
  let epoch = options.epoch ?? 0;
  const revoked = new Map(options.revoked.map(({ gid, until }) => [gid, until]));
  let keys: ReadonlyMap<string, JWK> = new Map();
  // On the monotonic clock: setting the wall clock must not lengthen a lease.
  let leaseEndMs: number | undefined;
  let heardAtMs = Number.NEGATIVE_INFINITY;
  // The latest moment on which the bot's clock and ours agreed.
  let agreedSeconds = 0;

  function forgetOld(): void {
    // Not by our clock alone: one that jumps ahead and back would forget what has to be refused again. Half a minute
    // longer than needed, for a clock that is ahead.
    const nowSeconds = agreedSeconds - 30;
    for (const [gid, until] of revoked) if (until < nowSeconds) revoked.delete(gid);
  }

  function distrust(): void {
    // Live sessions keep their grace from now on; new ones wait.
    if (leaseEndMs !== undefined) leaseEndMs = Math.min(leaseEndMs, clock.monotonic() - 1);
  }

  return {
    keys: () => keys,
    setKeys(list) {
      keys = new Map(list.flatMap((key) => (key.kid === undefined ? [] : [[key.kid, key]])));
    },
    isRevoked: ({ gid, iat }) => iat < epoch || revoked.has(gid),
    revoke({ gid, until }) {
      forgetOld();
      revoked.set(gid, Math.max(until, revoked.get(gid) ?? 0));
    },
    revocations() {
      forgetOld();
      return [...revoked].map(([gid, until]) => ({ gid, until }));
    },
    lease() {
      if (leaseEndMs === undefined) return { kind: 'never' };
      const lostMs = clock.monotonic() - leaseEndMs;
      return lostMs <= 0 ? { kind: 'fresh' } : { kind: 'lost', lostMs };
    },
    heardAgoMs: () => clock.monotonic() - heardAtMs,
    renew({ iat, leaseSeconds }) {
      const offsetSeconds = Math.abs(clock.wall() / 1000 - iat);
      if (offsetSeconds > controlLimits.maxClockOffsetSeconds) return false;
      agreedSeconds = Math.max(agreedSeconds, iat);
      heardAtMs = clock.monotonic();
      leaseEndMs = heardAtMs + Math.min(leaseSeconds, maxLeaseSeconds) * 1000;
      return true;
    },
    distrust,
    enter(next) {
      if (next > clock.wall() / 1000 + grantLimits.nbfLeewaySeconds) return false;
      epoch = next;
      distrust();
      return true;
    },
  };
}
