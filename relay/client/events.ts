// What happens during a run, one union. These are the lines of --json as they stand, so a change here is a change
// of the product's interface: fields are added, never renamed. No token, code, key or proof ever appears in one.

import type { LocalAddress } from './listener.ts';

export type ClientEvent =
  /** The page to open; `opened` when a browser was started with it. */
  | {
      readonly event: 'sign-in';
      readonly host: string;
      readonly grant: string;
      readonly url: string;
      readonly fingerprint: string;
      readonly opened: boolean;
    }
  /** The bot believes who we are. `endsAt` is ISO 8601. */
  | {
      readonly event: 'granted';
      readonly grant: string;
      readonly grantee: string;
      readonly resource: string;
      readonly role: string;
      readonly protocol: string;
      readonly endsAt: string;
      readonly issue: string;
    }
  /** The way is open: `host` and `port`, or `socket`, and the line to paste where the protocol has one. */
  | {
      readonly event: 'ready';
      readonly host?: string;
      readonly port?: number;
      readonly socket?: string;
      readonly line?: string;
      readonly relay: string;
      readonly session: string;
    }
  | { readonly event: 'reconnecting'; readonly code: string; readonly message: string }
  | { readonly event: 'reconnected'; readonly relay: string; readonly session: string }
  | { readonly event: 'expiring'; readonly inSeconds: number }
  | { readonly event: 'renewed'; readonly endsAt: string }
  | { readonly event: 'renewal-failed'; readonly code: string; readonly message: string }
  /** A caller of another user, or of one that could not be told, was reset. */
  | { readonly event: 'stranger'; readonly user?: number }
  /** The relay refused or could not make one connection; the session goes on. */
  | { readonly event: 'connection-failed'; readonly message: string }
  /** A session that had begun is over. `status` is the exit status, unless --exec's command gives its own. */
  | {
      readonly event: 'ended';
      readonly reason: string;
      readonly message: string;
      readonly next: string;
      readonly status: number;
      readonly connections: number;
      readonly bytesUp: number;
      readonly bytesDown: number;
    }
  /** It never came to a session. */
  | {
      readonly event: 'failed';
      readonly code: string;
      readonly message: string;
      readonly next: string;
      readonly status: number;
    };

/** The local address in the form the `ready` event carries it. */
export function addressFields(
  address: LocalAddress,
): { host: string; port: number } | { socket: string } {
  return address.kind === 'port'
    ? { host: address.host, port: address.port }
    : { socket: address.path };
}
