// One run's session as the rest of the client sees it: it carries connections, counts, renews the token in time,
// and ends once, with a reason. Reaching relays is keeper.ts's part.

import type { Socket } from 'node:net';
import type { SessionKey } from '../proof.ts';
import { closedByUs, type Ending } from './endings.ts';
import { asFailure } from './failure.ts';
import { openKeeper, type Reason } from './keeper.ts';
import { outlastsToken, renewalMoments } from './renewal.ts';
import type { ClaimedGrant } from './token.ts';

export interface SessionSettings {
  readonly claimed: ClaimedGrant;
  readonly key: SessionKey;
  readonly extraCa?: string | undefined;
  /** Fetches a later token for the same grant and key; throws a Failure. */
  readonly renew: (current: ClaimedGrant) => Promise<ClaimedGrant>;
  readonly events: SessionEvents;
  readonly nowMs: () => number;
}

export interface SessionEvents {
  /** A relay has taken us, for the first time or again. */
  connected(place: { readonly relay: string; readonly session: string }): void;
  away(why: Reason): void;
  expiring(inSeconds: number): void;
  /** The grant was extended; ISO 8601. */
  renewed(endsAt: string): void;
  renewalFailed(why: Reason): void;
  connectionFailed(message: string): void;
}

interface SessionTotals {
  readonly open: number;
  readonly connections: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export interface Session {
  /** Resolves once, when it is over; rejects with a Failure when no relay ever took us. */
  readonly ended: Promise<Ending>;
  carry(socket: Socket): void;
  totals(): SessionTotals;
  state(): { readonly leftMs: number; readonly connected: boolean };
  /** To be called every second: renews in time, and notices when the machine has slept. */
  tick(): void;
  /** Ends it ourselves; open connections get `graceMs` to finish. */
  close(graceMs: number): Promise<void>;
}

/** A gap between two ticks that means the machine slept, and the tunnel may be dead without either end knowing. */
const sleptMs = 10_000;

export function openSession(settings: SessionSettings): Session {
  const { events, nowMs } = settings;
  const totals = { open: 0, connections: 0, bytesUp: 0, bytesDown: 0 };
  let claimed = settings.claimed;
  let toldEndsAt = claimed.grant.endsAt;
  let moments = renewalMoments(claimed);
  let lastTickMs = nowMs();

  const keeper = openKeeper({
    claimed: () => claimed,
    key: settings.key,
    extraCa: settings.extraCa,
    nowMs,
    connected: events.connected,
    away: events.away,
    told(notice) {
      if (notice.kind === 'expiring') events.expiring(notice.inSeconds);
      else if (notice.kind === 'renewed') tellExtension();
      else events.renewalFailed({ code: 'renewal_refused', message: notice.reason });
    },
    counting: {
      connectionFailed: events.connectionFailed,
      moved(bytes) {
        if ('up' in bytes) totals.bytesUp += bytes.up;
        else totals.bytesDown += bytes.down;
      },
      opened() {
        totals.open += 1;
        totals.connections += 1;
      },
      finished() {
        totals.open -= 1;
      },
    },
  });

  /** A token that only carries the same grant on is no news for the person; a later end of the grant is. */
  function tellExtension(): void {
    if (claimed.grant.endsAt !== toldEndsAt) events.renewed(claimed.grant.endsAt);
    toldEndsAt = claimed.grant.endsAt;
  }

  async function renew(): Promise<void> {
    try {
      const later = await settings.renew(claimed);
      // The same end again: the grant was not extended (yet), and the next moment asks once more.
      if (later.exp <= claimed.exp) return;
      claimed = later;
      moments = renewalMoments(later);
      await keeper.present();
    } catch (error) {
      const { code, message } = asFailure(error);
      // Without more time to be had a refusal is the expected answer.
      if (outlastsToken(claimed, nowMs())) events.renewalFailed({ code, message });
    }
  }

  return {
    ended: keeper.over,
    carry: keeper.carry,
    totals: () => ({ ...totals }),
    state: () => ({ leftMs: claimed.grantEndsAtMs - nowMs(), connected: keeper.isConnected() }),
    tick() {
      const now = nowMs();
      if (now - lastTickMs > sleptMs) keeper.check();
      lastTickMs = now;
      const later = moments.filter((moment) => moment > now);
      const isDue = later.length < moments.length;
      moments = later;
      if (isDue) void renew();
    },
    async close(graceMs) {
      keeper.finish(closedByUs);
      await keeper.close(graceMs);
    },
  };
}
