// Routes, typed by GitHub's own OpenAPI description: the path and method pick the operation, and
// the compiler refuses a handler whose answer is not one of that operation's. How a call runs is call.ts.
import type { paths } from '@octokit/openapi-types';
import type { Hono } from 'hono';
import { runCall, type Call } from './call.ts';
import type { Instance } from './instance.ts';

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

export interface Api {
  readonly instance: Instance;
  readonly router: Hono;
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
  api.instance.routes.add(route);
  api.router.on(method.toUpperCase(), pattern, (context) =>
    runCall(api.instance, context, {
      route,
      isWrite: method !== 'get' && !quietRoutes.has(route),
      resource: 'core',
      handle: (call) => handle(call as Call<NamesIn<P>>),
    }),
  );
}

/** POSTs that change nothing anybody else can see, so no test has a reason to stop at them. */
const quietRoutes: ReadonlySet<string> = new Set([
  'POST /app/installations/{installation_id}/access_tokens',
]);
