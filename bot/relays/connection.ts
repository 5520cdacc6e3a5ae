// One WebSocket with one relay, from the challenge to its end. Promises that what the bot says leaves in order, sealed
// and numbered without a gap, and that only what the registered key of that relay signed for this very connection is
// heard, in order. Any doubt ends it: the relay dials again, and its lease covers the time between.

import { randomBytes } from 'node:crypto';
import type { JWK } from 'jose';
import type { WebSocket } from 'ws';
import {
  controlLimits,
  openRelayMessage,
  sealBotMessage,
  type BotMessage,
  type RelayMessage,
  type RelayVerdict,
} from '../../relay/control.ts';
import type { Signer } from '../../relay/grant.ts';
import type { NumberRange } from './sequence.ts';

const connectionLimits = {
  /** Messages taken from a relay and not yet dealt with. At this many the socket is not read until some are. */
  maxQueuedMessages: 256,
  /** What may wait to be sent to a relay that does not read. */
  maxBufferedBytes: 16 * 1024 * 1024,
} as const;

export interface ConnectionDeps {
  readonly socket: WebSocket;
  readonly relay: { readonly name: string; readonly key: JWK };
  /** The bot's https origin. */
  readonly origin: string;
  readonly epoch: number;
  readonly signer: Signer;
  /** Resolves with the numbers this connection may use. */
  readonly numbers: Promise<NumberRange>;
  now(): Date;
  /** Every message in order, the hello first. The socket is read on only while few of these promises are open. */
  heard(message: RelayMessage): Promise<void>;
  /** Once, with a sentence. Nothing is heard after it. */
  ended(why: string): void;
}

export interface Connection {
  /** Sends in the order of the calls. A function is asked for its message when its turn comes. */
  send(message: BotMessage | (() => Promise<BotMessage>)): void;
  /** The hello was believed: the handshake's deadline no longer counts. */
  settle(): void;
  /** False when the relay did not answer the last ping. Sends the next. */
  isAlive(): boolean;
  end(why: string): void;
}

export function openConnection(deps: ConnectionDeps): Connection {
  const { socket, relay, origin, epoch, signer } = deps;
  const nonce = randomBytes(16).toString('base64url');
  const deadline = setTimeout(
    () => end('no hello in time'),
    controlLimits.handshakeSeconds * 1000,
  ).unref();
  let isOver = false;
  let hasAnswered = true;

  function end(why: string): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(deadline);
    // Not close(): a peer that is gone would keep it half open for as long as it likes.
    socket.terminate();
    deps.ended(why);
  }

  const outbound = inTurn((error) => end(`sending failed: ${text(error)}`));
  function send(message: BotMessage | (() => Promise<BotMessage>)): void {
    outbound(async () => {
      const numbers = await deps.numbers;
      const content = typeof message === 'function' ? await message() : message;
      if (isOver) return;
      const seq = numbers.next();
      if (seq === undefined) return end('its numbers are used up');
      const envelope = { relay: relay.name, epoch, seq, now: deps.now() };
      socket.send(await sealBotMessage(content, envelope, signer));
      if (socket.bufferedAmount > connectionLimits.maxBufferedBytes) end('it does not read');
    });
  }

  let expected = 1;
  async function open(sealed: string): Promise<RelayMessage | undefined> {
    const conn = nonce;
    const envelope = { key: relay.key, relay: relay.name, bot: origin, conn };
    const verdict = await openRelayMessage(sealed, envelope);
    if (isOver) return undefined;
    const fault = faultOf(verdict, expected);
    expected += 1;
    if (fault === undefined && verdict.kind === 'valid') return verdict.message;
    end(fault ?? 'unknown');
    return undefined;
  }

  receive(socket, {
    async take(sealed) {
      const message = await open(sealed);
      return message === undefined ? undefined : () => deps.heard(message);
    },
    end,
  });
  socket.on('pong', () => (hasAnswered = true));
  send({ type: 'challenge', nonce });

  return {
    send,
    end,
    settle: () => clearTimeout(deadline),
    isAlive() {
      const answered = hasAnswered;
      hasAnswered = false;
      if (!isOver) socket.ping();
      return answered;
    },
  };
}

function faultOf(verdict: RelayVerdict, expected: number): string | undefined {
  if (verdict.kind === 'invalid') return `a message did not hold: ${verdict.reason}`;
  if (verdict.seq !== expected) return `message ${verdict.seq} came instead of ${expected}`;
  const isHello = verdict.message.type === 'hello';
  return isHello === (expected === 1) ? undefined : 'the hello did not come first, or came again';
}

interface Receiver {
  /** Checks a message; what it resolves with is then dealt with. Asked for one message after another. */
  take(sealed: string): Promise<(() => Promise<void>) | undefined>;
  end(why: string): void;
}

// Messages are checked strictly one after another, but dealt with side by side: a confirmation must not wait behind
// events that are being written to disk.
function receive(socket: WebSocket, { take, end }: Receiver): void {
  let queued = 0;
  const fail = (error: unknown) => end(`dealing with a message failed: ${text(error)}`);
  const inbound = inTurn(fail);

  function done(): void {
    queued -= 1;
    if (queued < connectionLimits.maxQueuedMessages / 2) socket.resume();
  }

  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) return end('it sent a binary message');
    queued += 1;
    if (queued >= connectionLimits.maxQueuedMessages) socket.pause();
    inbound(async () => {
      const deal = await take(data.toString('utf8'));
      void (deal?.() ?? Promise.resolve()).catch(fail).finally(done);
    });
  });
  socket.on('error', (error) => end(`the socket failed: ${error.message}`));
  socket.on('close', () => end('it hung up'));
}

/** Runs asynchronous steps one after another. */
function inTurn(failed: (error: unknown) => void): (step: () => Promise<void>) => void {
  let last: Promise<void> = Promise.resolve();
  return (step) => {
    last = last.then(step).catch(failed);
  };
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
