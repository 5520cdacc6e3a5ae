// A running relay: every part wired to the others. It owns the timers that look at all sessions, and the order in which
// things stop: first no new sessions, then no sessions, then the last events, then the files. The data folder is its
// own from before the first file is read until after the last one is closed.

import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock, type Clock } from './clock.ts';
import type { RelayConfig } from './config.ts';
import { openControl } from './control.ts';
import { createDial } from './dial.ts';
import { createDoor } from './door.ts';
import { createGate } from './gate.ts';
import type { RelayKey } from './key.ts';
import { openListener } from './listener.ts';
import { lockFolder } from './lock.ts';
import type { Log } from './log.ts';
import { openMemory } from './memory.ts';
import { createReception } from './reception.ts';
import { createSessions } from './sessions.ts';
import { openSpool } from './spool.ts';
import { createStanding } from './standing.ts';
import { createUpgrade } from './upgrade.ts';

export interface RelayDeps {
  readonly key: RelayKey;
  readonly log: Log;
  readonly version: string;
  readonly clock?: Clock;
  /** All addresses of a name; the system's resolver when left out. */
  readonly lookup?: (host: string) => Promise<readonly string[]>;
}

export interface Relay {
  readonly port: number;
  /** Admits nobody new, tells the clients, waits for them at most `drainSeconds`, then closes. */
  drain(): Promise<void>;
  /** Ends every session with `shutdown` and stops. */
  close(): Promise<void>;
}

/** The last events are given this long to reach the bot before the relay goes; they are on disk anyway. */
const lastEventsMs = 1000;

/** Rejects, with nothing left open, when the data folder or the address cannot be used. */
export async function startRelay(config: RelayConfig, deps: RelayDeps): Promise<Relay> {
  const { key, log, version, clock = systemClock, lookup } = deps;
  const { limits } = config;
  const now = (): Date => new Date(clock.wall());
  await using opened = new AsyncDisposableStack();
  opened.use(await lockFolder(config.dataFolder));
  const memory = await openMemory(config.dataFolder, (error) =>
    log.alarm({ err: error }, 'what the bot said could not be written down'),
  );
  opened.defer(() => memory.flush());
  const spool = await openSpool(config.dataFolder, now);
  opened.defer(() => spool.close());
  const standing = createStanding({
    clock,
    maxLeaseSeconds: limits.leaseSeconds,
    revoked: memory.state().revoked,
    epoch: memory.state().position?.epoch,
  });
  const sessions = createSessions();
  const dial = createDial({
    timeoutMs: limits.dialMs,
    isOurs: (address) => ownAddresses().includes(address) || address === control.botAddress(),
    ...(lookup && { lookup }),
  });
  const reception = createReception({ config, clock, log, standing, sessions, spool, dial });
  const door = createDoor(limits);
  const { url } = config;
  const gate = createGate({
    url,
    issuer: config.bot.url,
    standing,
    nonceKey: randomBytes(32),
    now,
  });
  const upgrade = createUpgrade({
    ...reception,
    gate,
    door,
    limits,
    failed: (error) => log.alarm({ err: error }, 'a session could not be opened'),
  });

  function unready(): string | undefined {
    if (reception.isDraining()) return 'draining';
    if (spool.isBroken()) return 'events cannot be written';
    return standing.lease().kind === 'fresh' ? undefined : 'the bot was not heard';
  }

  const listener = await openListener({ config, door, upgrade, unready });
  opened.defer(() => listener.close());
  let isReady = false;
  const control = openControl({
    config,
    key,
    version,
    standing,
    memory,
    spool,
    log,
    now,
    cut: (gid) => sessions.cut(gid, 'revoked'),
    cutBefore: (moment) => sessions.cutBefore(moment, 'revoked'),
    caughtUp() {
      if (!isReady) log.info({ url, port: listener.port }, 'ready');
      isReady = true;
    },
  });
  opened.defer(() => control.close());
  const sweep = setInterval(() => sessions.sweep(standing.lease()), limits.sweepMs);
  const checkpoint = setInterval(() => {
    spool
      .checkpoint(sessions.changedFigures())
      .catch((error: unknown) => log.alarm({ err: error }, 'figures could not be written down'));
  }, limits.checkpointSeconds * 1000);

  // From here on they are closed by whoever stops the relay.
  const files = opened.move();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeAll());

  async function closeAll(): Promise<void> {
    reception.drain();
    sessions.endAll('shutdown');
    clearInterval(sweep);
    clearInterval(checkpoint);
    await spool.flush();
    await lastEvents();
    await files.disposeAsync();
  }

  async function lastEvents(): Promise<void> {
    const giveUpAt = clock.monotonic() + lastEventsMs;
    while (spool.pendingCount() > 0 && clock.monotonic() < giveUpAt) await pause(20);
  }

  async function drain(): Promise<void> {
    reception.drain();
    listener.stop();
    sessions.tellAll({ kind: 'draining' });
    const giveUpAt = clock.monotonic() + limits.drainSeconds * 1000;
    while (sessions.count() > 0 && clock.monotonic() < giveUpAt) await pause(50);
    await close();
  }

  return { port: listener.port, drain, close };
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => address),
  );
}
