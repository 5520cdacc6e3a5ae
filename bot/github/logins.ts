// Asks GitHub which accounts have the logins of the catalog's Users, beside everything else and soon after a catalog
// was read, so that a login stands for whoever had it then and not for whoever comes first with it. Many with one call:
// GraphQL gives them in batches. Nothing waits for this; a login that is needed before is bound as it is used.

import type { Logger } from 'pino';
import type { Accounts } from '../accounts.ts';
import type { User } from '../catalog/model.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { BotMetrics } from '../observe/metrics.ts';
import { startWorker, type Step, type Worker } from '../worker.ts';
import type { GitHub } from './app.ts';

/** Logins that one call asks for. */
const maxLogins = 100;
/** Calls in a minute, one after the other: 20,000 people take 20 min, and little of what GitHub allows in an hour. */
const maxCallsPerMinute = 10;
const betweenCallsMs = 60_000 / maxCallsPerMinute;
/** A login that GitHub does not know is asked for again after this: its account may be about to be made. */
const askUnknownAgainMs = 60 * 60_000;

export interface LoginsParts {
  readonly accounts: Accounts;
  /** Calls as an installation; which one is no matter. */
  github(): Promise<GitHub>;
  readonly log: Logger;
  readonly metrics: BotMetrics;
  now(): Date;
}

export interface Logins {
  /** Says that a catalog was read, which may be the one of before. Cheap. */
  catalogRead(catalog: Pick<Snapshot, 'usersByLogin'>): void;
  start(): Worker;
}

type UsersByLogin = Snapshot['usersByLogin'];

export function openLogins({ accounts, github, log, metrics, now }: LoginsParts): Logins {
  let worker: Worker | undefined;
  let read: UsersByLogin | undefined;
  // The one whose unbound logins were looked for; undefined where it has to be done again.
  let looked: UsersByLogin | undefined;
  let waiting: readonly (readonly [string, User])[] = [];
  // Login → when GitHub did not know it, in ms since 1970.
  const unknown = new Map<string, number>();
  let callAt = Number.NEGATIVE_INFINITY;

  async function step(): Promise<Step> {
    if (read && (read !== looked || isOneDue())) await lookFor(read);
    const at = now().getTime();
    if (waiting.length === 0) return { kind: 'idle' };
    if (at < callAt) return { kind: 'idle', at: new Date(callAt) };
    callAt = at + betweenCallsMs;
    const batch = new Map(waiting.slice(0, maxLogins));
    waiting = waiting.slice(maxLogins);
    try {
      await resolve(batch);
    } catch (error) {
      log.warn({ err: error }, 'logins were not bound; they are asked for after the next reading');
      waiting = [];
      read = undefined;
      looked = undefined;
    }
    return { kind: 'worked' };
  }

  async function lookFor(users: UsersByLogin): Promise<void> {
    const at = now().getTime();
    for (const [login, since] of unknown) if (isDue(since, at)) unknown.delete(login);
    const unbound = await accounts.unbound(users);
    waiting = [...unbound].filter(([login]) => !unknown.has(login));
    looked = users;
  }

  function isOneDue(): boolean {
    const at = now().getTime();
    return unknown.values().some((since) => isDue(since, at));
  }

  async function resolve(users: UsersByLogin): Promise<void> {
    const ids = await accountIds(await github(), [...users.keys()]);
    const found = [...users].flatMap(([login, user]) => {
      const id = ids.get(login);
      return id === undefined ? [] : [{ user, account: { id, login } }];
    });
    await accounts.bindAll(found);
    const at = now().getTime();
    const missing = [...users.keys()].filter((login) => !ids.has(login));
    for (const login of missing) unknown.set(login, at);
    log.info({ bound: found.length, unknown: missing }, 'logins of the catalog were bound');
  }

  return {
    catalogRead({ usersByLogin }) {
      read = usersByLogin;
      worker?.wake();
    },
    start() {
      worker = startWorker({
        step,
        now,
        onFault(error) {
          log.error({ err: error }, 'the logins of the catalog were not looked at');
          metrics.add('sallyport_bot_worker_faults_total', { worker: 'logins' });
        },
      });
      return worker;
    },
  };
}

function isDue(since: number, at: number): boolean {
  return at - since >= askUnknownAgainMs;
}

type Found = Readonly<Record<string, { readonly databaseId: number | null } | null>>;

/** The numbers of the people who have these logins now; one is missing where nobody has. */
async function accountIds(
  github: GitHub,
  logins: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const names = logins.map((_login, index) => `u${index}`);
  const answer = await withGaps(() =>
    github.graphql<Found>(
      `query(${names.map((name) => `$${name}: String!`).join(', ')}) {
        ${names.map((name) => `${name}: user(login: $${name}) { databaseId }`).join('\n')}
      }`,
      Object.fromEntries(names.map((name, index) => [name, logins[index]])),
    ),
  );
  return new Map(
    logins.flatMap((login, index) => {
      const id = answer[`u${index}`]?.databaseId ?? undefined;
      return id === undefined ? [] : [[login, id] as const];
    }),
  );
}

/** GraphQL gives what it has also where it says by an error that there is nothing of the rest. */
async function withGaps(ask: () => Promise<Found>): Promise<Found> {
  try {
    return await ask();
  } catch (error) {
    const { errors = [], data } = error as { errors?: readonly { type?: string }[]; data?: Found };
    if (data && errors.length > 0 && errors.every(({ type }) => type === 'NOT_FOUND')) return data;
    throw error;
  }
}
