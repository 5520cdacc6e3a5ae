// Routes, typed by GitHub's own OpenAPI description: the path and method pick the operation, and
// the compiler refuses a handler whose answer is not one of that operation's. Every call goes through
// `runCall`, the one place where callers are known, counted, observed, and struck by faults.
import { randomBytes } from 'node:crypto';
import type { paths } from '@octokit/openapi-types';
import type { Context, Hono } from 'hono';
import type { z } from 'zod';
import type { Actor } from './access.ts';
import { actorOf, callerKey } from './auth.ts';
import type { Instance } from './instance.ts';
import { Refusal, refuse } from './refusals.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

type Responses<P extends keyof paths, M extends Method> =
  paths[P] extends Record<M, { responses: infer R }> ? R : never;

type AnswerOf<S, R> = R extends { content: infer C }
  ? [C] extends [never]
    ? { status: S; body: null }
    : C extends { 'application/json': infer B }
      ? { status: S; body: B }
      : never
  : { status: S; body: null };

type Answers<R> = { [S in keyof R]: AnswerOf<S, R[S]> }[keyof R];

/** What a handler may return instead of JSON: bytes of another media type. */
interface RawAnswer {
  readonly status: 200;
  readonly raw: Buffer;
  readonly type: string;
}

type NamesIn<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never;

/** One call; `Name` are the parameters its path has. */
export interface Call<Name extends string = never> {
  readonly instance: Instance;
  readonly actor: Actor;
  readonly params: Readonly<Record<Name, string>>;
  readonly url: URL;
  /** Headers of the answer, for what belongs to one route. */
  readonly headers: Headers;
  /** Whether a form such as `raw` was asked for: `application/vnd.github.raw`, with or without `.v3`. */
  accepts(form: string): boolean;
  /** The JSON body; 400 when it is not JSON, 422 when it is not what the route takes. */
  body<T>(schema: z.ZodType<T>): Promise<T>;
}

export interface Api {
  readonly instance: Instance;
  readonly router: Hono;
}

interface AnyAnswer {
  readonly status: unknown;
  readonly body?: unknown;
  readonly raw?: Buffer;
  readonly type?: string;
}

/** Adds one route. The handler throws a `Refusal` where GitHub says no. */
export function endpoint<M extends Method, P extends keyof paths>(
  api: Api,
  method: M,
  path: P,
  handle: (call: Call<NamesIn<P>>) => Promise<Answers<Responses<P, M>> | RawAnswer>,
): void {
  const pattern = path.replaceAll('{path}', ':path{.+}').replaceAll(/\{(\w+)\}/g, ':$1');
  const route = `${method.toUpperCase()} ${path}`;
  api.router.on(method.toUpperCase(), pattern, (context) =>
    runCall(api.instance, context, {
      route,
      isWrite: method !== 'get' && !quietRoutes.has(route),
      handle: (call) => handle(call as Call<NamesIn<P>>),
    }),
  );
}

/** POSTs that change nothing anybody else can see, so no test has a reason to stop at them. */
const quietRoutes: ReadonlySet<string> = new Set([
  'POST /app/installations/{installation_id}/access_tokens',
]);

export interface Run {
  readonly route: string;
  readonly isWrite: boolean;
  handle(call: Call): Promise<AnyAnswer>;
}

export async function runCall(instance: Instance, context: Context, run: Run): Promise<Response> {
  const headers = new Headers({
    'X-GitHub-Request-Id': randomBytes(10).toString('hex').toUpperCase(),
    'X-GitHub-Media-Type': 'github.v3; format=json',
  });
  try {
    const actor = await admit(instance, context, { headers, route: run.route });
    const answer = await runObserved(instance, run, newCall(instance, context, { actor, headers }));
    return respond(answer, headers);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    for (const [name, value] of Object.entries(error.headers)) headers.set(name, value);
    return respond({ status: error.status, body: error.body() }, headers);
  }
}

async function runObserved(instance: Instance, run: Run, call: Call): Promise<AnyAnswer> {
  if (!run.isWrite) return run.handle(call);
  const actor = call.actor.kind === 'anonymous' ? 'anonymous' : call.actor.account.login;
  const write = { route: run.route, path: call.url.pathname, actor };
  const tell = async (news: { phase: 'before' } | { phase: 'after'; status: number }) => {
    for (const listener of instance.writeListeners) await listener({ ...write, ...news });
  };
  await tell({ phase: 'before' });
  const answer = await run.handle(call);
  await tell({ phase: 'after', status: Number(answer.status) });
  if (instance.faults.strikesRoute('502-after-write', run.route)) {
    throw new Refusal(502, 'Server Error');
  }
  return answer;
}

/** Who calls, and whether the call may be looked at at all. */
async function admit(
  instance: Instance,
  context: Context,
  { headers, route }: { headers: Headers; route: string },
): Promise<Actor> {
  const version = context.req.header('x-github-api-version') ?? '2022-11-28';
  if (!['2022-11-28', '2026-03-10'].includes(version)) {
    throw refuse.badRequest(`The API version '${version}' is not supported.`);
  }
  headers.set('X-GitHub-Api-Version-Selected', version);
  if (context.req.header('user-agent') === undefined) {
    throw refuse.forbidden('Request forbidden by administrative rules. A User-Agent is required.');
  }
  const actor = await actorOf(instance, context.req.header('authorization'));
  const rate = instance.rates.count(callerKey(actor), route === 'GET /rate_limit' ? 0 : 1);
  for (const [name, value] of Object.entries(rate)) headers.set(`X-RateLimit-${name}`, `${value}`);
  headers.set('X-RateLimit-Resource', 'core');
  if (rate.used > rate.limit) throw refuse.forbidden('API rate limit exceeded');
  return actor;
}

function newCall(
  instance: Instance,
  context: Context,
  { actor, headers }: { actor: Actor; headers: Headers },
): Call {
  return {
    instance,
    actor,
    headers,
    params: context.req.param(),
    url: new URL(context.req.url),
    accepts: (form) => formsOf(context.req.header('accept')).includes(form),
    async body(schema) {
      const text = await context.req.text();
      let value: unknown;
      try {
        value = text === '' ? {} : JSON.parse(text);
      } catch {
        throw refuse.unparsable();
      }
      const result = schema.safeParse(value);
      if (result.success) return result.data;
      const first = result.error.issues[0];
      const where = first?.path.join('.') || 'body';
      throw refuse.unprocessable(`Invalid request.\n\n${where}: ${first?.message}`);
    },
  };
}

function formsOf(accept = ''): string[] {
  const found = accept.matchAll(/application\/vnd\.github(?:\.v3)?\.(\w+)/g);
  return Array.from(found, ([, form = '']) => form);
}

function respond(answer: AnyAnswer, headers: Headers): Response {
  const status = Number(answer.status);
  if (answer.raw) {
    headers.set('Content-Type', answer.type ?? 'application/octet-stream');
    return new Response(new Uint8Array(answer.raw), { status, headers });
  }
  if (status === 204) return new Response(null, { status, headers });
  headers.set('Content-Type', 'application/json; charset=utf-8');
  return new Response(JSON.stringify(answer.body), { status, headers });
}
