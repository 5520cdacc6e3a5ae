// The local end: a port on 127.0.0.1 or a Unix socket, for programs of this user only. Promises that no other
// machine and, where the system can tell (Linux, or a Unix socket anywhere), no other user gets through. While the
// tunnel is away it keeps callers waiting instead of giving the port up: another program could take it.

import { chmod, lstat, mkdir, rm, stat } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { dirname, resolve } from 'node:path';
import { once } from 'node:events';
import type { LocalPlace } from './arguments.ts';
import { Failure } from './failure.ts';
import { userOfPeer } from './local-user.ts';

export type LocalAddress =
  | { readonly kind: 'port'; readonly host: '127.0.0.1'; readonly port: number }
  | { readonly kind: 'socket'; readonly path: string };

export interface Listener {
  readonly address: LocalAddress;
  /** Callers wait from now on (as they do at the start) until {@link Listener.release}. */
  hold(): void;
  release(): void;
  /** Gives the port or the socket file back and resets whoever still waits. */
  close(): void;
}

export interface ListenerEvents {
  /** A caller, paused and half-open capable. It has an error handler until here; the receiver adds its own. */
  connection(socket: Socket): void;
  /** A caller who is, or may be, another user was reset. */
  stranger(user: number | undefined): void;
}

/** Callers that may wait for the tunnel at one time; more are reset. */
const maxWaiting = 64;
/** A caller that has waited this long is reset, so that it hears of the trouble and can try again. */
const maxWaitMs = 20_000;
/** The kernel's limit for the path of a Unix socket is 108 bytes on Linux and 104 on macOS, with a final zero. */
const maxSocketPathBytes = 103;

/** Opens the place; throws a Failure that says what is wrong with it. */
export async function openListener(place: LocalPlace, events: ListenerEvents): Promise<Listener> {
  const waiting = new Map<Socket, NodeJS.Timeout>();
  let door: 'held' | 'open' | 'closed' = 'held';

  function admit(socket: Socket): void {
    if (door === 'open') {
      events.connection(socket);
    } else if (door === 'closed' || waiting.size >= maxWaiting) {
      resetSocket(socket);
    } else {
      waiting.set(
        socket,
        setTimeout(() => drop(socket), maxWaitMs),
      );
      socket.once('close', () => drop(socket));
    }
  }

  function drop(socket: Socket): void {
    clearTimeout(waiting.get(socket));
    if (waiting.delete(socket)) resetSocket(socket);
  }

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  server.on('connection', (socket) => {
    socket.on('error', () => socket.destroy());
    void isOurs(socket, place).then(({ ours, user }) => {
      if (ours) return admit(socket);
      resetSocket(socket);
      events.stranger(user);
    });
  });
  const address =
    place.kind === 'port' ? await bindPort(server, place) : await bindSocket(server, place.path);

  return {
    address,
    hold() {
      door = 'held';
    },
    release() {
      door = 'open';
      for (const [socket, timer] of waiting) {
        clearTimeout(timer);
        waiting.delete(socket);
        if (!socket.destroyed) events.connection(socket);
      }
    },
    close() {
      door = 'closed';
      for (const socket of waiting.keys()) drop(socket);
      server.close();
    },
  };
}

/**
 * Ends a connection abruptly, so that its program sees an error and not an ordinary end; a Unix socket has no reset.
 */
export function resetSocket(socket: Socket): void {
  if (socket.remotePort === undefined) socket.destroy();
  else socket.resetAndDestroy();
}

/** A Unix socket in a folder of ours needs no question: nobody else can enter the folder. */
async function isOurs(
  socket: Socket,
  place: LocalPlace,
): Promise<{ ours: boolean; user?: number }> {
  if (place.kind === 'socket' || process.platform !== 'linux') return { ours: true };
  const { localPort, remotePort } = socket;
  if (localPort === undefined || remotePort === undefined) return { ours: false };
  const user = await userOfPeer({ localPort, remotePort });
  if (user === undefined) return { ours: false };
  return { ours: user === process.getuid?.(), user };
}

async function bindPort(
  server: Server,
  place: Extract<LocalPlace, { kind: 'port' }>,
): Promise<LocalAddress> {
  const port = place.port ?? 0;
  try {
    server.listen({ host: '127.0.0.1', port, exclusive: true });
    await once(server, 'listening');
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    throw new Failure(taken ? 'port_taken' : 'port_refused', {
      exit: 'local',
      message: taken
        ? `Port ${port} on this machine is taken.`
        : `Port ${port} cannot be opened (${(error as NodeJS.ErrnoException).code}).`,
      next: 'Choose another with --port, or leave --port out to be given a free one.',
      cause: error,
    });
  }
  return { kind: 'port', host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

async function bindSocket(server: Server, given: string): Promise<LocalAddress> {
  const path = resolve(given);
  if (process.platform === 'win32') {
    throw badSocket('--socket is not there on Windows.', 'Use --port instead.');
  }
  if (Buffer.byteLength(path) > maxSocketPathBytes) {
    throw badSocket(`${path} is too long for a socket.`, 'Choose a shorter path.');
  }
  await makePrivateFolder(dirname(path));
  await removeStale(path);
  try {
    server.listen({ path, exclusive: true });
    await once(server, 'listening');
    await chmod(path, 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw badSocket(`${path} cannot be opened (${code}).`, 'Choose another path.', error);
  }
  return { kind: 'socket', path };
}

/** The mode of a socket file is not honoured everywhere; the mode of the folder around it is. */
async function makePrivateFolder(folder: string): Promise<void> {
  const next = 'Choose a path in a folder of mode 0700, or in a new one.';
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { mode, uid } = await stat(folder);
    if ((mode & 0o077) === 0 && uid === process.getuid?.()) return;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw badSocket(`The folder ${folder} cannot be made (${code}).`, next, error);
  }
  throw badSocket(`Others can enter the folder ${folder}.`, next);
}

/** A socket file that nobody answers is what a killed run left behind; anything else there is not ours to remove. */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (found.isSocket() && !(await answers(path))) return rm(path);
  throw badSocket(`${path} is there already.`, 'Choose another path.');
}

function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const probe = connect(path);
    probe.on('connect', () => {
      probe.destroy();
      done(true);
    });
    probe.on('error', (error: NodeJS.ErrnoException) => done(error.code !== 'ECONNREFUSED'));
  });
}

function badSocket(message: string, next: string, cause?: unknown): Failure {
  return new Failure('socket_refused', { exit: 'local', message, next, cause });
}
