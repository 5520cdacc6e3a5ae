// Everything that answers, put together: the API, its steering, the sign-in and the web page. Whatever
// asks for something else is written down, so that a test can say that nobody did.
import { Hono } from 'hono';
import { pathByName } from './by-id.ts';
import { bodyText, runCall } from './call.ts';
import { controlRoutes } from './control.ts';
import type { Api } from './endpoint.ts';
import { answerGraphql, changesSomething } from './graphql/answer.ts';
import type { Instance } from './instance.ts';
import { oauthRoutes } from './oauth.ts';
import { personOf, type Fetch, type Person } from './people.ts';
import { Refusal } from './refusals.ts';
import { mountAppRoutes } from './routes/app-routes.ts';
import { mountCommentRoutes } from './routes/comment-routes.ts';
import { mountDeliveryRoutes } from './routes/delivery-routes.ts';
import { mountManifestRoutes } from './routes/manifest-routes.ts';
import { mountIssueRoutes } from './routes/issue-routes.ts';
import { mountLabelRoutes } from './routes/label-routes.ts';
import { mountMetaRoutes } from './routes/meta-routes.ts';
import { mountOrganizationRoutes } from './routes/organization-routes.ts';
import { mountReactionRoutes } from './routes/reaction-routes.ts';
import { mountCheckRoutes } from './routes/check-routes.ts';
import { mountPullRoutes } from './routes/pull-routes.ts';
import { mountRepositoryRoutes } from './routes/repository-routes.ts';
import { mountTreeRoutes } from './routes/tree-routes.ts';
import type { Seeded } from './seed.ts';
import { newAppRoutes } from './web/new-app.ts';
import { webRoutes } from './web/routes.ts';

export interface Site {
  readonly app: Hono;
  as(login: string): Person;
}

export function createSite(instance: Instance, seeded: Seeded): Site {
  const app = new Hono({
    getPath: ({ url }) => pathByName(instance.state, new URL(url).pathname),
  });
  // People act through the same routes as everybody, only without a socket.
  const fetch: Fetch = async (path, init, via) =>
    app.fetch(new Request(instance.origin() + path, init), { via });
  const as = (login: string): Person => personOf({ instance, fetch }, login);
  app.use('*', async (context, next) => {
    await next();
    // By the instance's clock: a bot may take the time from here.
    context.header('Date', instance.now().toUTCString());
  });
  // Also where a page says so: nearly every path could be a repository's or a person's.
  app.notFound((context) => {
    instance.unhandled.push(`${context.req.method} ${context.req.path}`);
    return context.text('Not Found', 404);
  });
  app.onError((error, context) => {
    if (error instanceof Refusal) return Response.json(error.body(), { status: error.status });
    instance.surprises.note(error);
    return context.text('Server Error', 500);
  });
  app.route('/api/v3', apiRoutes(instance));
  for (const path of ['/api/graphql', '/graphql', '/api/v3/graphql'])
    mountGraphql(app, instance, path);
  app.route(
    '/_local',
    controlRoutes(instance, () => seeded.controlToken),
  );
  app.route('/login/oauth', oauthRoutes(instance));
  app.route('/', newAppRoutes(instance));
  app.all('/api/*', (context) => {
    const call = `${context.req.method} ${context.req.path}`;
    instance.unhandled.push(call);
    return context.json({ message: `The local GitHub has no route for ${call}` }, 501);
  });
  app.route('/', webRoutes({ instance, as }));
  return { app, as };
}

function apiRoutes(instance: Instance): Hono {
  const api: Api = { instance, router: new Hono() };
  mountAppRoutes(api);
  mountDeliveryRoutes(api);
  mountIssueRoutes(api);
  mountCommentRoutes(api);
  mountReactionRoutes(api);
  mountLabelRoutes(api);
  mountRepositoryRoutes(api);
  mountTreeRoutes(api);
  mountPullRoutes(api);
  mountCheckRoutes(api);
  mountOrganizationRoutes(api);
  mountMetaRoutes(api);
  mountManifestRoutes(api);
  return api.router;
}

function mountGraphql(app: Hono, instance: Instance, path: string): void {
  const route = 'POST /graphql';
  instance.routes.add(route);
  app.post(path, async (context) => {
    const isWrite = changesSomething(await bodyText(context).catch(() => ''));
    return runCall(instance, context, {
      route,
      isWrite,
      resource: 'graphql',
      handle: answerGraphql,
    });
  });
}
