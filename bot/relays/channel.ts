// The bot's end of the control channel: relays dial in, and each one whose registered key answers our challenge is told
// the signing keys, every revocation that still matters, each new one at once, and every five seconds that the bot is
// alive. What they report is recorded before it is acknowledged. It decides nothing: what is revoked, it is told.

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import {
  controlLimits,
  type BotMessage,
  type RelayEvent,
  type Revocation,
} from '../../relay/control.ts';
import type { Keys } from '../tokens/keys.ts';
import type { Connection } from './connection.ts';
import { welcome } from './registration.ts';
import { openRevocations, type RevocationOrder, type RevocationOutcome } from './revocations.ts';
import { controlServerOptions, openDoor } from './upgrade.ts';

/** A relay of the configuration. `publicKey` is its raw Ed25519 key, base64url, as `relay init` prints it. */
export interface RegisteredRelay {
  readonly name: string;
  readonly url: string;
  readonly publicKey: string;
}

/** Reserves so many numbers on disk and resolves with the first. None is ever given twice. */
export type ReserveSequence = (relay: string, count: number) => Promise<number>;

export interface RelayChannelDeps {
  /** The bot's https origin. */
  readonly origin: string;
  /** Grows when the bot was restored from a backup; see relay/control.ts. */
  readonly epoch: number;
  readonly keys: Pick<Keys, 'published' | 'control'>;
  readonly relays: readonly RegisteredRelay[];
  readonly behindProxy: boolean;
  now(): Date;
  readonly reserveSequence: ReserveSequence;
  /** The number of the last event of this relay that is recorded, 0 for none. */
  eventsRecorded(relay: string): Promise<number>;
  /** Records them durably, skips those it has, and resolves with the number of the last one recorded. */
  recordEvents(relay: string, events: readonly RelayEvent[]): Promise<number>;
  /** Every revoked grant whose tokens may still be alive. `until` in seconds. */
  liveRevocations(): Promise<readonly Revocation[]>;
  report(report: ChannelReport): void;
}

/** For the log and the record. `alarm` is for what an honest relay and an honest network do not do. */
export type ChannelReport =
  | { readonly kind: 'connected'; readonly relay: string; readonly version: string }
  | { readonly kind: 'lost'; readonly relay: string; readonly why: string }
  | {
      readonly kind: 'refused';
      readonly relay?: string;
      readonly why: string;
      readonly address: string;
    }
  | { readonly kind: 'alarm'; readonly relay: string; readonly why: string };

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
