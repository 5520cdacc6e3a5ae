// The bot's end of the control channel: relays dial in, and each one whose registered key answers our challenge is told
// the signing keys, every revocation that still matters, each new one at once, and every five seconds that the bot is
// alive. What they report is recorded before it is acknowledged. It decides nothing: what is revoked, it is told.

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { controlLimits, type BotMessage } from '../../relay/control.ts';
import type { Connection } from './connection.ts';
import { welcome } from './registration.ts';
import { openRevocations, type RevocationOrder, type RevocationOutcome } from './revocations.ts';
import type { RelayChannelDeps } from './surroundings.ts';
import { controlServerOptions, openDoor } from './upgrade.ts';

export type { ChannelReport } from './surroundings.ts';

export interface RelayChannel {
  /** For upgrades of `controlPath`. Answers or ends every socket it is given. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Tells every connected relay at once and waits at most a second for those that serve the grant. */
  revoke(order: RevocationOrder): Promise<RevocationOutcome>;
  /** The names of the relays that are connected. */
  connected(): string[];
  close(): void;
}

export function openRelayChannel(deps: RelayChannelDeps): RelayChannel {
  const server = new WebSocketServer(controlServerOptions);
  const live = new Map<string, Connection>();
  const revocations = openRevocations(deps, live);
  const door = openDoor(deps);
  const register = welcome({ deps, live, revocations });
  const lease: BotMessage = { type: 'lease', leaseSeconds: controlLimits.leaseSeconds };

  const beat = setInterval(() => {
    for (const connection of live.values()) {
      if (connection.isAlive()) connection.send(lease);
      else connection.end('it does not answer');
    }
  }, controlLimits.leaseEverySeconds * 1000).unref();

  return {
    handleUpgrade(request, socket, head) {
      const visit = door.admit(request, socket);
      if (visit === undefined) return;
      server.handleUpgrade(request, socket, head, (webSocket) => register(visit, webSocket));
    },
    revoke: (order) => revocations.revoke(order),
    connected: () => [...live.keys()],
    close() {
      clearInterval(beat);
      door.close();
      for (const connection of live.values()) connection.end('the bot stops');
      server.close();
    },
  };
}
