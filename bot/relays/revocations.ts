// Carries revocations to the relays: at once to those that are connected, in the snapshot to those that come back. It
// waits for confirmations, but never for the disk, and says plainly who has not confirmed.

import type { Revocation } from '../../relay/control.ts';
import type { RelayChannelDeps } from './surroundings.ts';
import type { Connection } from './connection.ts';

export interface RevocationOrder extends Revocation {
  /** For the client whose session is cut, and the relay's log. */
  readonly reason: string;
  /** The relays that serve the grant and are waited for; left out, all of the configuration. All are told. */
  readonly relays?: readonly string[];
}

interface Confirmation {
  readonly relay: string;
  /** Live sessions that were cut. */
  readonly sessions: number;
  /** From the order to the confirmation. */
  readonly ms: number;
}

export interface RevocationOutcome {
  readonly confirmed: readonly Confirmation[];
  /** Not connected, or silent for a second. Their leases end by themselves. */
  readonly unconfirmed: readonly string[];
}

export interface Revocations {
  revoke(order: RevocationOrder): Promise<RevocationOutcome>;
  confirm(relay: string, gid: string, sessions: number): void;
  /** What a relay that has just come has to know. */
  current(): Promise<Revocation[]>;
}

/** What was promised: a connected relay has cut within a second. Whoever has not said so by then is named. */
const confirmationTimeoutMs = 1000;
const maxReasonChars = 200;

export function openRevocations(
  deps: Pick<RelayChannelDeps, 'relays' | 'now' | 'liveRevocations'>,
  live: ReadonlyMap<string, Connection>,
): Revocations {
  const waiters = new Set<Waiter>();
  // Revoking does not wait for the disk: one that is not in the store yet must still reach a relay that comes
  // meanwhile.
  const recent = new Map<string, Revocation>();

  return {
    async revoke({ gid, until, reason, relays }) {
      recent.set(gid, { gid, until });
      const waiter = createWaiter(gid, relays ?? deps.relays.map(({ name }) => name));
      waiters.add(waiter);
      for (const connection of live.values()) {
        connection.send({ type: 'revoke', gid, until, reason: printable(reason) });
      }
      const outcome = await waiter.outcome((name) => live.has(name));
      waiters.delete(waiter);
      return outcome;
    },
    confirm(relay, gid, sessions) {
      for (const waiter of waiters) if (waiter.gid === gid) waiter.confirm(relay, sessions);
    },
    async current() {
      const nowSeconds = deps.now().getTime() / 1000;
      for (const [gid, { until }] of recent) if (until < nowSeconds) recent.delete(gid);
      const stored = await deps.liveRevocations();
      const all = new Map<string, Revocation>();
      // The later end counts: the grant may have been extended while it was being revoked. `recent` is read after the
      // store, because one may have been ordered while that was read.
      for (const revocation of [...stored, ...recent.values()]) {
        const known = all.get(revocation.gid);
        if (!known || known.until < revocation.until) all.set(revocation.gid, revocation);
      }
      return [...all.values()];
    },
  };
}

type Waiter = ReturnType<typeof createWaiter>;

function createWaiter(gid: string, awaited: readonly string[]) {
  const startedAt = performance.now();
  const missing = new Set(awaited);
  const confirmed: Confirmation[] = [];
  const everybody = Promise.withResolvers<void>();

  return {
    gid,
    confirm(relay: string, sessions: number) {
      if (!missing.delete(relay)) return;
      confirmed.push({ relay, sessions, ms: performance.now() - startedAt });
      if (missing.size === 0) everybody.resolve();
    },
    /** Waits for those that are there; for one that is away there is nothing to wait for. */
    async outcome(isConnected: (relay: string) => boolean): Promise<RevocationOutcome> {
      if ([...missing].some(isConnected)) {
        const timer = setTimeout(everybody.resolve, confirmationTimeoutMs);
        await everybody.promise;
        clearTimeout(timer);
      }
      return { confirmed, unconfirmed: [...missing] };
    },
  };
}

// The relay takes one line of 300 characters at most, and no control characters: it shows them in a terminal.
function printable(reason: string): string {
  const line = reason.replaceAll(/\p{C}+/gu, ' ').trim();
  return line.slice(0, maxReasonChars).replace(/[\uD800-\uDBFF]$/, '') || 'revoked';
}
