// A client of the relay that does only what a test tells it to: the handshake with a real proof, and single frames.

import type { IncomingHttpHeaders } from 'node:http';
import { randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';
import {
  decodeFrame,
  encodeFrame,
  limits,
  runHeader,
  tunnelPath,
  tunnelProtocol,
  type EndReason,
  type Frame,
  type Notice,
  type StreamFrame,
} from '../../../relay/frames.ts';
import { makeProof, type SessionKey } from '../../../relay/proof.ts';
import { createWatch } from './watch.ts';
import { within } from '../../support/within.ts';

export interface Knock {
  /** Where to dial; `url` is what the proof names. */
  readonly port: number;
  readonly url: string;
  readonly ca: string;
  readonly token: string;
  readonly key: SessionKey;
  readonly run?: string;
  /** Instead of a proof made for this knock. */
  readonly proof?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Answer =
  | { readonly kind: 'open'; readonly tunnel: Tunnel }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly error: string;
      readonly headers: IncomingHttpHeaders;
    };

export interface Tunnel {
  readonly socket: WebSocket;
  readonly frames: Frame[];
  /** The nonce of the handshake's answer. */
  readonly nonce: string;
  /** The proof it got in with. */
  readonly proof: string;
  send(frame: Frame): void;
  notice<K extends Notice['kind']>(kind: K): Promise<Extract<Notice, { kind: K }>>;
  ended(): Promise<EndReason>;
  closed(): Promise<void>;
  frame<K extends StreamFrame['kind']>(
    kind: K,
    stream: number,
  ): Promise<Extract<StreamFrame, { kind: K }>>;
  /** Opens a stream and waits until the relay has dialled. */
  open(stream: number, credit?: number): Promise<void>;
  /** What has come on a stream so far. */
  received(stream: number): Buffer;
  /** Resolves when so many bytes have come on a stream. */
  bytes(stream: number, count: number): Promise<Buffer>;
}

export function newRun(): string {
  return randomBytes(16).toString('base64url');
}

/** Knocks twice, as a client does: once to be told the nonce, once with it. */
export async function knock(request: Knock): Promise<Answer> {
  const run = request.run ?? newRun();
  if (request.proof !== undefined) return upgrade({ ...request, run, proof: request.proof });
  const first = await upgrade({ ...request, run, proof: await proofFor(request) });
  if (first.kind === 'open' || first.error !== 'use_dpop_nonce') return first;
  const nonce = String(first.headers['dpop-nonce']);
  return upgrade({ ...request, run, proof: await proofFor(request, nonce) });
}

export function proofFor(
  { key, url, token }: Pick<Knock, 'key' | 'url' | 'token'>,
  nonce?: string,
): Promise<string> {
  return makeProof(key, {
    method: 'GET',
    url: `${url}${tunnelPath}`,
    now: new Date(),
    token,
    ...(nonce !== undefined && { nonce }),
  });
}

/** Knocks, and throws when it is not let in. */
export async function enter(request: Knock): Promise<Tunnel> {
  const answer = await knock(request);
  if (answer.kind === 'open') return answer.tunnel;
  throw new Error(`refused: ${answer.status} ${answer.error}`);
}

function upgrade(request: Knock & { run: string; proof: string }): Promise<Answer> {
  const { port, ca, token, run, proof } = request;
  const socket = new WebSocket(`wss://127.0.0.1:${port}${tunnelPath}`, tunnelProtocol, {
    headers: { authorization: `DPoP ${token}`, dpop: proof, [runHeader]: run, ...request.headers },
    perMessageDeflate: false,
    ca,
  });
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  let nonce = '';
  socket.on('upgrade', (response) => (nonce = String(response.headers['dpop-nonce'])));
  const tunnel = tunnelOf(socket, { proof, nonce: () => nonce });
  socket.on('open', () => resolve({ kind: 'open', tunnel }));
  socket.on('error', reject);
  socket.on('unexpected-response', (outgoing, response) => {
    let text = '';
    response.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    response.on('end', () => {
      outgoing.destroy();
      const { error } = JSON.parse(text) as { error: string };
      resolve({
        kind: 'refused',
        status: response.statusCode ?? 0,
        error,
        headers: response.headers,
      });
    });
  });
  return within('an answer to the knock', promise);
}

function tunnelOf(
  socket: WebSocket,
  { proof, nonce }: { proof: string; nonce: () => string },
): Tunnel {
  const frames: Frame[] = [];
  const watch = createWatch(frames);
  const closed = Promise.withResolvers<void>();
  const received = new Map<number, Buffer>();
  socket.on('message', (data: Buffer) => {
    const frame = decodeFrame(data);
    if (frame.kind === 'malformed') throw new Error(`the relay sent ${frame.reason}`);
    if (frame.kind === 'data') {
      const before = received.get(frame.stream) ?? Buffer.alloc(0);
      received.set(frame.stream, Buffer.concat([before, frame.payload]));
    }
    watch.add(frame);
  });
  socket.on('close', () => closed.resolve());

  const send = (frame: Frame): void => socket.send(encodeFrame(frame));
  const notice: Tunnel['notice'] = async (kind) => {
    const frame = await within(`notice ${kind}`, watch.until(isNotice(kind)));
    return frame.notice as never;
  };
  const frame: Tunnel['frame'] = (kind, stream) =>
    within(`${kind} of stream ${stream}`, watch.until(isFrame(kind, stream)));
  const soFar = (stream: number): Buffer => received.get(stream) ?? Buffer.alloc(0);

  return {
    socket,
    frames,
    proof,
    get nonce() {
      return nonce();
    },
    send,
    notice,
    frame,
    ended: async () => (await notice('ended')).reason,
    closed: () => within('the tunnel closes', closed.promise),
    async open(stream, credit = limits.initialCreditBytes) {
      send({ kind: 'open', stream, credit });
      await frame('opened', stream);
    },
    received: soFar,
    async bytes(stream, count) {
      const enough = (): boolean => soFar(stream).length >= count;
      const is = (entry: Frame): entry is Frame => entry.kind === 'data' && enough();
      if (!enough()) await within(`${count} bytes of stream ${stream}`, watch.until(is));
      return soFar(stream);
    },
  };
}

function isNotice(kind: Notice['kind']) {
  return (frame: Frame): frame is Extract<Frame, { kind: 'notice' }> =>
    frame.kind === 'notice' && frame.notice.kind === kind;
}

function isFrame<K extends StreamFrame['kind']>(kind: K, stream: number) {
  return (frame: Frame): frame is Extract<StreamFrame, { kind: K }> =>
    frame.kind === kind && 'stream' in frame && frame.stream === stream;
}

/** What a client sends to open a tunnel, for those who write the request themselves. */
export function upgradeHeaders({
  token,
  proof,
}: {
  token: string;
  proof: string;
}): Record<string, string> {
  return {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol': tunnelProtocol,
    [runHeader]: newRun(),
    authorization: `DPoP ${token}`,
    dpop: proof,
  };
}
