// The bot's end of the control channel, moved by a test: real TLS, real WebSocket, real signatures, and only what the
// test tells it to say. It answers a hello with a snapshot and acknowledges events, unless told not to.

import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import {
  controlPath,
  openRelayMessage,
  sealBotMessage,
  type BotMessage,
  type RelayEvent,
  type RelayMessage,
  type Revocation,
} from '../../../relay/control.ts';
import { publicKeyOf } from '../../../relay/jws.ts';
import { createWatch } from './watch.ts';
import { newKey, type TestKey } from '../signing.ts';
import type { Authority } from '../../support/certificates.ts';
import { within } from '../../support/within.ts';

export interface ScriptedBot extends AsyncDisposable {
  readonly url: string;
  readonly control: TestKey;
  readonly grants: TestKey;
  /** Everything the relay has said, over all connections. */
  readonly heard: RelayMessage[];
  readonly events: () => RelayEvent[];
  readonly position: { epoch: number; seq: number };
  /** What the next snapshots say. */
  readonly snapshot: { revoked: Revocation[]; eventsAck: number; issuer?: string };
  /** Whether events are acknowledged, and new connections welcomed. */
  readonly manners: { acknowledges: boolean; answers: boolean };
  /** How many connections have been made. */
  connections(): number;
  say(message: BotMessage, changes?: { iat?: number; seq?: number; by?: TestKey }): Promise<void>;
  /** Sends a text as it stands. */
  sendText(text: string): void;
  /** Sends the revocation and resolves with the relay's answer. */
  revoke(gid: string): Promise<Extract<RelayMessage, { type: 'revoke-ack' }>>;
  until<T extends RelayMessage>(
    what: string,
    is: (message: RelayMessage) => message is T,
  ): Promise<T>;
  event<T extends RelayEvent['type']>(type: T, session?: string): Promise<RelayEvent & { type: T }>;
  /** Resolves when the relay has hung up. */
  hungUp(): Promise<void>;
  disconnect(): void;
}

export async function startScriptedBot(
  authority: Authority,
  relay: { name: string; pin: string },
): Promise<ScriptedBot> {
  const server = createServer(await authority.issue(['127.0.0.1']));
  const sockets = new WebSocketServer({ noServer: true });
  const control = newKey('control');
  const grants = newKey('grant-1');
  const heard: RelayMessage[] = [];
  const watch = createWatch(heard);
  const position = { epoch: 1, seq: 0 };
  const snapshot: ScriptedBot['snapshot'] = { revoked: [], eventsAck: 0 };
  const manners = { acknowledges: true, answers: true };
  let current: WebSocket | undefined;
  let closed = Promise.withResolvers<void>();
  let count = 0;
  let url = '';

  server.on('upgrade', (request, socket, head) => {
    if (!manners.answers || request.url !== controlPath) return void socket.destroy();
    sockets.handleUpgrade(request, socket, head, (webSocket) => void converse(webSocket));
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function converse(webSocket: WebSocket): Promise<void> {
    count += 1;
    const nonce = `nonce-${String(count).padStart(16, '0')}`;
    current = webSocket;
    closed = Promise.withResolvers();
    const { resolve } = closed;
    webSocket.on('close', () => resolve());
    let expected = 1;
    let last = Promise.resolve();
    webSocket.on('message', (data: Buffer) => {
      last = last.then(() => hear(data.toString('utf8'), { nonce, seq: expected++ }));
    });
    await say({ type: 'challenge', nonce });
  }

  async function hear(text: string, { nonce, seq }: { nonce: string; seq: number }): Promise<void> {
    const key = publicKeyOf(relay.pin);
    if (key === undefined) throw new Error('the relay has no key');
    const opened = await openRelayMessage(text, { key, relay: relay.name, bot: url, conn: nonce });
    if (opened.kind === 'invalid' || opened.seq !== seq) {
      throw new Error(`the relay said something that does not hold: ${JSON.stringify(opened)}`);
    }
    const { message } = opened;
    if (message.type === 'hello') await sendSnapshot();
    if (message.type === 'event' && manners.acknowledges) {
      await say({ type: 'events-ack', n: message.event.n });
    }
    watch.add(message);
  }

  async function sendSnapshot(): Promise<void> {
    const { revoked, eventsAck } = snapshot;
    const keys = [grants.publicJwk];
    const issuer = snapshot.issuer ?? url;
    await say({ type: 'snapshot', issuer, keys, revoked, eventsAck, leaseSeconds: 30 });
  }

  const say: ScriptedBot['say'] = async (message, { iat, seq, by = control } = {}) => {
    position.seq += 1;
    const now = new Date(iat === undefined ? Date.now() : iat * 1000);
    const envelope = { relay: relay.name, epoch: position.epoch, seq: seq ?? position.seq, now };
    current?.send(await sealBotMessage(message, envelope, by));
  };

  async function until<T extends RelayMessage>(
    what: string,
    is: (message: RelayMessage) => message is T,
  ): Promise<T> {
    return within(what, watch.until(is));
  }

  return {
    url,
    control,
    grants,
    heard,
    position,
    snapshot,
    manners,
    say,
    until,
    events: () => heard.flatMap((message) => (message.type === 'event' ? [message.event] : [])),
    connections: () => count,
    sendText: (text) => current?.send(text),
    async revoke(gid) {
      const until_ = Math.floor(Date.now() / 1000) + 3600;
      const answer = until(
        'revoke-ack',
        (message): message is Extract<RelayMessage, { type: 'revoke-ack' }> =>
          message.type === 'revoke-ack' && message.gid === gid,
      );
      await say({ type: 'revoke', gid, until: until_, reason: 'test' });
      return answer;
    },
    async event(type, session) {
      const message = await until(
        type,
        (message): message is Extract<RelayMessage, { type: 'event' }> =>
          message.type === 'event' &&
          message.event.type === type &&
          (session === undefined ||
            ('session' in message.event && message.event.session === session)),
      );
      return message.event as never;
    },
    hungUp: () => within('the relay hangs up', closed.promise),
    disconnect: () => current?.terminate(),
    async [Symbol.asyncDispose]() {
      manners.answers = false;
      current?.terminate();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
