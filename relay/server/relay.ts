// A running relay: every part wired to the others. It owns the timers that look at all sessions, and the order in which
// things stop: first no new sessions, then no sessions, then the last events, then the files. The data folder is its
// own from before the first file is read until after the last one is closed.

import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock, type Clock } from './clock.ts';
import type { RelayConfig } from './config.ts';
import { serveMetrics } from '../metrics-server.ts';
import { conditionsOf, unreadyBecause } from './conditions.ts';
import { openControl } from './control.ts';
import { createDial } from './dial.ts';
import { createDoor } from './door.ts';
import { createGate } from './gate.ts';
import type { RelayKey } from './key.ts';
import { openListener } from './listener.ts';
import { lockFolder } from './lock.ts';
import type { Log } from './log.ts';
import { openMemory } from './memory.ts';
import { openRelayMetrics } from './metrics.ts';
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
  /** Where metrics are served, if they are. */
  readonly metricsPort: number | undefined;
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
  const metrics = openRelayMetrics();
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
  const reception = createReception({
    config,
    clock,
    log,
    metrics,
    standing,
    sessions,
    spool,
    dial,
  });
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

  const conditions = () =>
    conditionsOf({
      isDraining: reception.isDraining(),
      canRecord: reception.canRecord(),
      lease: standing.lease(),
      leaseSeconds: limits.leaseSeconds,
      heardSeconds: standing.heardAgoMs() / 1000,
      keys: standing.keys().size,
    });
  const unready = () => unreadyBecause(conditions());

  function measure(): string {
    for (const { name, holds } of conditions())
      metrics.set('sallyport_relay_condition', { condition: name }, Number(holds));
    metrics.set('sallyport_relay_lease_age_seconds', {}, standing.heardAgoMs() / 1000);
    metrics.set('sallyport_relay_sessions_open', {}, sessions.count());
    metrics.set('sallyport_relay_connections_open', {}, reception.connections());
    metrics.set('sallyport_relay_spool_events', {}, spool.pendingCount());
    const { bytesUp, bytesDown } = sessions.carried();
    metrics.set('sallyport_relay_bytes_total', { direction: 'up' }, bytesUp);
    metrics.set('sallyport_relay_bytes_total', { direction: 'down' }, bytesDown);
    return metrics.text();
  }

  const listener = await openListener({ config, door, upgrade, unready });
  opened.defer(() => listener.close());
  const watch =
    config.metrics &&
    opened.use(
      await serveMetrics({
        listen: config.metrics,
        metrics: async () => measure(),
        conditions: async () => conditions(),
        failed: (error) => log.alarm({ err: error }, 'the figures could not be shown'),
      }),
    );
  let isReady = false;
  const control = openControl({
    config,
    key,
    version,
    standing,
    memory,
    spool,
    log,
    metrics,
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

  return { port: listener.port, metricsPort: watch?.port, drain, close };
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => address),
  );
}
