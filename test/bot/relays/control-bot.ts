// A bot that relays can dial: the real channel behind a real HTTPS server, with sequence numbers, events and
// revocations in memory. Beside it a relay: the other end of the channel, written out so that a test can make it lie.

import { generateKeyPairSync, sign } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { JWK } from 'jose';
import { WebSocket } from 'ws';
import {
  openRelayChannel,
  type ChannelReport,
  type RelayChannel,
} from '../../../bot/relays/channel.ts';
import { openKeys, type Keys } from '../../../bot/tokens/keys.ts';
import {
  controlPath,
  controlProtocol,
  openBotMessage,
  relayNameHeader,
  sealRelayMessage,
  type BotMessage,
  type RelayEvent,
  type RelayMessage,
  type Revocation,
} from '../../../relay/control.ts';
import type { Signer } from '../../../relay/grant.ts';
import { createAuthority } from '../../support/certificates.ts';
import { createTemporaryFolder } from '../../support/folders.ts';
import { patienceMs } from '../../support/within.ts';

export interface RelayKey {
  readonly signer: Signer;
  readonly publicKey: string;
}

export function newRelayKey(): RelayKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    signer: { kid: 'relay', sign: async (data) => new Uint8Array(sign(null, data, privateKey)) },
    publicKey: String(publicKey.export({ format: 'jwk' }).x),
  };
}

/** What a test may look at and change while the bot runs. */
export interface World {
  now: Date;
  readonly reports: ChannelReport[];
  readonly recorded: Map<string, RelayEvent[]>;
  revocations: Revocation[];
  readonly reservations: string[];
  recordFault?: Error;
  /** The epoch in which the events so far were recorded. */
  eventsEpoch: number;
}

type Kind = ChannelReport['kind'];
/** What the channel reports, under its kind: tests wait for it. */
type News = EventEmitter<Record<Kind, [ChannelReport]>>;

export interface ControlBot extends AsyncDisposable {
  readonly origin: string;
  readonly caPem: string;
  readonly keys: Keys;
  readonly channel: RelayChannel;
  readonly world: World;
  readonly relayKeys: Readonly<Record<string, RelayKey>>;
  /** Resolves with the next report of this kind. Rejects when there is none for five seconds. */
  nextReport<K extends Kind>(kind: K): Promise<ChannelReport & { kind: K }>;
}

/** The event of this number: the relay turned somebody away. */
export function refusedEvent(n: number): RelayEvent {
  const at = '2026-11-24T10:00:00.000Z';
  return { n, at, type: 'refused', reason: `nr-${n}`, address: '192.0.2.1' };
}

export const relayUrl = (name: string) => `https://${name}.acme.test`;

export async function startControlBot(names: readonly string[] = ['eu-1']): Promise<ControlBot> {
  const authority = await createAuthority();
  const server = createServer(await authority.issue(['127.0.0.1'])).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = await createTemporaryFolder('control');
  const world: World = {
    now: new Date(),
    reports: [],
    recorded: new Map(),
    revocations: [],
    reservations: [],
    eventsEpoch: 1,
  };
  const news: News = new EventEmitter();
  const keys = await openKeys(folder.at('keys'), world.now);
  const relayKeys = Object.fromEntries(names.map((name) => [name, newRelayKey()]));
  const channel = openRelayChannel({
    origin,
    epoch: 1,
    keys,
    relays: names.map((name) => ({
      name,
      url: relayUrl(name),
      publicKey: relayKeys[name]?.publicKey ?? '',
    })),
    behindProxy: false,
    now: () => world.now,
    ...worldDeps(world, news),
  });
  server.on('upgrade', (request, socket, head) => channel.handleUpgrade(request, socket, head));
  return {
    origin,
    caPem: authority.caPem,
    keys,
    channel,
    world,
    relayKeys,
    nextReport<K extends Kind>(kind: K) {
      const reported = once(news, kind).then(([report]) => report as ChannelReport & { kind: K });
      return inTime(reported, `nothing is reported as ${kind}`);
    },
    async [Symbol.asyncDispose]() {
      channel.close();
      server.close();
      server.closeAllConnections();
      await folder.remove();
    },
  };
}

function worldDeps(world: World, news: News) {
  let reserved = 0;
  return {
    async reserveSequence(relay: string, count: number) {
      world.reservations.push(relay);
      const first = reserved + 1;
      reserved += count;
      return first;
    },
    async eventsRecorded(relay: string) {
      return { last: world.recorded.get(relay)?.at(-1)?.n ?? 0, epoch: world.eventsEpoch };
    },
    async recordEvents(relay: string, events: readonly RelayEvent[]) {
      if (world.recordFault) throw world.recordFault;
      const list = world.recorded.get(relay) ?? [];
      world.recorded.set(relay, list);
      for (const event of events) if (event.n > (list.at(-1)?.n ?? 0)) list.push(event);
      return list.at(-1)?.n ?? 0;
    },
    async recordConfirmation() {
      // What is confirmed is asserted by what `revoke` resolves with.
    },
    async liveRevocations() {
      return world.revocations;
    },
    report(report: ChannelReport) {
      world.reports.push(report);
      news.emit(report.kind, report);
    },
  };
}

export interface RelayOptions {
  readonly name?: string;
  /** Signs with another key than the registered one. */
  readonly key?: RelayKey;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocol?: string;
}

/** The relay's end. Every message of the bot is opened with the pinned key and kept with its number. */
export interface TestRelay {
  readonly socket: WebSocket;
  readonly seqs: number[];
  /** The next message of the bot, in order. */
  next(): Promise<BotMessage>;
  /** The next message of this type; others in between are passed over. */
  nextOf<T extends BotMessage['type']>(type: T): Promise<BotMessage & { type: T }>;
  say(message: RelayMessage, seq?: number): Promise<string>;
  /** Sends text as it is. */
  raw(text: string | Buffer): void;
  hello(url?: string): Promise<void>;
  /** Rejects when it is still open after five seconds. */
  readonly closed: Promise<void>;
}

/** Dials and waits for the challenge. Rejects when the Upgrade is refused. */
export async function dial(bot: ControlBot, options: RelayOptions = {}): Promise<TestRelay> {
  const name = options.name ?? 'eu-1';
  const key = options.key ?? bot.relayKeys[name] ?? newRelayKey();
  const url = `${bot.origin.replace('https', 'wss')}${controlPath}`;
  const socket = new WebSocket(url, options.protocol ?? controlProtocol, {
    ca: bot.caPem,
    headers: { [relayNameHeader]: name, ...options.headers },
  });
  const inbox = openInbox(bot, name, socket);
  const opened = Promise.withResolvers<void>();
  socket.once('open', opened.resolve).on('error', opened.reject);
  const closed = inTime(
    new Promise<void>((done) => socket.once('close', () => done())),
    'the connection is still open',
  );
  await opened.promise;
  const challenge = await inbox.nextOf('challenge');
  let seq = 0;

  async function say(message: RelayMessage, given?: number): Promise<string> {
    seq += 1;
    const envelope = {
      relay: name,
      bot: bot.origin,
      conn: challenge.nonce,
      seq: given ?? seq,
      now: bot.world.now,
    };
    const text = await sealRelayMessage(message, envelope, key.signer);
    socket.send(text);
    return text;
  }
  return {
    ...inbox,
    socket,
    closed,
    say,
    raw: (text) => socket.send(text),
    async hello(url = relayUrl(name)) {
      await say({ type: 'hello', protocol: 1, version: '0.1.0', url });
    },
  };
}

// Taken before any test mocks the timers: this one only bounds how long a test that fails takes to say so.
const realTimeout = globalThis.setTimeout;

/** The promise, or an error that says what is the matter, once the patience has ended by the real clock. */
export function inTime<T>(promise: Promise<T>, fault: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  realTimeout(() => reject(new Error(fault)), patienceMs).unref();
  const bounded = Promise.race([promise, late]);
  // A test that expects it never to come does not ask.
  bounded.catch(() => undefined);
  return bounded;
}

function openInbox(bot: ControlBot, relay: string, socket: WebSocket) {
  const jwk: JWK = { kty: 'OKP', crv: 'Ed25519', x: bot.keys.controlPin() };
  const seqs: number[] = [];
  const arrived: BotMessage[] = [];
  const waiting: ((message: BotMessage) => void)[] = [];
  let turn: Promise<void> = Promise.resolve();
  socket.on('message', (data: Buffer) => {
    turn = turn.then(async () => {
      const verdict = await openBotMessage(data.toString(), { key: jwk, relay });
      if (verdict.kind === 'invalid') throw new Error(`the bot's message: ${verdict.reason}`);
      seqs.push(verdict.seq);
      const taker = waiting.shift();
      if (taker) taker(verdict.message);
      else arrived.push(verdict.message);
    });
  });
  async function next(): Promise<BotMessage> {
    const first = arrived.shift();
    if (first) return first;
    return inTime(new Promise((done) => waiting.push(done)), 'the bot says nothing');
  }
  return {
    seqs,
    next,
    async nextOf<T extends BotMessage['type']>(type: T): Promise<BotMessage & { type: T }> {
      for (;;) {
        const message = await next();
        if (message.type === type) return message as BotMessage & { type: T };
      }
    },
  };
}

/** A relay that has said hello and read its snapshot. */
export async function connectRelay(bot: ControlBot, options: RelayOptions = {}) {
  const relay = await dial(bot, options);
  await relay.hello();
  const snapshot = await relay.nextOf('snapshot');
  return { relay, snapshot };
}
