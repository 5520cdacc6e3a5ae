// Whose address a request came from: shown on the consent page, recorded, and counted by the limits. Taken from the
// socket. A header is believed only where the operator runs a proxy on the same machine, because anybody can write one.

import { isIP } from 'node:net';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';

/** `behindProxy`: a proxy on this machine ends TLS and appends the client to X-Forwarded-For. */
export function clientAddress(context: Context, behindProxy: boolean): string {
  const forwardedFor = context.req.header('x-forwarded-for');
  return addressOf({ socket: getConnInfo(context).remote.address, forwardedFor }, behindProxy);
}

export interface AddressClues {
  /** The other end of the socket. */
  readonly socket: string | undefined;
  readonly forwardedFor: string | undefined;
}

export function addressOf({ socket, forwardedFor }: AddressClues, behindProxy: boolean): string {
  const direct = plainAddress(socket ?? '');
  if (!behindProxy) return direct;
  // Only the last entry is the proxy's own; those before it came with the request.
  const last = forwardedFor?.split(',').at(-1)?.trim() ?? '';
  return isIP(last) === 0 ? direct : plainAddress(last);
}

// A dual-stack socket writes an IPv4 address as an IPv6 one; people know it by its four numbers.
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
