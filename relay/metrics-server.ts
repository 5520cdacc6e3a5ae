// The operator's door, for bot and relay alike: /metrics, /healthz and /readyz on an address of their own, plain HTTP,
// because the one that faces the internet is no place for them. It opens only where the settings name it, and answers
// reads alone. It measures nothing itself.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metricsType } from './metrics.ts';

/** One thing that has to be so; what it means stands in ARCHITECTURE. */
export interface Condition {
  readonly name: string;
  readonly holds: boolean;
  /** Whether the program is unready without it. One that does not count is there to be alerted on. */
  readonly counts: boolean;
  readonly sentence: string;
  readonly limitSeconds?: number;
  /** What was found, in the unit of the limit. */
  readonly foundSeconds?: number;
  /** What was found, in words. */
  readonly found?: string;
}

export interface MetricsServerParts {
  readonly listen: { readonly host: string; readonly port: number };
  /** The exposition, measured now. */
  metrics(): Promise<string>;
  conditions(): Promise<readonly Condition[]>;
  failed(error: unknown): void;
}

export interface MetricsServer extends AsyncDisposable {
  readonly port: number;
}

/** A scraper asks every few seconds, one at a time; more than this is somebody else. */
const maxSockets = 32;
const requestMs = 5_000;

/** Rejects with the error of `listen` when the address cannot be used. */
export async function serveMetrics(parts: MetricsServerParts): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: requestMs, headersTimeout: requestMs });
  server.maxConnections = maxSockets;
  server.on('request', (request, response) => {
    void answer(parts, request, response).catch((error: unknown) => {
      parts.failed(error);
      response.writeHead(500).end('Something went wrong here. The log says what.\n');
    });
  });
  server.listen(parts.listen.port, parts.listen.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

function isReady(conditions: readonly Condition[]): boolean {
  return conditions.every(({ holds, counts }) => holds || !counts);
}

async function answer(
  { metrics, conditions }: MetricsServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const page = request.method === 'GET' ? request.url?.split('?', 1)[0] : undefined;
  response.setHeader('cache-control', 'no-store');
  if (page === '/metrics') {
    const text = await metrics();
    response.setHeader('content-type', metricsType).end(text);
  } else if (page === '/healthz') {
    response.setHeader('content-type', 'text/plain; charset=utf-8').end('ok\n');
  } else if (page === '/readyz') {
    const found = await conditions();
    const ready = isReady(found);
    response.writeHead(ready ? 200 : 503, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify({ ready, conditions: found }, null, 2)}\n`);
  } else {
    response.writeHead(404).end('Here are /metrics, /healthz and /readyz.\n');
  }
}
