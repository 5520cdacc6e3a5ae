// Streams in one WebSocket, used by both ends. One binary message is one frame: type (1 byte), stream (4 bytes, big
// endian), payload. A stream is one TCP connection with its own credit in each direction: bytes that may still be sent.
// Pure: bytes to values and back. No byte sequence makes the decoder throw; what is not a frame is `malformed`.

import { Buffer } from 'node:buffer';
import { isRecord, type JsonRecord } from './jws.ts';

export const tunnelPath = '/tunnel';
export const tunnelProtocol = 'sallyport-tunnel.v1';
/** Names the run of the client: the same in every reconnect, which continues the session instead of starting one. */
export const runHeader = 'sallyport-run';
/** 16 random bytes in base64url. */
export const runIdPattern = /^[A-Za-z0-9_-]{21}[AQgw]$/;

export type Frame = StreamFrame | NoticeFrame | TokenFrame;

export type StreamFrame =
  /** client → relay: dial. `credit` is how many bytes the relay may send at once. */
  | { readonly kind: 'open'; readonly stream: number; readonly credit: number }
  /** relay → client: dialled. `credit` is how many bytes the client may send. */
  | { readonly kind: 'opened'; readonly stream: number; readonly credit: number }
  | { readonly kind: 'data'; readonly stream: number; readonly payload: Uint8Array }
  /** As many bytes more may be sent. */
  | { readonly kind: 'credit'; readonly stream: number; readonly credit: number }
  /** No more data from this side; the other may go on (a TCP half-close). */
  | { readonly kind: 'end'; readonly stream: number }
  /** The stream is over at once, in both directions. */
  | {
      readonly kind: 'reset';
      readonly stream: number;
      readonly code: number;
      readonly text: string;
    };

/** relay → client, on stream 0. */
interface NoticeFrame {
  readonly kind: 'notice';
  readonly notice: Notice;
}

/** client → relay, on stream 0: a later token for the same grant and key, with a proof for it. */
interface TokenFrame {
  readonly kind: 'token';
  readonly token: string;
  readonly proof: string;
}

export type Notice =
  /** Admitted. `exp` in seconds since 1970. */
  | { readonly kind: 'ready'; readonly session: string; readonly exp: number }
  | { readonly kind: 'expiring'; readonly inSeconds: number }
  /** The last thing the client hears. */
  | { readonly kind: 'ended'; readonly reason: EndReason }
  /** The relay is going away: reconnect, to another one if there is one. */
  | { readonly kind: 'draining' }
  | { readonly kind: 'renewed'; readonly exp: number }
  | { readonly kind: 'renewal-refused'; readonly reason: string };

/** Why a session ended. `lost` is what the bot infers of a relay that never came back. */
export const endReasons = [
  'closed',
  'expired',
  'revoked',
  'idle',
  'control-lost',
  'relay-restart',
  'shutdown',
  'error',
  'lost',
] as const;
export type EndReason = (typeof endReasons)[number];

/** Codes of a reset. The text says the same to a person. */
export const resetCodes = {
  /** The TCP connection on the other side was reset or broke. */
  reset: 0,
  /** The target could not be reached. */
  unreachable: 1,
  /** This connection may not be opened now: limits, lease, grant or allow-list. */
  refused: 2,
  /** The session is over. */
  ended: 3,
} as const;

export const limits = {
  /** What a new stream may send before it is given more. */
  initialCreditBytes: 256 * 1024,
  /** Payload of one data frame. */
  maxDataBytes: 32 * 1024,
  /** The largest message either side takes. */
  maxFrameBytes: 64 * 1024,
  /** Credit that one stream may hold; more is a mistake or an attack on the counter. */
  maxCreditBytes: 16 * 1024 * 1024,
  /** The words that go with a reset, in UTF-8. */
  maxResetTextBytes: 200,
} as const;

export type Decoding = Frame | { readonly kind: 'malformed'; readonly reason: string };

export function encodeFrame(frame: Frame): Uint8Array {
  const type = types[frame.kind];
  switch (frame.kind) {
    case 'open':
    case 'opened':
    case 'credit': {
      const bytes = withHeader(type, frame.stream, 4);
      bytes.writeUInt32BE(frame.credit, headerBytes);
      return bytes;
    }
    case 'data':
      return withPayload(type, frame.stream, frame.payload);
    case 'end':
      return withHeader(type, frame.stream, 0);
    case 'reset':
      return withPayload(type, frame.stream, resetPayload(frame.code, frame.text));
    case 'notice':
      return withPayload(type, 0, Buffer.from(JSON.stringify(frame.notice)));
    case 'token':
      return withPayload(
        type,
        0,
        Buffer.from(JSON.stringify({ token: frame.token, proof: frame.proof })),
      );
  }
}

/** The payload of a data frame is a view into `bytes`, not a copy. */
export function decodeFrame(bytes: Uint8Array): Decoding {
  if (bytes.length < headerBytes) return malformed('a frame without a whole header');
  if (bytes.length > limits.maxFrameBytes) return malformed('a frame that is too large');
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const kind = kinds.get(view.readUInt8(0));
  const stream = view.readUInt32BE(1);
  const payload = view.subarray(headerBytes);
  if (kind === undefined) return malformed('a frame of an unknown type');
  if (kind === 'notice' || kind === 'token') {
    return stream === 0 ? decodeSessionFrame(kind, payload) : malformed('a stream where none is');
  }
  if (stream === 0) return malformed('a stream frame without a stream');
  return decodeStreamFrame(kind, stream, payload);
}

const headerBytes = 5;

const types = {
  open: 1,
  opened: 2,
  data: 3,
  credit: 4,
  end: 5,
  reset: 6,
  notice: 7,
  token: 8,
} as const satisfies Record<Frame['kind'], number>;

const kinds: ReadonlyMap<number, Frame['kind']> = new Map(
  Object.entries(types).map(([kind, type]) => [type, kind as Frame['kind']]),
);

function decodeStreamFrame(kind: StreamFrame['kind'], stream: number, payload: Buffer): Decoding {
  switch (kind) {
    case 'open':
    case 'opened':
    case 'credit': {
      if (payload.length !== 4) return malformed('credit that is not four bytes');
      const credit = payload.readUInt32BE();
      const fits = credit >= 1 && credit <= limits.maxCreditBytes;
      return fits ? { kind, stream, credit } : malformed('credit out of bounds');
    }
    case 'data': {
      const fits = payload.length >= 1 && payload.length <= limits.maxDataBytes;
      return fits ? { kind, stream, payload } : malformed('data out of bounds');
    }
    case 'end':
      return payload.length === 0 ? { kind, stream } : malformed('an end with a payload');
    case 'reset': {
      const text = decodeText(payload.subarray(1));
      const fits = payload.length >= 1 && payload.length <= 1 + limits.maxResetTextBytes;
      if (!fits || text === undefined) return malformed('a reset without a proper reason');
      return { kind, stream, code: payload.readUInt8(), text };
    }
  }
}

function decodeSessionFrame(kind: 'notice' | 'token', payload: Buffer): Decoding {
  const value = parseRecord(payload);
  if (value === undefined) return malformed('a message that is not JSON');
  if (kind === 'token') {
    const { token, proof } = value;
    if (typeof token === 'string' && typeof proof === 'string') return { kind, token, proof };
    return malformed('a token frame without token and proof');
  }
  const notice = readNotice(value);
  return notice ? { kind, notice } : malformed('a notice of an unknown shape');
}

function readNotice(value: JsonRecord): Notice | undefined {
  const { kind, session, exp, inSeconds, reason } = value;
  switch (kind) {
    case 'ready':
      if (typeof session === 'string' && isCount(exp)) return { kind, session, exp };
      return undefined;
    case 'expiring':
      return isCount(inSeconds) ? { kind, inSeconds } : undefined;
    case 'ended': {
      const known = endReasons.find((name) => name === reason);
      return known && { kind, reason: known };
    }
    case 'draining':
      return { kind };
    case 'renewed':
      return isCount(exp) ? { kind, exp } : undefined;
    case 'renewal-refused':
      return typeof reason === 'string' ? { kind, reason } : undefined;
    default:
      return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parseRecord(payload: Buffer): JsonRecord | undefined {
  const text = decodeText(payload);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function resetPayload(code: number, text: string): Buffer {
  // Cut between characters, not inside one: encodeInto writes whole ones only.
  const words = Buffer.alloc(limits.maxResetTextBytes);
  const { written } = new TextEncoder().encodeInto(text, words);
  return Buffer.concat([Buffer.of(code), words.subarray(0, written)]);
}

function withHeader(type: number, stream: number, payloadBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + payloadBytes);
  bytes.writeUInt8(type, 0);
  bytes.writeUInt32BE(stream, 1);
  return bytes;
}

function withPayload(type: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = withHeader(type, stream, payload.length);
  bytes.set(payload, headerBytes);
  return bytes;
}

function malformed(reason: string): { readonly kind: 'malformed'; readonly reason: string } {
  return { kind: 'malformed', reason };
}
