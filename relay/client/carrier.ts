// Carries streams over one open WebSocket. Promises that a relay which breaks the format, sends more than it was
// allowed to, or falls silent loses its tunnel at once, and that every local connection then sees a reset, never an
// ordinary end: a result set that was cut must not look complete.

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { decodeFrame, encodeFrame, type Frame, type Notice } from '../frames.ts';
import { resetSocket } from './listener.ts';
import { carryStream, type Stream } from './stream.ts';

export interface Carrier {
  /** Takes over a paused local connection. */
  carry(socket: Socket): void;
  /** Presents a later token for the same grant and key; the answer comes as a notice. */
  present(token: string, proof: string): void;
  /** Asks whether the relay is still there; without an answer soon the tunnel is dropped. */
  check(): void;
  /**
   * Ends the session in order: gives open connections `graceMs` to finish what is under way, resets the rest and
   * says goodbye. Resolves when the relay has heard, and in any case soon.
   */
  close(graceMs: number): Promise<void>;
}

export interface CarrierEvents {
  notice(notice: Notice): void;
  /** The relay could not or would not make a connection. */
  connectionFailed(message: string): void;
  moved(bytes: { readonly up: number } | { readonly down: number }): void;
  opened(): void;
  /** A connection is over, for whatever reason. */
  finished(): void;
  /** The WebSocket is gone and every stream was reset. `fault` is set when the relay broke the rules. */
  gone(fault: string | undefined): void;
}

/** A tunnel is asked for a sign of life this often, so that no middle box takes it for dead. */
const heartbeatMs = 20_000;
/** How long a sign of life may take before the tunnel is given up. */
const answerWithinMs = 10_000;
/** How long an orderly goodbye may take. */
const goodbyeMs = 1000;

export function openCarrier(socket: WebSocket, events: CarrierEvents): Carrier {
  const streams = new Map<number, Stream>();
  let lastId = 0;
  let fault: string | undefined;
  let silence: NodeJS.Timeout | undefined;
  let onIdle = (): void => {};

  const heartbeat = setInterval(check, heartbeatMs);
  socket.on('message', (data, isBinary) => {
    heard();
    // ws gives a Buffer for every message unless told otherwise by binaryType.
    if (isBinary) handle(decodeFrame(data as Buffer));
    else refuse('it sent a text message');
  });
  socket.on('pong', heard);
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    clearInterval(heartbeat);
    heard();
    for (const stream of streams.values()) stream.reset();
    events.gone(fault);
  });
  socket.resume();

  function send(frame: Frame): void {
    if (socket.readyState === socket.OPEN) socket.send(encodeFrame(frame), { binary: true });
  }

  function handle(frame: ReturnType<typeof decodeFrame>): void {
    switch (frame.kind) {
      case 'malformed':
        return refuse(`it sent ${frame.reason}`);
      case 'notice':
        return events.notice(frame.notice);
      case 'open':
      case 'token':
        return refuse(`it sent a frame that only clients send (${frame.kind})`);
      default:
        return deliver(frame);
    }
  }

  /** A stream that is unknown here has just ended on our side; what was under way for it is let go. */
  function deliver(frame: Extract<Frame, { stream: number }>): void {
    const stream = streams.get(frame.stream);
    if (stream === undefined) {
      if (frame.stream > lastId || frame.stream === 0)
        refuse(`it spoke of stream ${frame.stream}, which was never opened`);
      return;
    }
    switch (frame.kind) {
      case 'opened':
        return stream.opened(frame.credit);
      case 'credit':
        return stream.credit(frame.credit);
      case 'data':
        return stream.receive(frame.payload)
          ? undefined
          : refuse('it sent more than it was allowed to');
      case 'end':
        return stream.end();
      case 'reset':
        if (frame.text !== '') events.connectionFailed(frame.text);
        return stream.reset();
      case 'open':
        return undefined;
    }
  }

  function refuse(what: string): void {
    fault ??= `The relay broke the rules: ${what}.`;
    socket.terminate();
  }

  function heard(): void {
    clearTimeout(silence);
    silence = undefined;
  }

  function check(): void {
    if (socket.readyState !== socket.OPEN) return;
    socket.ping();
    silence ??= setTimeout(() => socket.terminate(), answerWithinMs);
  }

  function finishing(graceMs: number): Promise<void> {
    if (streams.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const giveUp = setTimeout(resolve, graceMs);
      onIdle = () => {
        clearTimeout(giveUp);
        resolve();
      };
    });
  }

  return {
    carry(local) {
      if (socket.readyState !== socket.OPEN) return resetSocket(local);
      lastId += 1;
      const id = lastId;
      events.opened();
      const gone = (): void => {
        if (!streams.delete(id)) return;
        events.finished();
        if (streams.size === 0) onIdle();
      };
      streams.set(id, carryStream(id, local, { send, gone, moved: events.moved }));
    },
    present: (token, proof) => send({ kind: 'token', token, proof }),
    check,
    async close(graceMs) {
      if (graceMs > 0) await finishing(graceMs);
      for (const stream of streams.values()) stream.reset();
      await goodbye(socket);
    },
  };
}

function goodbye(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return Promise.resolve();
  return new Promise((resolve) => {
    const giveUp = setTimeout(() => socket.terminate(), goodbyeMs);
    socket.once('close', () => {
      clearTimeout(giveUp);
      resolve();
    });
    socket.close(1000);
  });
}
