// What the control channel needs around it: who the relays are, the keys, the clock, what is kept on disk, and who is
// told when something happens. The store and the settings stand behind these functions; the channel knows neither.

import type { RelayEvent, Revocation } from '../../relay/control.ts';
import type { Keys } from '../tokens/keys.ts';
import type { ReserveSequence } from './sequence.ts';

/** A relay of the configuration. `publicKey` is its raw Ed25519 key, base64url, as `relay init` prints it. */
export interface RegisteredRelay {
  readonly name: string;
  readonly url: string;
  readonly publicKey: string;
}

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
  /** The number of the last event of this relay that is recorded, 0 for none, and in which epoch. */
  eventsRecorded(relay: string): Promise<{ readonly last: number; readonly epoch: number }>;
  /** Records them durably, skips those it has, and resolves with the number of the last one recorded. */
  recordEvents(relay: string, events: readonly RelayEvent[]): Promise<number>;
  /** Told of every confirmation of a relay, also of one that comes late or again. Resolves when it is kept. */
  recordConfirmation(relay: string, cut: { gid: string; sessions: number }): Promise<void>;
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
