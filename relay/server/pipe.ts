// One stream and its TCP connection to the service. Promises that neither side can make this process hold more than a
// window of bytes, however slow the other is; that a half-close stays a half-close and a reset a reset, both ways; and
// that every byte is counted once. It knows nothing of the WebSocket: frames go out through `send`.

import type { Socket } from 'node:net';
import { limits, resetCodes, type StreamFrame } from '../frames.ts';

export interface Pipe {
  /** A frame of the client for this stream. False when the client broke the rules. */
  receive(frame: StreamFrame): boolean;
  /** The WebSocket has room again. */
  resume(): void;
  /** Ends both ends at once. Nothing is sent to the client. */
  destroy(): void;
}

export interface PipeHost {
  readonly stream: number;
  /** What the client lets us send to begin with. */
  readonly credit: number;
  send(frame: StreamFrame): void;
  /** The client takes less than the services give: nothing is read from them until `resume`. */
  isFull(): boolean;
  moved(bytes: { readonly up: number } | { readonly down: number }): void;
  /** The connection has left nothing behind. */
  gone(): void;
}

/** `socket` is connected and allows half-open. The client has been told OPENED with the initial credit. */
export function openPipe(socket: Socket, host: PipeHost): Pipe {
  const { stream } = host;
  const up = writeToService(socket, host);
  const down = readFromService(socket, host, settle);

  let isClosed = false;
  let isOver = false;
  // An error is always followed by 'close'.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
    settle();
  });

  // A close before both sides have ended is how a reset looks from here. After both it comes by itself, and then what
  // was read last may still wait for the client to have room.
  function settle(): void {
    if (isOver || !isClosed || (up.isEnded() && down.isOwing())) return;
    isOver = true;
    const isWhole = up.isEnded() && down.isEnded();
    if (!isWhole) host.send({ kind: 'reset', stream, code: resetCodes.reset, text: '' });
    host.gone();
  }

  // A reset, so that the service sees a cut and not an ordinary end of its client.
  function abort(): void {
    isOver = true;
    socket.resetAndDestroy();
  }

  return {
    receive(frame) {
      switch (frame.kind) {
        case 'data':
          return up.take(frame.payload);
        case 'credit':
          return down.grant(frame.credit);
        case 'end':
          return up.end();
        case 'reset':
          abort();
          host.gone();
          return true;
        default:
          return false;
      }
    },
    resume: () => down.resume(),
    destroy: abort,
  };
}

/** client → service. What is written but not yet taken by the kernel never exceeds the window we gave. */
function writeToService(socket: Socket, { stream, send, moved }: PipeHost) {
  let allowed: number = limits.initialCreditBytes;
  let taken = 0;
  let waiting: Buffer[] = [];
  let fill = 0;
  let isWriting = false;
  let hasEnded = false;

  // While one write is under way the next bytes gather behind it: many small messages become one write, and a client
  // that sends its window in single bytes costs no more memory than one that does not.
  function gather(payload: Uint8Array): void {
    const tail = waiting.at(-1);
    if (tail !== undefined && fill + payload.length <= tail.length) {
      tail.set(payload, fill);
      fill += payload.length;
      return;
    }
    if (tail !== undefined) waiting[waiting.length - 1] = tail.subarray(0, fill);
    const slab = Buffer.allocUnsafe(Math.max(payload.length, limits.maxDataBytes));
    slab.set(payload);
    fill = payload.length;
    waiting.push(slab);
  }

  function write(bytes: Uint8Array): void {
    isWriting = true;
    socket.write(bytes, (error) => {
      if (error) return;
      isWriting = false;
      giveBack(bytes.length);
      next();
    });
  }

  function next(): void {
    const first = waiting.shift();
    if (first !== undefined) write(waiting.length === 0 ? first.subarray(0, fill) : first);
    else if (hasEnded) socket.end();
  }

  /** Credit goes back when the kernel has the bytes, not when they came: a service that stalls stops its client. */
  function giveBack(bytes: number): void {
    taken += bytes;
    if (hasEnded || taken < limits.initialCreditBytes / 2) return;
    allowed += taken;
    send({ kind: 'credit', stream, credit: taken });
    taken = 0;
  }

  return {
    take(payload: Uint8Array): boolean {
      if (payload.length > allowed || hasEnded) return false;
      allowed -= payload.length;
      moved({ up: payload.length });
      if (socket.destroyed) return true;
      if (isWriting) gather(payload);
      else write(payload);
      return true;
    },
    end(): boolean {
      if (hasEnded) return false;
      hasEnded = true;
      if (!isWriting) socket.end();
      return true;
    },
    isEnded: () => hasEnded && !isWriting,
  };
}

/**
 * service → client. Reading stops when the client's window or the WebSocket is full, so that the service's own socket
 * fills up instead. Whether the WebSocket is full is asked before each frame: a pipe that opens while it is would have
 * missed the word, and one that has just gone on may fill it again.
 */
function readFromService(
  socket: Socket,
  { stream, send, isFull, moved, credit: initial }: PipeHost,
  settle: () => void,
) {
  let credit = initial;
  let queued: Buffer | undefined;
  let hasEnded = false;
  let isEndSent = false;

  socket.on('data', (chunk: Buffer) => {
    queued = chunk;
    flush();
  });
  socket.on('end', () => {
    hasEnded = true;
    flush();
  });

  function flush(): void {
    while (queued !== undefined && credit > 0 && !isFull()) {
      const size = Math.min(queued.length, credit, limits.maxDataBytes);
      send({ kind: 'data', stream, payload: queued.subarray(0, size) });
      moved({ down: size });
      credit -= size;
      queued = size === queued.length ? undefined : queued.subarray(size);
    }
    if (queued !== undefined || credit === 0 || isFull()) socket.pause();
    else socket.resume();
    if (queued === undefined && hasEnded && !isEndSent) {
      isEndSent = true;
      send({ kind: 'end', stream });
      settle();
    }
  }

  return {
    grant(more: number): boolean {
      credit += more;
      if (credit > limits.maxCreditBytes) return false;
      flush();
      return true;
    },
    resume: flush,
    isEnded: () => isEndSent,
    /** The service has said all it had to say, and the client has not been given all of it. */
    isOwing: () => hasEnded && !isEndSent,
  };
}
