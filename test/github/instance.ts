// One running local GitHub: its state, clock, address, faults and webhooks, and the two streams
// of news it gives out: `change` (something is different now) and `write` (a call that changes things
// is about to run, or has run). Everything else takes an Instance and acts on it.
import { EventEmitter } from 'node:events';
import { createFaults, type Faults } from './faults.ts';
import { createRateLimits, type RateLimits } from './rate-limits.ts';
import { createState, type Issue, type Repository, type State } from './state.ts';
import { createWebhooks, type Webhooks } from './webhooks.ts';

/** Something in the state is different now. `issue` is there when it concerns one. */
export interface Change {
  readonly what: 'issue' | 'comment' | 'reaction' | 'label' | 'push' | 'installation' | 'delivery';
  readonly repository?: Repository;
  readonly issue?: Issue;
}

/**
 * A state-changing API call. `before`: nothing has happened yet; `after`: the write is in the state
 * and its webhooks are on their way, but no answer has been sent. The call waits for the listener,
 * so a test can hold it, or kill the caller, at exactly that moment. A refused call has no `after`,
 * except in GraphQL, where a refusal is an answer like any other.
 */
export interface Write {
  readonly phase: 'before' | 'after';
  /** As GitHub's description writes it, e.g. `POST /repos/{owner}/{repo}/issues`. */
  readonly route: string;
  readonly path: string;
  readonly actor: string;
  readonly status?: number;
}

export type WriteListener = (write: Write) => void | Promise<void>;

export interface Instance {
  readonly state: State;
  readonly faults: Faults;
  readonly webhooks: Webhooks;
  readonly rates: RateLimits;
  readonly writeListeners: Set<WriteListener>;
  /** Calls to routes that do not exist here, as `METHOD /path`. */
  readonly unhandled: string[];
  now(): Date;
  /** `https://localhost:1234`, known once the server listens. */
  origin(): string;
  setOrigin(origin: string): void;
  changed(change: Change): void;
  onChange(listener: (change: Change) => void): () => void;
}

export interface InstanceOptions {
  readonly now?: (() => Date) | undefined;
  /** PEM of a private authority behind the webhook receivers. */
  readonly ca?: string | undefined;
  readonly webhookTimeoutMs?: number | undefined;
  readonly requestsPerHour?: number | undefined;
}

export function createInstance(options: InstanceOptions): Instance {
  const state = createState();
  const faults = createFaults();
  const now = options.now ?? (() => new Date());
  const news = new EventEmitter<{ change: [Change] }>();
  news.setMaxListeners(0);
  let origin = 'http://localhost';
  const changed = (change: Change): void => void news.emit('change', change);
  return {
    state,
    faults,
    webhooks: createWebhooks({
      state,
      faults,
      now,
      changed: () => changed({ what: 'delivery' }),
      ca: options.ca,
      timeoutMs: options.webhookTimeoutMs,
    }),
    rates: createRateLimits(now, options.requestsPerHour),
    writeListeners: new Set(),
    unhandled: [],
    now,
    origin: () => origin,
    setOrigin(value) {
      origin = value;
    },
    changed,
    onChange(listener) {
      news.on('change', listener);
      return () => void news.off('change', listener);
    },
  };
}
