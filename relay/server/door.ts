// Sockets that have not shown a grant yet: how many there may be, from everywhere and from one address, and for how
// long. They cost the relay memory and a stranger nothing, so this is counted before the first byte is read.

import { isIPv6, type Socket } from 'node:net';
import type { Limits } from './limits.ts';

export interface Door {
  /** False when there are too many; then the socket is for the caller to destroy. */
  enter(socket: Socket): boolean;
  /** The socket that runs over this one has shown a grant: it counts no more, and may stay. */
  admit(peer: Peer): void;
  count(): number;
}

/** The same for a TLS socket and the TCP socket below it. */
type Peer = Pick<Socket, 'remoteAddress' | 'remotePort'>;

export function createDoor(limits: Limits): Door {
  const leave = new Map<string, () => void>();
  const perAddress = new Map<string, number>();

  return {
    enter(socket) {
      const address = groupOf(socket.remoteAddress);
      const already = perAddress.get(address) ?? 0;
      if (leave.size >= limits.maxUnprovenSockets) return false;
      if (already >= limits.maxUnprovenSocketsPerAddress) return false;

      const name = nameOf(socket);
      const tooLong = setTimeout(() => socket.destroy(), limits.admissionMs);
      perAddress.set(address, already + 1);
      leave.set(name, () => {
        leave.delete(name);
        clearTimeout(tooLong);
        const left = (perAddress.get(address) ?? 1) - 1;
        if (left === 0) perAddress.delete(address);
        else perAddress.set(address, left);
      });
      const mine = leave.get(name);
      // A later socket may have the same address and port: only its own place is given back.
      socket.once('close', () => leave.get(name) === mine && mine?.());
      return true;
    },
    admit: (peer) => leave.get(nameOf(peer))?.(),
    count: () => leave.size,
  };
}

function nameOf({ remoteAddress, remotePort }: Peer): string {
  return `${remoteAddress} ${remotePort}`;
}

/** An IPv4 address, or the /64 of an IPv6 one: a single household has 2^64 of those. */
export function groupOf(address = ''): string {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('%')[0]?.split('::') ?? [];
  const front = head.split(':').filter((part) => part !== '');
  const back = (tail ?? '').split(':').filter((part) => part !== '');
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  return [...front, ...Array.from({ length: zeros }, () => '0'), ...back].slice(0, 4).join(':');
}
