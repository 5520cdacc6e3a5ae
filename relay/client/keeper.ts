// Keeps a tunnel to some relay, with one run id and one key, until something final is said: a grant that ended, a
// refusal that no relay will lift, or our own wish. Promises to come back after a drain, a lost network or a sleeping
// laptop, and never to move an open connection: bytes that were under way cannot be trusted to have arrived.

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EndReason, Notice } from '../frames.ts';
import { makeProof, type SessionKey } from '../proof.ts';
import { openCarrier, type Carrier, type CarrierEvents } from './carrier.ts';
import { dialRelays, type Dialled } from './dial.ts';
import { judgeEnd, type Ending, type GrantFacts } from './endings.ts';
import { Failure } from './failure.ts';
import { resetSocket } from './listener.ts';
import { outlastsToken } from './renewal.ts';
import type { ClaimedGrant } from './token.ts';
import { proofUrl } from './tunnel.ts';

export interface Keeper {
  /** Resolves once, with how it ended; rejects with a Failure when no relay ever took us. */
  readonly over: Promise<Ending>;
  isConnected(): boolean;
  carry(socket: Socket): void;
  /** Presents the token that `claimed()` now gives to every open tunnel. */
  present(): Promise<void>;
  /** Asks the relay for a sign of life. */
  check(): void;
  /** Ends the keeping; tunnels stay until {@link Keeper.close}. The first ending counts. */
  finish(ending: Ending): void;
  close(graceMs: number): Promise<void>;
}

export interface KeeperSettings {
  readonly claimed: () => ClaimedGrant;
  readonly key: SessionKey;
  readonly extraCa?: string | undefined;
  readonly nowMs: () => number;
  readonly counting: Pick<CarrierEvents, 'connectionFailed' | 'moved' | 'opened' | 'finished'>;
  connected(place: { readonly relay: string; readonly session: string }): void;
  away(why: Reason): void;
  /** What a relay says besides coming and going. */
  told(notice: Extract<Notice, { kind: 'expiring' | 'renewed' | 'renewal-refused' }>): void;
}

export interface Reason {
  readonly code: string;
  readonly message: string;
}

/** Attempts, each over all relays, before a run that never had a session gives up. */
const maxFirstAttempts = 3;
const firstPauseMs = 250;
const longestPauseMs = 10_000;
/** A tunnel that lived this long was a good one: the pauses start from the beginning. */
const settledAfterMs = 30_000;
/** A relay that has answered the Upgrade says "ready" within this time or is left. */
const readyWithinMs = 10_000;
/** Relays end a grant to the moment; only when none can be reached do we conclude it ourselves, a little later. */
const concludeAfterMs = 2000;

interface Tunnel {
  readonly carrier: Carrier;
  readonly relay: string;
  readonly nonce: string | undefined;
}

export function openKeeper(settings: KeeperSettings): Keeper {
  const { claimed, nowMs } = settings;
  const run = randomBytes(16).toString('base64url');
  const stop = new AbortController();
  const tunnels = new Set<Tunnel>();
  let current: Tunnel | undefined;
  let ending: Ending | undefined;
  let everReady = false;
  let preferred = 0;

  function facts(): GrantFacts {
    const held = claimed();
    return { issue: held.grant.issue, outlastsToken: outlastsToken(held, nowMs()) };
  }

  async function keep(): Promise<Ending> {
    for (let failures = 0; ;) {
      const attempt = await connectOnce();
      if (ending !== undefined) return ending;
      failures = attempt.livedMs > settledAfterMs ? 0 : failures + 1;
      if (!everReady && failures >= maxFirstAttempts) throw attempt.failure;
      // After a lost tunnel the first attempt is made at once, so that a drain costs no time.
      if (attempt.livedMs === 0 || failures > 1) await pause(failures, stop.signal);
      if (nowMs() > claimed().endsAtMs + concludeAfterMs) finishWith('expired');
    }
  }

  /** Dials; when a relay takes us, stays until it is time to move on. */
  async function connectOnce(): Promise<{ livedMs: number; failure: Failure }> {
    const dialled = await dial();
    if (dialled.kind === 'none') return { livedMs: 0, failure: dialled.failure };
    if (dialled.kind === 'final') {
      finish(dialled.ending);
      return { livedMs: 0, failure: leftBy('The relay', dialled.ending.message) };
    }
    const startedMs = nowMs();
    const why = await stay(dialled);
    // At least 1: zero means "never connected", whatever the clock says.
    const livedMs = Math.max(nowMs() - startedMs, 1);
    return { livedMs, failure: leftBy(new URL(dialled.relay.url).host, why.message) };
  }

  async function dial(): Promise<Dialled> {
    if (ending !== undefined) return { kind: 'final', ending };
    const { relays, token } = claimed();
    const from = preferred % Math.max(relays.length, 1);
    const order = [...relays.slice(from), ...relays.slice(0, from)];
    const { key, extraCa } = settings;
    const signal = stop.signal;
    const request = { relays: order, grant: facts(), token, key, extraCa, run, signal };
    return dialRelays(request).catch((error: unknown) => {
      if (ending === undefined) throw error;
      return { kind: 'final', ending };
    });
  }

  function stay(dialled: Extract<Dialled, { kind: 'open' }>): Promise<Reason> {
    return new Promise((resolve) => {
      const relay = dialled.relay.url;
      const patience = setTimeout(() => void carrier.close(0), readyWithinMs);
      const leave = (why: Reason): void => {
        clearTimeout(patience);
        if (current === tunnel) {
          current = undefined;
          if (ending === undefined) settings.away(why);
        }
        resolve(why);
      };
      const carrier = openCarrier(dialled.socket, {
        ...settings.counting,
        gone(fault) {
          tunnels.delete(tunnel);
          leave({ code: 'lost', message: fault ?? 'The connection to the relay was lost.' });
        },
        notice(notice) {
          if (notice.kind === 'ready') {
            clearTimeout(patience);
            everReady = true;
            current = tunnel;
            settings.connected({ relay, session: notice.session });
          } else if (notice.kind === 'draining') {
            // Its open connections go on until the relay cuts them; new ones wait for the next relay.
            preferred = claimed().relays.findIndex((place) => place.url === relay) + 1;
            leave({ code: 'draining', message: 'The relay is about to shut down.' });
          } else if (notice.kind === 'ended') {
            leave(heedEnd(notice.reason, tunnel));
          } else {
            settings.told(notice);
          }
        },
      });
      const tunnel: Tunnel = { carrier, relay, nonce: dialled.nonce };
      tunnels.add(tunnel);
    });
  }

  function heedEnd(reason: EndReason, tunnel: Tunnel): Reason {
    const verdict = judgeEnd(reason, facts());
    if (verdict.kind === 'again') return verdict;
    // A tunnel that was replaced by a later one of this run is closed by its relay; that ends nothing.
    const replaced = reason === 'closed' && current !== undefined && current !== tunnel;
    if (!replaced) finish(verdict.ending);
    return { code: reason, message: verdict.ending.message };
  }

  function finishWith(reason: EndReason): void {
    const verdict = judgeEnd(reason, facts());
    if (verdict.kind === 'final') finish(verdict.ending);
  }

  function finish(how: Ending): void {
    ending ??= how;
    stop.abort();
  }

  async function present(): Promise<void> {
    for (const { carrier, relay, nonce } of tunnels) {
      const { token } = claimed();
      const request = { method: 'GET', url: proofUrl(relay), now: new Date(nowMs()), token };
      carrier.present(
        token,
        await makeProof(settings.key, nonce === undefined ? request : { ...request, nonce }),
      );
    }
  }

  const over = keep();
  // Whoever waits for it hears of it; during a tear-down nobody may be waiting any more.
  over.catch(() => undefined);
  return {
    over,
    isConnected: () => current !== undefined,
    carry: (socket) =>
      current === undefined ? resetSocket(socket) : current.carrier.carry(socket),
    present,
    check: () => current?.carrier.check(),
    finish,
    async close(graceMs) {
      await Promise.all([...tunnels].map(({ carrier }) => carrier.close(graceMs)));
    },
  };
}

async function pause(failures: number, signal: AbortSignal): Promise<void> {
  // Half of it at random, so that a thousand clients of a restarted relay do not come back in step.
  const longest = Math.min(firstPauseMs * 2 ** Math.max(failures - 1, 0), longestPauseMs);
  await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
}

function leftBy(host: string, message: string): Failure {
  return new Failure('not_kept', {
    exit: 'unavailable',
    message: `${host} did not keep the session. ${message}`,
    next: 'Run the line again; if it stays so, tell whoever runs the relay.',
  });
}
