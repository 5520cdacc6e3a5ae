// A private TCP service for the relay to dial: it counts who came, and does with a connection what the test says.

import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createWatch } from './watch.ts';
import { within } from '../../support/within.ts';

export interface Service extends AsyncDisposable {
  readonly port: number;
  /** Connections so far, the newest last. */
  readonly sockets: Socket[];
  /** The connection of this number, counted from 0, past or coming. */
  socket(index?: number): Promise<Socket>;
}

/** `serve` is called with each connection; left out, it sends back what it gets. */
export async function startService(serve: (socket: Socket) => void = echo): Promise<Service> {
  const sockets: Socket[] = [];
  const watch = createWatch(sockets);
  const server = createServer({ allowHalfOpen: true });
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    serve(socket);
    watch.add(socket);
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    socket: (index = 0) =>
      within(
        'a connection to the service',
        watch.until((socket): socket is Socket => sockets.indexOf(socket) === index),
      ),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function echo(socket: Socket): void {
  socket.pipe(socket);
}

/** Resolves when the service's side of a connection is over; with the error's code when it was reset. */
export function overAt(socket: Socket): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let code = 'end';
  socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code ?? 'error'));
  socket.on('close', () => resolve(code));
  // A service that does not read would not notice an end.
  socket.resume();
  return within('the service’s connection ends', promise);
}
