// The bot as its operator sees it: fills in the figures that are counted when somebody asks, says which conditions
// hold, and opens the door where both are read. What cannot be counted is shown as unknown (NaN), never as it was.

import type { Logger } from 'pino';
import type { MetricsServer } from '../../relay/metrics-server.ts';
import { proveWritable, readFigures, type Figures } from '../store/figures.ts';
import { lanes } from '../store/outbox.ts';
import type { Store } from '../store/store.ts';
import { conditionsOf, type BotCondition } from './conditions.ts';
import type { BotMetrics } from './metrics.ts';
import { serveFigures } from './serve.ts';

export interface WatchParts {
  readonly metrics: BotMetrics;
  readonly store: Store;
  readonly log: Logger;
  /** The names of the relays of the configuration, and of those that are connected. */
  readonly relays: readonly string[];
  connected(): readonly string[];
  policyReadAt(): Date | undefined;
  catalogReadAt(): ReadonlyMap<string, Date | undefined>;
  isAppAccepted(): boolean | undefined;
  now(): Date;
}

/** A probe that waits for a store that hangs would look like a bot that hangs. */
const storeMs = 2_000;

/** Listens where the settings say. Throws StartFault when the address is taken or may not be used. */
export async function openWatch(
  listen: { readonly host: string; readonly port: number },
  parts: WatchParts,
): Promise<MetricsServer> {
  const { metrics, log } = parts;
  const look = () => lookAround(parts);
  return serveFigures(listen, {
    async metrics() {
      const { figures, conditions } = await look();
      setGauges(parts, figures);
      for (const { name, holds } of conditions)
        metrics.set('sallyport_bot_condition', { condition: name }, Number(holds));
      return metrics.text();
    },
    conditions: async () => (await look()).conditions,
    failed: (error) => log.error({ err: error }, 'the figures could not be shown'),
  });
}

interface Seen {
  readonly figures: Figures | undefined;
  readonly conditions: readonly BotCondition[];
}

async function lookAround(parts: WatchParts): Promise<Seen> {
  const { store, now } = parts;
  const moment = now();
  const figures = await attempt(parts, () => readFigures(store.queries, moment.toISOString()));
  const isWritable = await attempt(parts, async () => {
    await proveWritable(store);
    return true;
  });
  const connected = parts.connected();
  return {
    figures,
    conditions: conditionsOf({
      now: moment,
      relaysMissing: parts.relays.filter((name) => !connected.includes(name)),
      isWritable: isWritable ?? false,
      policyReadAt: parts.policyReadAt(),
      catalogReadAt: parts.catalogReadAt(),
      isAppAccepted: parts.isAppAccepted(),
      oldestDeliverySeconds: figures && ageSeconds(figures.inbox.oldestSince, moment),
    }),
  };
}

/** What the store says, or undefined when it fails or takes too long. */
async function attempt<T>(
  { log, metrics }: WatchParts,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('the store does not answer')), storeMs);
  try {
    return await Promise.race([ask(), late.promise]);
  } catch (error) {
    log.error({ err: error }, 'the store could not be looked at');
    metrics.add('sallyport_bot_worker_faults_total', { worker: 'figures' });
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

function setGauges(parts: WatchParts, figures: Figures | undefined): void {
  const { metrics, now } = parts;
  const moment = now();
  const age = (since: string | null | undefined) =>
    since === undefined ? NaN : ageSeconds(since, moment);
  metrics.set('sallyport_bot_inbox_waiting', {}, figures?.inbox.waiting ?? NaN);
  metrics.set('sallyport_bot_inbox_oldest_seconds', {}, age(figures?.inbox.oldestSince));
  for (const lane of lanes) {
    const backlog = figures?.outbox[lane];
    metrics.set('sallyport_bot_outbox_waiting', { lane }, backlog?.waiting ?? NaN);
    metrics.set('sallyport_bot_outbox_oldest_seconds', { lane }, age(backlog?.oldestSince));
  }
  metrics.set('sallyport_bot_requests_pending', {}, figures?.requestsPending ?? NaN);
  metrics.set('sallyport_bot_grants_active', {}, figures?.grantsActive ?? NaN);
  const connected = parts.connected();
  for (const relay of parts.relays)
    metrics.set('sallyport_bot_relay_connected', { relay }, Number(connected.includes(relay)));
}

/** Since a moment that may lie in the future by a clock that was set back. */
function ageSeconds(since: string | null, now: Date): number {
  return since === null ? 0 : Math.max(0, (now.getTime() - Date.parse(since)) / 1000);
}
