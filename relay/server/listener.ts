// The HTTPS server in front: TLS 1.3 that ends here, deadlines for everything a stranger can drag out, two pages about
// health, and the way to the upgrade. It admits nobody; upgrade.ts does.

import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { RelayConfig } from './config.ts';
import type { Door } from './door.ts';

export interface ListenerDeps {
  readonly config: Pick<RelayConfig, 'listen' | 'limits'>;
  readonly door: Door;
  upgrade(request: IncomingMessage, socket: TLSSocket, head: Buffer): void;
  /** Why no session would be admitted now, or undefined. */
  unready(): string | undefined;
}

export interface Listener {
  readonly port: number;
  /** Takes no new sockets. Those that are open stay. */
  stop(): void;
  close(): Promise<void>;
}

/** Rejects when the address cannot be listened on. */
export async function openListener(deps: ListenerDeps): Promise<Listener> {
  const { config, door } = deps;
  const { limits, listen } = config;
  const sockets = new Set<Socket>();
  const server = createServer({
    ...listen.tls,
    minVersion: 'TLSv1.3',
    handshakeTimeout: limits.tlsHandshakeMs,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.headersMs,
    connectionsCheckingInterval: Math.min(1000, limits.headersMs),
    maxHeaderSize: limits.maxHeaderBytes,
    keepAlive: true,
    noDelay: true,
  });
  server.on('connection', (socket: Socket) => {
    if (!door.enter(socket)) return void socket.destroy();
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // Strangers' mistakes: nothing is owed to them, and nothing is logged that they could flood.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('clientError', (_error, socket) => socket.destroy());
  server.on('request', (request, response) => answer(request, response, deps.unready()));
  server.on('upgrade', (request, socket, head) => {
    deps.upgrade(request, socket as TLSSocket, head);
  });
  server.listen({ host: listen.host, port: listen.port, backlog: 1024 });
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    stop: () => void server.close(),
    close: () => closeAll(server, sockets),
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  unready: string | undefined,
): void {
  const page = request.method === 'GET' ? request.url : undefined;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.setHeader('connection', 'close');
  if (page === '/healthz') return void response.end('ok\n');
  if (page === '/readyz') {
    response.statusCode = unready === undefined ? 200 : 503;
    return void response.end(`${unready ?? 'ready'}\n`);
  }
  response.statusCode = 404;
  response.end('Nothing here. Tunnels are opened by the sallyport client.\n');
}

async function closeAll(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  if (!server.listening) return;
  server.close();
  await once(server, 'close');
}
