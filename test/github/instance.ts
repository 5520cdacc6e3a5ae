// One running local GitHub: its state, clock, address, faults and webhooks, and the two streams
// of news it gives out: `change` (something is different now) and `write` (a call that changes things
// is about to run, or has run). Everything else takes an Instance and acts on it.
import { EventEmitter } from 'node:events';
import { createFaults, type Faults } from './faults.ts';
import { createRateLimits, type RateLimits } from './rate-limits.ts';
import { createState, type Issue, type Repository, type State } from './state.ts';
import { createSurprises, type Surprises } from './surprises.ts';
import { createWebhooks, type Webhooks } from './webhooks.ts';

/** Something in the state is different now. `issue` is there when it concerns one. */
export interface Change {
  readonly what:
    | 'issue'
    | 'comment'
    | 'reaction'
    | 'label'
    | 'push'
    | 'pull'
    | 'check'
    | 'repository'
    | 'organization'
    | 'account'
    | 'installation'
    | 'delivery';
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
  readonly surprises: Surprises;
  readonly writeListeners: Set<WriteListener>;
  /** Every route of the API, as GitHub's description writes it. */
  readonly routes: Set<string>;
  /** Calls to routes that do not exist here, as `METHOD /path`. */
  readonly unhandled: string[];
  readonly habits: Habits;
  now(): Date;
  /** `https://localhost:1234`, known once the server listens. */
  origin(): string;
  setOrigin(origin: string): void;
  changed(change: Change): void;
  onChange(listener: (change: Change) => void): () => void;
}

/** Where GitHub is known to do it both ways, or is about to change. */
export interface Habits {
  /** Whether an App may still edit its comments on a locked issue; it may by default. */
  lockedIssuesTakeAppEdits: boolean;
  /** Whether a team that an App mentions is told; Apps report that it is not, with every permission given. */
  appsMentionTeams: boolean;
  /** Whether every installation token has the longer form, also when nobody asked for it. */
  longTokens: boolean;
}

export interface InstanceOptions extends Partial<Habits> {
  readonly now?: (() => Date) | undefined;
  /** PEM of a private authority behind the webhook receivers. */
  readonly ca?: string | undefined;
  readonly webhookTimeoutMs?: number | undefined;
  readonly requestsPerHour?: number | undefined;
}

export function createInstance(options: InstanceOptions): Instance {
  const state = createState();
  const routes = new Set<string>();
  const faults = createFaults(routes);
  const now = options.now ?? (() => new Date());
  let origin = 'http://localhost';
  const surprises = createSurprises();
  const { changed, onChange } = createNews(surprises);
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
    surprises,
    writeListeners: new Set(),
    routes,
    unhandled: [],
    habits: habitsOf(options),
    now,
    origin: () => origin,
    setOrigin(value) {
      origin = value;
    },
    changed,
    onChange,
  };
}

function habitsOf({
  lockedIssuesTakeAppEdits = true,
  appsMentionTeams = true,
  longTokens = false,
}: InstanceOptions): Habits {
  return { lockedIssuesTakeAppEdits, appsMentionTeams, longTokens };
}

/** What a listener throws is a surprise, and not the affair of whoever made the change. */
function createNews(surprises: Surprises): Pick<Instance, 'changed' | 'onChange'> {
  const news = new EventEmitter<{ change: [Change] }>();
  news.setMaxListeners(0);
  return {
    changed(change) {
      try {
        news.emit('change', change);
      } catch (error) {
        surprises.note(error);
      }
    },
    onChange(listener) {
      news.on('change', listener);
      return () => void news.off('change', listener);
    },
  };
}
