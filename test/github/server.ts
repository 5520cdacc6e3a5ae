// A GitHub that runs here: REST under `<url>/api/v3`, GraphQL under `<url>/api/graphql`, the web page
// at `<url>`, webhooks to the Apps of its seed. It keeps its state in memory and forgets it at the end.
// A route that does not exist answers 501 and is written down in `unhandled`.
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { controlRoutes } from './control.ts';
import { runCall, type Api } from './endpoint.ts';
import type { Fault } from './faults.ts';
import { answerGraphql, isMutation } from './graphql.ts';
import { createInstance, type Instance, type WriteListener } from './instance.ts';
import { installationActions, type InstallationActions } from './installation-actions.ts';
import { oauthRoutes } from './oauth.ts';
import { personOf, type Fetch, type Person } from './people.ts';
import { plant } from './plant.ts';
import { mountAppRoutes } from './routes/app-routes.ts';
import { mountCommentRoutes } from './routes/comment-routes.ts';
import { mountDeliveryRoutes } from './routes/delivery-routes.ts';
import { mountIssueRoutes } from './routes/issue-routes.ts';
import { mountLabelRoutes } from './routes/label-routes.ts';
import { mountMetaRoutes } from './routes/meta-routes.ts';
import { mountOrganizationRoutes } from './routes/organization-routes.ts';
import { mountReactionRoutes } from './routes/reaction-routes.ts';
import { mountRepositoryRoutes } from './routes/repository-routes.ts';
import type { Seed, Seeded } from './seed.ts';
import { threadOf, waitFor, type Thread } from './threads.ts';
import { webRoutes } from './web/routes.ts';
import type { Delivery } from './webhooks.ts';

export interface LocalGitHubOptions {
  readonly seed: Seed;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** The name in the address, `localhost` by default; it always listens on 127.0.0.1 alone. */
  readonly hostname?: string;
  /** PEM. Without it the server speaks plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** PEM of the private authority that webhook receivers' certificates come from. */
  readonly ca?: string;
  readonly now?: () => Date;
  readonly webhookTimeoutMs?: number;
  readonly requestsPerHour?: number;
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
  as(login: string): Person;
  thread(repo: string, number: number): Thread;
  waitFor(predicate: () => boolean, timeoutMs?: number): Promise<void>;
  addFault(fault: Fault): void;
  clearFaults(): void;
  /** Called, and awaited, before and after each state-changing call. Returns how to stop. */
  on(event: 'write', listener: WriteListener): () => void;
  /** Where an App's webhooks go from now on; null sends none. */
  setWebhookUrl(slug: string, url: string | null): void;
  /** Settles when no webhook is on its way. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export async function startLocalGitHub(options: LocalGitHubOptions): Promise<LocalGitHub> {
  const instance = createInstance(options);
  const seeded = plant(instance, options.seed);
  const { app, as } = routes(instance, seeded);
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

interface Routes {
  readonly app: Hono;
  as(login: string): Person;
}

function routes(instance: Instance, seeded: Seeded): Routes {
  const app = new Hono();
  // People act through the same routes as everybody, only without a socket.
  const fetch: Fetch = async (path, init) => app.fetch(new Request(instance.origin() + path, init));
  const as = (login: string): Person => personOf({ instance, fetch }, login);
  const api: Api = { instance, router: new Hono() };
  mountAppRoutes(api);
  mountDeliveryRoutes(api);
  mountIssueRoutes(api);
  mountCommentRoutes(api);
  mountReactionRoutes(api);
  mountLabelRoutes(api);
  mountRepositoryRoutes(api);
  mountOrganizationRoutes(api);
  mountMetaRoutes(api);
  app.route('/api/v3', api.router);
  for (const path of ['/api/graphql', '/graphql', '/api/v3/graphql']) {
    app.post(path, async (context) => {
      const isWrite = isMutation(await context.req.text());
      return runCall(instance, context, { route: 'POST /graphql', isWrite, handle: answerGraphql });
    });
  }
  app.route(
    '/_local',
    controlRoutes(instance, () => seeded.controlToken),
  );
  app.route('/login/oauth', oauthRoutes(instance));
  app.all('/api/*', (context) => {
    const call = `${context.req.method} ${context.req.path}`;
    instance.unhandled.push(call);
    return context.json({ message: `The local GitHub has no route for ${call}` }, 501);
  });
  app.route('/', webRoutes({ instance, as }));
  return { app, as };
}

interface Parts {
  readonly instance: Instance;
  readonly seeded: Seeded;
  readonly server: Server;
  readonly url: string;
  readonly as: (login: string) => Person;
}

function facade({ instance, seeded, server, url, as }: Parts): LocalGitHub {
  const close = async (): Promise<void> => {
    await instance.webhooks.close();
    server.close();
    server.closeAllConnections();
    if (server.listening) await once(server, 'close');
  };
  return {
    url,
    apiUrl: `${url}/api/v3`,
    seeded,
    unhandled: instance.unhandled,
    deliveries: instance.webhooks.deliveries,
    instance,
    installation: installationActions(instance),
    as,
    thread: (repo, number) => threadOf(instance, repo, number),
    waitFor: (predicate, timeoutMs) =>
      waitFor(instance, predicate, timeoutMs === undefined ? {} : { timeoutMs }),
    addFault: (fault) => instance.faults.add(fault),
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
    settled: () => instance.webhooks.settled(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
