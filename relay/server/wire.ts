// One WebSocket with one client. Promises that what is not a frame, a client that does not read, and a client that is
// gone without a word each end it; and that small frames of many streams leave in one write. It carries frames and
// judges none.

import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { decodeFrame, encodeFrame, type Frame } from '../frames.ts';
import type { Limits } from './limits.ts';

export interface Wire {
  send(frame: Frame): void;
  /** More than `maxSessionBufferBytes` wait for the client. */
  isFull(): boolean;
  /** Ends it at once. A last frame is given a moment to leave; nothing that comes in is heard any more. */
  cut(lastWord?: Frame): void;
}

export interface WireEvents {
  frame(frame: Frame): void;
  /** The client has read enough to go on. */
  drained(): void;
  /** Once, unless it was cut from here. */
  gone(ending: WireEnding): void;
}

type WireEnding =
  | { readonly kind: 'goodbye' }
  /** The network, or the client without a word. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'broke-rules'; readonly fault: string };

/** How long a last word may take to leave. The connections behind it are cut before. */
const lastWordMs = 250;
/** A client may make this many times the buffer wait before it is cut: answers to its own messages count too. */
const overfullTimes = 4;

/** `carrier` is the TLS socket below, as the upgrade gave it. */
export function openWire(
  webSocket: WebSocket,
  carrier: Duplex,
  { limits, events }: { readonly limits: Limits; readonly events: WireEvents },
): Wire {
  let isOver = false;
  let fault: string | undefined;
  let missed = 0;
  let isCorked = false;

  const pings = setInterval(() => {
    if (missed >= limits.maxMissedPings) return webSocket.terminate();
    missed += 1;
    webSocket.ping();
  }, limits.pingSeconds * 1000);

  webSocket.on('message', (data, isBinary) => {
    missed = 0;
    if (isOver) return;
    if (isBinary) take(data);
    else fail('it sent text');
  });
  webSocket.on('pong', () => (missed = 0));
  // Pings are answered by ws, which itself cuts a client that lets too many of the answers wait.
  // ws reports here what it refuses: fragments, oversized or unmasked frames, broken UTF-8.
  webSocket.on('error', (error) => (fault ??= error.message));
  webSocket.on('close', (code) => {
    clearInterval(pings);
    if (isOver) return;
    isOver = true;
    if (fault !== undefined) events.gone({ kind: 'broke-rules', fault });
    else events.gone({ kind: code === 1000 ? 'goodbye' : 'lost' });
  });
  carrier.on('drain', () => {
    if (!isOver) events.drained();
  });

  function take(data: RawData): void {
    // ws hands over a Buffer unless told otherwise by binaryType.
    const frame = decodeFrame(data as Buffer);
    if (frame.kind === 'malformed') return fail(frame.reason);
    events.frame(frame);
  }

  function fail(reason: string): void {
    fault ??= reason;
    webSocket.terminate();
  }

  function guardBuffer(): void {
    if (webSocket.bufferedAmount > limits.maxSessionBufferBytes * overfullTimes) {
      fail('it does not read');
    }
  }

  // Everything that is sent in one turn of the event loop leaves in one write: half of the cost of small messages.
  function gatherWrites(): void {
    if (isCorked) return;
    isCorked = true;
    carrier.cork();
    setImmediate(() => {
      isCorked = false;
      carrier.uncork();
    });
  }

  return {
    send(frame) {
      if (isOver || webSocket.readyState !== webSocket.OPEN) return;
      gatherWrites();
      webSocket.send(encodeFrame(frame), { binary: true });
      guardBuffer();
    },
    // The limit is never below the carrier's own mark (limits.ts), so 'drain' follows whenever this was true.
    isFull: () => webSocket.bufferedAmount > limits.maxSessionBufferBytes,
    cut(lastWord) {
      if (isOver) return;
      isOver = true;
      clearInterval(pings);
      const isStalled = webSocket.bufferedAmount > limits.maxSessionBufferBytes;
      if (lastWord === undefined || isStalled || webSocket.readyState !== webSocket.OPEN) {
        return webSocket.terminate();
      }
      const giveUp = setTimeout(() => webSocket.terminate(), lastWordMs);
      webSocket.send(encodeFrame(lastWord), { binary: true }, () => {
        clearTimeout(giveUp);
        webSocket.terminate();
      });
    },
  };
}
