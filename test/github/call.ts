// One call of the API, from its headers to its answer. Every call goes through `runCall`, the one place
// where callers are known, counted, observed, and struck by faults. What a route does is endpoint.ts's
// business; what a caller may do is access.ts's.
import { randomBytes } from 'node:crypto';
import type { Context } from 'hono';
import type { z } from 'zod';
import type { Actor } from './access.ts';
import { actorOf, callerKey } from './auth.ts';
import type { Instance } from './instance.ts';
import type { Resource } from './rate-limits.ts';
import { Refusal, refuse } from './refusals.ts';
import type { Label } from './state.ts';
import { struckAnswer } from './struck-answer.ts';

/** How something reached GitHub that a person did: mail and forms have no call of their own. */
export type Via =
  | { readonly kind: 'api' }
  | { readonly kind: 'email' }
  /** The labels are the form's, whatever the person may do. */
  | { readonly kind: 'form'; readonly labels: readonly Label[] };

/** `Name` are the parameters its path has. */
export interface Call<Name extends string = never> {
  readonly instance: Instance;
  readonly actor: Actor;
  readonly via: Via;
  readonly method: string;
  readonly params: Readonly<Record<Name, string>>;
  readonly url: URL;
  /** Headers of the answer, for what belongs to one route. */
  readonly headers: Headers;
  /** A header of the request. */
  header(name: string): string | undefined;
  /** Whether a form such as `raw` was asked for: `application/vnd.github.raw`, with or without `.v3`. */
  accepts(form: string): boolean;
  /** The JSON body; 400 when it is not JSON, 422 when it is not what the route takes. */
  body<T>(schema: z.ZodType<T>): Promise<T>;
}

export interface AnyAnswer {
  readonly status: unknown;
  readonly body?: unknown;
  readonly raw?: Buffer;
  readonly type?: string;
}

export interface Run {
  readonly route: string;
  readonly isWrite: boolean;
  readonly resource: Resource;
  handle(call: Call): Promise<AnyAnswer>;
}

export async function runCall(instance: Instance, context: Context, run: Run): Promise<Response> {
  const headers = new Headers({
    'X-GitHub-Request-Id': randomBytes(10).toString('hex').toUpperCase(),
    'X-GitHub-Media-Type': 'github.v3; format=json',
  });
  try {
    const actor = await admit(instance, context, { headers, run });
    const answer = await runStruck(instance, run, newCall(instance, context, { actor, headers }));
    return respond(answer, headers);
  } catch (error) {
    if (!(error instanceof Refusal)) {
      instance.surprises.note(error);
      return respond({ status: 500, body: { message: 'Server Error' } }, headers);
    }
    for (const [name, value] of Object.entries(error.headers)) headers.set(name, value);
    return respond({ status: error.status, body: error.body() }, headers);
  }
}

async function runStruck(instance: Instance, run: Run, call: Call): Promise<AnyAnswer> {
  const { route } = run;
  const actor = call.actor.kind === 'anonymous' ? 'anonymous' : call.actor.account.login;
  const struck = async (when: 'before' | 'after'): Promise<AnyAnswer | undefined> => {
    await instance.faults.hold({ route, actor, when });
    const fault = instance.faults.answerTo({ route, actor, when });
    return fault && struckAnswer(fault, call.headers);
  };
  const instead = await struck('before');
  if (instead) return instead;
  const answer = await runObserved(instance, run, { call, actor });
  return (await struck('after')) ?? answer;
}

async function runObserved(
  instance: Instance,
  run: Run,
  { call, actor }: { call: Call; actor: string },
): Promise<AnyAnswer> {
  if (!run.isWrite) return run.handle(call);
  const write = { route: run.route, path: call.url.pathname, actor };
  const tell = async (news: { phase: 'before' } | { phase: 'after'; status: number }) => {
    for (const listener of instance.writeListeners) await listener({ ...write, ...news });
  };
  await tell({ phase: 'before' });
  const answer = await run.handle(call);
  await tell({ phase: 'after', status: Number(answer.status) });
  return answer;
}

/** Who calls, and whether the call may be looked at at all. */
async function admit(
  instance: Instance,
  context: Context,
  { headers, run }: { headers: Headers; run: Run },
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
  const cost = run.route === 'GET /rate_limit' ? 0 : 1;
  const rate = instance.rates.count(callerKey(actor), run.resource, cost);
  for (const [name, value] of Object.entries(rate)) headers.set(`X-RateLimit-${name}`, `${value}`);
  headers.set('X-RateLimit-Resource', run.resource);
  if (rate.used > rate.limit) throw refuse.rateLimited(run.resource);
  return actor;
}

function newCall(
  instance: Instance,
  context: Context,
  { actor, headers }: { actor: Actor; headers: Headers },
): Call {
  // Only people.ts hands one in, without a socket; who comes over the wire cannot.
  const { via } = context.env as { via?: Via };
  return {
    instance,
    actor,
    headers,
    via: via ?? { kind: 'api' },
    method: context.req.method,
    params: context.req.param(),
    url: new URL(context.req.url),
    header: (name) => context.req.header(name),
    accepts: (form) => formsOf(context.req.header('accept')).includes(form),
    async body(schema) {
      const value = parseJson(await bodyText(context));
      const result = schema.safeParse(value);
      if (result.success) return result.data;
      const first = result.error.issues[0];
      const where = first?.path.join('.') || 'body';
      throw refuse.unprocessable(`Invalid request.\n\n${where}: ${first?.message}`);
    },
  };
}

/** The body of a request; a caller that died while sending it is the caller's fault, not a surprise. */
export function bodyText(context: Context): Promise<string> {
  return context.req.text().catch(() => {
    throw refuse.unparsable();
  });
}

export function parseJson(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    throw refuse.unparsable();
  }
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
