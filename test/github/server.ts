// A GitHub that runs here: REST under `<url>/api/v3`, GraphQL under `<url>/api/graphql`, the web page
// at `<url>`, webhooks to the Apps of its seed. It keeps its state in memory and forgets it at the end.
// A route that does not exist answers 501 and is written down in `unhandled`.
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { deleteAccount } from './account-actions.ts';
import { checksAt } from './check-actions.ts';
import type { ArmedFault } from './armory.ts';
import type { Fault } from './fault-schema.ts';
import {
  createInstance,
  type Instance,
  type InstanceOptions,
  type WriteListener,
} from './instance.ts';
import { installationActions, type InstallationActions } from './installation-actions.ts';
import { organizationActions, type OrganizationActions } from './organization-actions.ts';
import type { Person } from './people.ts';
import { plant } from './plant.ts';
import { repositoryActions, type RepositoryActions } from './repository-life.ts';
import type { Seed, Seeded } from './seed.ts';
import { createSite } from './site.ts';
import type { CheckRun } from './state.ts';
import { threadOf, waitFor, type Thread } from './threads.ts';
import type { Delivery } from './webhooks.ts';

export interface LocalGitHubOptions extends InstanceOptions {
  readonly seed: Seed;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** The name in the address, `localhost` by default; it always listens on 127.0.0.1 alone. */
  readonly hostname?: string;
  /** PEM. Without it the server speaks plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface LocalGitHub extends AsyncDisposable {
  /** `https://localhost:1234`. */
  readonly url: string;
  /** `<url>/api/v3`: octokit's `baseUrl`. */
  readonly apiUrl: string;
  readonly seeded: Seeded;
  /** Calls to routes that do not exist here. A test that cares asserts that it stayed empty. */
  readonly unhandled: readonly string[];
  /** Newest first. */
  readonly deliveries: readonly Delivery[];
  /** Look-ups and surgery that no route offers. */
  readonly instance: Instance;
  readonly installation: InstallationActions;
  readonly repository: RepositoryActions;
  organization(login: string): OrganizationActions;
  as(login: string): Person;
  /** What they wrote stays, under GitHub's ghost. */
  deleteAccount(login: string): void;
  thread(repo: string, number: number): Thread;
  /** What Apps say at a commit, oldest first. */
  checks(repo: string, sha: string): readonly CheckRun[];
  waitFor(predicate: () => boolean, timeoutMs?: number): Promise<void>;
  /** Throws when it names a route or an event that does not exist here. */
  addFault(fault: Fault): ArmedFault;
  /** What is still armed, with how often it will strike. */
  armedFaults(): readonly Fault[];
  clearFaults(): void;
  /** Called, and awaited, before and after each state-changing call. Returns how to stop. */
  on(event: 'write', listener: WriteListener): () => void;
  /** Where an App's webhooks go from now on; null sends none. */
  setWebhookUrl(slug: string, url: string | null): void;
  /** Settles when no webhook is on its way; rejects with what went wrong inside the local GitHub, if anything. */
  settled(): Promise<void>;
  /** Cuts what is open, lets go of what is held, and resolves when nobody is served any more; rejects like `settled`. */
  close(): Promise<void>;
}

export async function startLocalGitHub(options: LocalGitHubOptions): Promise<LocalGitHub> {
  const instance = createInstance(options);
  const seeded = plant(instance, options.seed);
  const { app, as } = createSite(instance, seeded);
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server: Server = options.tls
    ? createTlsServer(options.tls, (...both) => void listener(...both))
    : createServer((...both) => void listener(...both));
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `${options.tls ? 'https' : 'http'}://${options.hostname ?? 'localhost'}:${port}`;
  instance.setOrigin(url);
  return facade({ instance, seeded, server, url, as });
}

interface Parts {
  readonly instance: Instance;
  readonly seeded: Seeded;
  readonly server: Server;
  readonly url: string;
  readonly as: (login: string) => Person;
}

function facade({ instance, seeded, server, url, as }: Parts): LocalGitHub {
  const close = closer(instance, server);
  return {
    url,
    apiUrl: `${url}/api/v3`,
    seeded,
    unhandled: instance.unhandled,
    deliveries: instance.webhooks.deliveries,
    instance,
    installation: installationActions(instance),
    repository: repositoryActions(instance),
    organization: (login) => organizationActions(instance, login),
    as,
    deleteAccount: (login) => deleteAccount(instance, login),
    thread: (repo, number) => threadOf(instance, repo, number),
    checks: (repo, sha) => checksAt(instance, repo, sha),
    waitFor: (predicate, timeoutMs) =>
      waitFor(instance, predicate, timeoutMs === undefined ? {} : { timeoutMs }),
    addFault: (fault) => instance.faults.arm(fault),
    armedFaults: () => instance.faults.list(),
    clearFaults: () => instance.faults.clear(),
    on(_event, listener) {
      instance.writeListeners.add(listener);
      return () => void instance.writeListeners.delete(listener);
    },
    setWebhookUrl(slug, webhookUrl) {
      const app = instance.state.apps.values().find((one) => one.slug === slug);
      if (!app) throw new Error(`There is no App ${slug}`);
      app.webhookUrl = webhookUrl;
    },
    async settled() {
      await instance.webhooks.settled();
      instance.surprises.rethrow();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function closer(instance: Instance, server: Server): () => Promise<void> {
  let closed: Promise<unknown> | undefined;
  return async () => {
    closed ??= once(server, 'close');
    server.close();
    instance.faults.clear();
    await instance.webhooks.close();
    server.closeAllConnections();
    await closed;
    instance.surprises.rethrow();
  };
}
