// The bot's one listener: it mounts each room's routes, answers health and readiness, and hands WebSocket upgrades to
// the control channel. Rooms export routes; nothing else listens.

import { createAdaptorServer, type ServerType } from '@hono/node-server';
import type { Hono } from 'hono';
import { createServer as createPlainServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { listenFault } from '../relay/listen-fault.ts';
import type { Config } from './config.ts';
import { StartFault } from './start-fault.ts';

/** Time for a request's headers, and for the whole request: slow senders must not hold sockets. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
const maxHeaderBytes = 16_384;
/** Requests under way have this long to finish when the listener closes, unless it is opened with another time. */
const defaultDrainMs = 5_000;

export interface HttpParts {
  readonly listen: Config['listen'];
  readonly app: Hono;
  readonly drainMs?: number;
  /** Takes an upgraded socket over; returns false when the path is not one of its own. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
}

/**
 * Listens, and resolves when connections are accepted. Throws StartFault when the address is taken or may not be used.
 */
export async function serve(parts: HttpParts): Promise<HttpServer> {
  const server = createHttpServer(parts);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!parts.upgrade(request, socket, head)) socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const where = { ...parts.listen, setting: 'listen' };
      reject(new StartFault([listenFault(error, where)], { cause: error }));
    });
    server.listen(parts.listen.port, parts.listen.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => close(server, parts.drainMs ?? defaultDrainMs),
  };
}

function createHttpServer({ listen, app }: HttpParts): ServerType {
  const limits = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    maxHeaderSize: maxHeaderBytes,
  };
  if (!listen.tls) {
    return createAdaptorServer({
      fetch: app.fetch,
      createServer: createPlainServer,
      serverOptions: limits,
    });
  }
  return createAdaptorServer({
    fetch: app.fetch,
    createServer: createTlsServer,
    serverOptions: { ...limits, ...listen.tls, minVersion: 'TLSv1.2' },
  });
}

async function close(server: ServerType, drainMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const cut = setTimeout(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
  }, drainMs);
  if ('closeIdleConnections' in server) server.closeIdleConnections();
  await closed;
  clearTimeout(cut);
}
