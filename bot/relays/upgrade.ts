// The door of the control channel: what is looked at before a WebSocket exists. Strangers are cheap to turn away here
// and few may wait inside; whether a visitor is the relay it says it is, only its key can tell, later.

import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ServerOptions } from 'ws';
import { controlLimits, controlProtocol, relayNameHeader } from '../../relay/control.ts';
import { addressOf } from '../tokens/client-address.ts';
import { addressBucket } from '../tokens/expiring.ts';
import type { RegisteredRelay, RelayChannelDeps } from './surroundings.ts';

export const doorLimits = {
  /** Connections that have not yet shown their key, in all. Each has ten seconds. */
  maxUnregistered: 256,
  /** The same, from one address. */
  maxUnregisteredPerAddress: 8,
} as const;

export const controlServerOptions: ServerOptions = {
  noServer: true,
  clientTracking: false,
  // Compression would let one small message become a large one in memory.
  perMessageDeflate: false,
  maxPayload: controlLimits.maxMessageChars,
  // Our relays send whole messages; thousands of empty fragments are how a server is made to run out of memory.
  maxFragments: 1,
  handleProtocols: (offered) => (offered.has(controlProtocol) ? controlProtocol : false),
};

/** Somebody who says they are this relay. */
export interface Visit {
  readonly relay: RegisteredRelay;
  readonly address: string;
  /** No longer counted among those who have not shown their key. */
  leave(): void;
}

export interface Door {
  /** Undefined when the socket was answered with a refusal. */
  admit(request: IncomingMessage, socket: Duplex): Visit | undefined;
  close(): void;
}

export function openDoor(deps: Pick<RelayChannelDeps, 'relays' | 'behindProxy' | 'report'>): Door {
  const waiting = new Map<Duplex, string>();

  function refuse(socket: Duplex, status: number): undefined {
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n\r\n`);
    return undefined;
  }

  function isFull(bucket: string): boolean {
    if (waiting.size >= doorLimits.maxUnregistered) return true;
    const same = waiting.values().filter((other) => other === bucket);
    return [...same].length >= doorLimits.maxUnregisteredPerAddress;
  }

  return {
    admit(request, socket) {
      socket.on('error', () => socket.destroy());
      const { headers } = request;
      // Browsers have no business here, and send this header whether a page wants it or not.
      if (headers.origin !== undefined) return refuse(socket, 403);
      const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim());
      if (offered?.includes(controlProtocol) !== true) return refuse(socket, 400);
      const clues = { socket: request.socket.remoteAddress, forwardedFor: forwardedFor(request) };
      const address = addressOf(clues, deps.behindProxy);
      const relay = deps.relays.find(({ name }) => name === headers[relayNameHeader]);
      if (relay === undefined) {
        deps.report({ kind: 'refused', why: 'no relay of that name', address });
        return refuse(socket, 403);
      }
      const bucket = addressBucket(address);
      if (isFull(bucket)) return refuse(socket, 503);
      const leave = () => void waiting.delete(socket);
      waiting.set(socket.once('close', leave), bucket);
      return { relay, address, leave };
    },
    close() {
      for (const socket of waiting.keys()) socket.destroy();
    },
  };
}

function forwardedFor({ headers }: IncomingMessage): string | undefined {
  const value = headers['x-forwarded-for'];
  return Array.isArray(value) ? value.at(-1) : value;
}
