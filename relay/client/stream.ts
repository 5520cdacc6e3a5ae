// One local connection carried as one stream. Promises that neither side can make this process hold more than a
// window of bytes for it, that a half-close stays a half-close and a reset a reset, in both directions. It knows
// nothing of the WebSocket: frames go out through `send` and come in through the methods.

import type { Socket } from 'node:net';
import { limits, type Frame } from '../frames.ts';
import { resetSocket } from './listener.ts';

export interface Stream {
  /** The relay has dialled: we may send this many bytes. */
  opened(credit: number): void;
  /** Bytes from the service; false when the relay sent more than it was allowed to. */
  receive(payload: Uint8Array): boolean;
  /** We may send this many bytes more. */
  credit(more: number): void;
  /** The service will send nothing more. */
  end(): void;
  /** The stream is over at once. */
  reset(): void;
}

export interface StreamHost {
  send(frame: Frame): void;
  /** The stream has left nothing to do; its number is not used again. */
  gone(): void;
  moved(bytes: { readonly up: number } | { readonly down: number }): void;
}

/** Sends OPEN; the socket stays paused until the relay answers. */
export function carryStream(id: number, socket: Socket, host: StreamHost): Stream {
  // Upwards: what the relay lets us send, and the bytes read but not yet allowed to go.
  let sendCredit = 0;
  let queued: Uint8Array | undefined;
  let localEnded = false;
  let endSent = false;
  // Downwards: what we let the relay send, and what the local program has taken but we have not given back.
  let receiveCredit = limits.initialCreditBytes;
  let taken = 0;
  let remoteEnded = false;
  let closed = false;
  let over = false;

  host.send({ kind: 'open', stream: id, credit: receiveCredit });
  socket.setNoDelay(true);
  socket.on('data', (chunk: Buffer) => {
    queued = chunk;
    flush();
  });
  socket.on('end', () => {
    localEnded = true;
    flush();
  });
  // An error is followed by 'close'.
  socket.on('close', () => {
    closed = true;
    settle();
  });

  // A close before both sides have ended is how a reset by the program looks. After both it comes by itself, and then
  // what was read last may still wait for the relay to have room.
  function settle(): void {
    const owing = localEnded && remoteEnded && !endSent;
    if (over || !closed || owing) return;
    if (!(endSent && remoteEnded)) host.send({ kind: 'reset', stream: id, code: 0, text: '' });
    leave();
  }

  function flush(): void {
    while (queued !== undefined && sendCredit > 0) {
      const size = Math.min(queued.length, sendCredit, limits.maxDataBytes);
      host.send({ kind: 'data', stream: id, payload: queued.subarray(0, size) });
      host.moved({ up: size });
      sendCredit -= size;
      queued = size === queued.length ? undefined : queued.subarray(size);
    }
    // Not reading is what tells the local program to wait: its own socket fills up.
    if (queued !== undefined || sendCredit === 0) socket.pause();
    else socket.resume();
    if (queued === undefined && localEnded && !endSent) {
      endSent = true;
      host.send({ kind: 'end', stream: id });
      settle();
    }
  }

  /**
   * Credit goes back when the program has taken the bytes, not when they arrived: a stalled reader stops its stream.
   */
  function giveBack(bytes: number): void {
    taken += bytes;
    if (over || taken < limits.initialCreditBytes / 2) return;
    receiveCredit += taken;
    host.send({ kind: 'credit', stream: id, credit: taken });
    taken = 0;
  }

  function leave(): void {
    if (over) return;
    over = true;
    host.gone();
  }

  return {
    opened(credit) {
      sendCredit = credit;
      flush();
    },
    receive(payload) {
      if (payload.length > receiveCredit || remoteEnded) return false;
      receiveCredit -= payload.length;
      host.moved({ down: payload.length });
      if (!socket.destroyed) socket.write(payload, () => giveBack(payload.length));
      return true;
    },
    credit(more) {
      sendCredit += more;
      flush();
    },
    end() {
      remoteEnded = true;
      socket.end();
    },
    reset() {
      leave();
      resetSocket(socket);
    },
  };
}
