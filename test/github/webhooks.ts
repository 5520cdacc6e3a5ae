// Webhooks as GitHub sends them: signed over the raw bytes, once, without a retry, with a limit
// of ten seconds, and recorded with their outcome so that they can be listed and sent again.
// Which payload an event has is not known here: payloads.ts writes it.
import { createHmac, randomUUID } from 'node:crypto';
import type { EventAction } from './events.ts';
import type { Faults } from './faults.ts';
import { post, type PostAnswer } from './http-post.ts';
import {
  covers,
  type App,
  type Installation,
  type Organization,
  type Repository,
  type State,
} from './state.ts';

export interface Delivery {
  readonly id: number;
  /** The same for a delivery and every redelivery of it. */
  readonly guid: string;
  readonly app: App;
  readonly event: string;
  readonly action: string | null;
  readonly installationId: number | null;
  readonly repositoryId: number | null;
  readonly body: Buffer;
  readonly url: string;
  readonly redelivery: boolean;
  deliveredAt: Date;
  durationSeconds: number;
  /** `OK`, or what went wrong, in GitHub's words; `pending` until the answer is in. */
  status: string;
  statusCode: number;
  requestHeaders: Record<string, string>;
  answer: PostAnswer | null;
}

/** One event, and what it is about: that decides which installations hear of it. */
export type HookEvent = EventAction & {
  readonly repository?: Repository;
  /** For events about an organisation as a whole, whichever of its repositories were chosen. */
  readonly organization?: Organization;
  /** For events about an installation itself, which reach it whatever it subscribed to. */
  readonly installation?: Installation;
  /** For what is one App's affair alone. */
  readonly onlyFor?: App;
  payload(installation: Installation): object;
};

export interface Webhooks {
  /** Newest first, finished or not. */
  readonly deliveries: readonly Delivery[];
  send(event: HookEvent): void;
  redeliver(delivery: Delivery): Delivery;
  /** Settles when nothing is on its way any more; what a fault holds is not on its way. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

interface Parts {
  readonly state: State;
  readonly faults: Faults;
  readonly now: () => Date;
  readonly changed: () => void;
  readonly ca?: string | undefined;
  readonly timeoutMs?: number | undefined;
}

/** A receiver has this long to answer (docs.github.com, "Best practices for using webhooks"). */
const answerTimeoutMs = 10_000;

export function createWebhooks(parts: Parts): Webhooks {
  const { state, faults } = parts;
  const deliveries: Delivery[] = [];
  const underWay = new Set<Promise<void>>();
  const closing = new AbortController();

  function record(made: NewDelivery): Delivery {
    const delivery: Delivery = { ...made, id: state.nextId(), requestHeaders: {} };
    deliveries.unshift(delivery);
    return delivery;
  }

  function start(delivery: Delivery): Promise<void> {
    const run = deliver(delivery, parts, closing.signal).finally(() => {
      underWay.delete(run);
      parts.changed();
    });
    underWay.add(run);
    return run;
  }

  function lose(delivery: Delivery): void {
    Object.assign(delivery, { status: 'failed to connect to host', statusCode: 502 });
    parts.changed();
  }

  function sendTo(installation: Installation, event: HookEvent): void {
    const made = newDelivery(event, installation, parts.now());
    const strike = faults.strikeDelivery(event.event, event.action);
    if (strike?.kind === 'unrecorded-delivery') return;
    const delivery = record(made);
    switch (strike?.kind) {
      case 'lost-delivery':
        return lose(delivery);
      case 'held-delivery':
        return strike.whenReleased(() => void start(delivery));
      case 'duplicate-delivery':
        // The second is under way before anybody who waits for the first looks again.
        return void start(delivery).then(() => start(record(made)));
      case undefined:
        return void start(delivery);
    }
  }

  function send(event: HookEvent): void {
    for (const installation of listeners(state, event)) {
      if (installation.app.webhookUrl !== null) sendTo(installation, event);
    }
  }

  return {
    deliveries,
    send,
    redeliver(old) {
      const { requestHeaders: _, ...rest } = old;
      const url = old.app.webhookUrl ?? old.url;
      const again = { ...rest, ...unanswered, url, redelivery: true, deliveredAt: parts.now() };
      const delivery = record(again);
      void start(delivery);
      return delivery;
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    async close() {
      closing.abort();
      await Promise.all(underWay);
    },
  };
}

const unanswered = { durationSeconds: 0, status: 'pending', statusCode: 0, answer: null };

function listeners(state: State, event: HookEvent): Installation[] {
  if (event.installation) return [event.installation];
  return [...state.installations.values()].filter(
    (one) =>
      one.suspendedAt === null &&
      hears(one, event.event) &&
      (event.onlyFor === undefined || event.onlyFor === one.app) &&
      isAbout(event, one),
  );
}

/** What an App asked for; one that may write checks hears of them without (docs, "check_run"). */
function hears({ events, permissions }: Installation, event: string): boolean {
  return events.includes(event) || (isOfChecks(event) && permissions.checks === 'write');
}

function isOfChecks(event: string): boolean {
  return event === 'check_run' || event === 'check_suite';
}

function isAbout({ repository, organization }: HookEvent, installation: Installation): boolean {
  const { repositories, account } = installation;
  if (repository) return covers(repositories, account, repository);
  return organization?.account === account;
}

type NewDelivery = Omit<Delivery, 'id' | 'requestHeaders'>;

function newDelivery(event: HookEvent, installation: Installation, deliveredAt: Date): NewDelivery {
  return {
    ...unanswered,
    guid: randomUUID(),
    app: installation.app,
    event: event.event,
    action: event.action,
    installationId: installation.id,
    repositoryId: event.repository?.id ?? null,
    body: Buffer.from(JSON.stringify(event.payload(installation))),
    url: installation.app.webhookUrl ?? '',
    redelivery: false,
    deliveredAt,
  };
}

/** Never rejects: whatever happens is what the delivery records. */
async function deliver(delivery: Delivery, parts: Parts, closing: AbortSignal): Promise<void> {
  delivery.requestHeaders = headersOf(delivery);
  const timeout = AbortSignal.timeout(parts.timeoutMs ?? answerTimeoutMs);
  const startedMs = performance.now();
  try {
    const answer = await post(
      delivery.url,
      { headers: delivery.requestHeaders, body: delivery.body },
      { signal: AbortSignal.any([timeout, closing]), ca: parts.ca },
    );
    delivery.answer = answer;
    delivery.statusCode = answer.status;
    const isOk = answer.status >= 200 && answer.status < 300;
    delivery.status = isOk ? 'OK' : `Invalid HTTP Response: ${answer.status}`;
  } catch {
    delivery.statusCode = timeout.aborted ? 504 : 502;
    delivery.status = timeout.aborted ? 'timed out' : 'failed to connect to host';
  }
  delivery.durationSeconds = Math.round(performance.now() - startedMs) / 1000;
}

function headersOf(delivery: Delivery): Record<string, string> {
  const { app } = delivery;
  const signature = createHmac('sha256', app.webhookSecret).update(delivery.body).digest('hex');
  return {
    Accept: '*/*',
    'Content-Type': 'application/json',
    'User-Agent': 'GitHub-Hookshot/local',
    'X-GitHub-Delivery': delivery.guid,
    'X-GitHub-Event': delivery.event,
    'X-GitHub-Hook-ID': String(app.hookId),
    'X-GitHub-Hook-Installation-Target-ID': String(app.id),
    'X-GitHub-Hook-Installation-Target-Type': 'integration',
    'X-Hub-Signature-256': `sha256=${signature}`,
  };
}
