// The streams of one WebSocket: an OPEN frame is judged and dialled, everything else goes to its pipe. Promises that
// numbers only grow, that nothing is looked up or dialled past the session's limits, and that no connection outlives
// `destroy`.

import type { Socket } from 'node:net';
import { limits, resetCodes, type StreamFrame } from '../frames.ts';
import type { Dialling } from './dial.ts';
import { openPipe, type Pipe } from './pipe.ts';

/** Why a stream is not dialled now, for the client and the log. */
export type OpenRefusal = 'over' | 'revoked' | 'stale' | 'too-many' | 'not-allowed';

export interface StreamsHost {
  send(frame: StreamFrame): void;
  /** More waits for the client than may: nothing is read from the services until `resume`. */
  isFull(): boolean;
  moved(bytes: { readonly up: number } | { readonly down: number }): void;
  /** Asked before dialling and again when the service has answered: a grant can end in between. */
  mayOpen(): { readonly kind: 'yes' } | { readonly kind: 'no'; readonly refusal: OpenRefusal };
  dial(signal: AbortSignal): Promise<Dialling>;
  /** A stream takes a place until its dial has come to nothing, also one that nobody waits for, or its end. */
  opened(): void;
  closed(): void;
  /** The service has answered, and the stream is a connection. */
  connected(): void;
  /** A dial that did not become a connection. */
  failed(dialling: Exclude<Dialling, { kind: 'connected' | 'cancelled' }>): void;
}

export interface Streams {
  /** False when the client broke the rules. */
  receive(frame: StreamFrame): boolean;
  /** The WebSocket has room again. */
  resume(): void;
  /** Places that are taken. */
  count(): number;
  destroy(): void;
}

/**
 * A stream is being dialled, and its client may already have said END; or the client has reset it meanwhile; or it is a
 * connection. A look-up cannot be called back: were its place free at the reset, OPEN and RESET in turn would start any
 * number of them.
 */
type Stream =
  | { readonly kind: 'dialling'; readonly cancel: AbortController; hasEnded: boolean }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'open'; readonly pipe: Pipe };

export function openStreams(host: StreamsHost): Streams {
  const streams = new Map<number, Stream>();
  let highest = 0;

  function open(stream: number, credit: number): boolean {
    // Numbers only grow, so that a late frame of an old stream can never reach a new one.
    if (stream <= highest) return false;
    highest = stream;
    const verdict = host.mayOpen();
    if (verdict.kind === 'no') {
      host.send({ kind: 'reset', stream, code: resetCodes.refused, text: words[verdict.refusal] });
      return true;
    }
    const dialling: Stream = { kind: 'dialling', cancel: new AbortController(), hasEnded: false };
    streams.set(stream, dialling);
    host.opened();
    void host
      .dial(dialling.cancel.signal)
      .then((result) => settle({ stream, credit, dialling, result }));
    return true;
  }

  function settle(dialled: {
    readonly stream: number;
    readonly credit: number;
    readonly dialling: Extract<Stream, { kind: 'dialling' }>;
    readonly result: Dialling;
  }): void {
    const { stream, credit, dialling, result } = dialled;
    if (dialling.cancel.signal.aborted) {
      if (result.kind === 'connected') result.socket.resetAndDestroy();
      return forget(stream);
    }
    if (result.kind !== 'connected') {
      if (result.kind !== 'cancelled') host.failed(result);
      return giveUp(stream, result.kind === 'refused' ? 'not-allowed' : 'unreachable');
    }
    const verdict = host.mayOpen();
    // The limit counts this very stream by now, so it cannot be what has changed.
    if (verdict.kind === 'no' && verdict.refusal !== 'too-many') {
      result.socket.resetAndDestroy();
      return giveUp(stream, verdict.refusal);
    }
    connect(result.socket, { stream, credit, hasEnded: dialling.hasEnded });
  }

  function connect(
    socket: Socket,
    { stream, credit, hasEnded }: { stream: number; credit: number; hasEnded: boolean },
  ): void {
    host.connected();
    host.send({ kind: 'opened', stream, credit: limits.initialCreditBytes });
    const { send, isFull, moved } = host;
    const gone = (): void => forget(stream);
    const pipe = openPipe(socket, { stream, credit, send, isFull, moved, gone });
    streams.set(stream, { kind: 'open', pipe });
    if (hasEnded) pipe.receive({ kind: 'end', stream });
  }

  function giveUp(stream: number, why: keyof typeof words): void {
    const code = why === 'unreachable' ? resetCodes.unreachable : resetCodes.refused;
    host.send({ kind: 'reset', stream, code, text: words[why] });
    forget(stream);
  }

  function forget(stream: number): void {
    if (streams.delete(stream)) host.closed();
  }

  function whileDialling(
    stream: number,
    dialling: Extract<Stream, { kind: 'dialling' }>,
    frame: StreamFrame,
  ): boolean {
    if (frame.kind === 'reset') {
      dialling.cancel.abort();
      streams.set(stream, { kind: 'cancelled' });
      return true;
    }
    // Before OPENED the client has no credit, so the only other thing it may say is that it will say nothing.
    if (frame.kind !== 'end' || dialling.hasEnded) return false;
    dialling.hasEnded = true;
    return true;
  }

  return {
    receive(frame) {
      if (frame.kind === 'open') return open(frame.stream, frame.credit);
      if (frame.kind === 'opened') return false;
      const stream = streams.get(frame.stream);
      // Just ended on our side: what was under way for it is let go.
      if (stream === undefined || stream.kind === 'cancelled') return frame.stream <= highest;
      return stream.kind === 'open'
        ? stream.pipe.receive(frame)
        : whileDialling(frame.stream, stream, frame);
    },
    resume() {
      for (const stream of streams.values()) if (stream.kind === 'open') stream.pipe.resume();
    },
    count: () => streams.size,
    destroy() {
      for (const [number, stream] of streams) {
        // A dial gives its place back itself, when it has settled.
        if (stream.kind === 'dialling') stream.cancel.abort();
        if (stream.kind !== 'open') continue;
        stream.pipe.destroy();
        forget(number);
      }
    },
  };
}

/** What the person reads at the terminal. Vague about addresses: the relay's log is exact. */
const words = {
  over: 'The session has ended.',
  revoked: 'The grant was revoked.',
  stale: 'The relay has lost the bot; no new connection until it is back.',
  'too-many': 'The session has as many connections as the grant allows.',
  'not-allowed': 'The relay may not dial this target.',
  unreachable: 'The service could not be reached.',
} as const satisfies Record<OpenRefusal | 'unreachable', string>;
