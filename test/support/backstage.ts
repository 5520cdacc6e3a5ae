// A catalog that speaks like a Backstage, as far as the bot asks it: `GET /api/catalog/entities/by-query` with filters,
// fields, pages and a bearer token. Entities are plain objects that a test holds and changes; 100,000 of them take no
// time to put there, which a real Backstage needs hours for. test/backstage/ holds the real one to the same questions.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BackstageEntity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>> & { readonly name: string };
  readonly spec?: Readonly<Record<string, unknown>>;
}

export interface LocalBackstage extends AsyncDisposable {
  readonly url: string;
  /** What it holds, in the order of its ids; another list is another catalog. */
  entities: readonly BackstageEntity[];
  /** The query strings of all calls, oldest first. */
  readonly calls: URLSearchParams[];
  /** Called instead of the answer while it is set. */
  instead: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
}

export interface LocalBackstageOptions {
  readonly accepts: (token: string) => boolean | Promise<boolean>;
}

export async function startLocalBackstage({
  accepts,
}: LocalBackstageOptions): Promise<LocalBackstage> {
  const calls: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    calls.push(searchParams);
    if (local.instead) return local.instead(request, response);
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (!(await accepts(token)))
      return send(response, 401, { error: { name: 'AuthenticationError' } });
    if (pathname !== '/api/catalog/entities/by-query') return send(response, 404, {});
    return send(response, 200, pageOf(find(searchParams), searchParams));
  }
  // What a query finds, kept until the entities are others: a real one has an index.
  let found = {
    of: [] as readonly BackstageEntity[],
    filters: '',
    entities: [] as BackstageEntity[],
  };
  function find(query: URLSearchParams): readonly BackstageEntity[] {
    const filters = filtersOf(query);
    if (found.of !== local.entities || found.filters !== filters.join('&')) {
      const entities = local.entities.filter((each) =>
        filters.some((filter) => fits(each, filter)),
      );
      found = { of: local.entities, filters: filters.join('&'), entities };
    }
    return found.entities;
  }
  // It may share its process with a bench that computes for seconds: woken up, it would close what its caller goes on using.
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const local: LocalBackstage = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    entities: [],
    calls,
    instead: undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return local;
}

export function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

interface Cursor {
  readonly from: number;
  readonly filters: readonly string[];
}

/** A cursor carries the query that it goes on with. */
function cursorOf(query: URLSearchParams): Cursor | undefined {
  const given = query.get('cursor');
  return given === null
    ? undefined
    : (JSON.parse(Buffer.from(given, 'base64').toString()) as Cursor);
}

function filtersOf(query: URLSearchParams): readonly string[] {
  return cursorOf(query)?.filters ?? query.getAll('filter');
}

function pageOf(found: readonly BackstageEntity[], query: URLSearchParams) {
  const fields = (query.get('fields') ?? '').split(',');
  const from = cursorOf(query)?.from ?? 0;
  const next = { from: from + Number(query.get('limit')), filters: filtersOf(query) };
  const nextCursor = Buffer.from(JSON.stringify(next)).toString('base64');
  return {
    items: found.slice(from, next.from).map((entity) => project(entity, fields)),
    totalItems: found.length,
    pageInfo: next.from < found.length ? { nextCursor } : {},
  };
}

/** Backstage compares without case, and a key without a value asks whether it is there. */
function fits(entity: BackstageEntity, filter: string): boolean {
  return filter.split(',').every((condition) => {
    const [key = '', wanted] = condition.split('=');
    const value = valueAt(entity, key);
    if (value === undefined) return false;
    return (
      wanted === undefined ||
      (typeof value === 'string' && value.toLowerCase() === wanted.toLowerCase())
    );
  });
}

function project(entity: BackstageEntity, fields: readonly string[]) {
  const output: Record<string, unknown> = {};
  for (const field of fields) {
    const value = valueAt(entity, field);
    if (value === undefined) continue;
    const [room = '', key] = field.split('.');
    if (key === undefined) output[room] = value;
    else output[room] = { ...(output[room] as object | undefined), [key]: value };
  }
  return output;
}

/** `metadata.annotations.backstage.io/orphan`: what follows `annotations` is one key, dots and all. */
function valueAt(entity: BackstageEntity, path: string): unknown {
  const [room = '', key, ...rest] = path.split('.');
  const value = (entity as unknown as Record<string, unknown>)[room];
  if (key === undefined) return value;
  const inner = (value as Record<string, unknown> | undefined)?.[key];
  return rest.length === 0
    ? inner
    : (inner as Record<string, unknown> | undefined)?.[rest.join('.')];
}
