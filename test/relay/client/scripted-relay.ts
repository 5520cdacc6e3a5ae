// A relay of a few lines, over real TLS and real sockets. It demands the proof and the nonce as the real one does, and
// otherwise does what a test tells it, wrong things included.

import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { WebSocketServer, type WebSocket } from 'ws';
import {
  decodeFrame,
  encodeFrame,
  limits,
  tunnelPath,
  tunnelProtocol,
  type Frame,
  type Notice,
} from '../../../relay/frames.ts';
import { checkProof } from '../../../relay/proof.ts';
import { refusalBody, tunnelRefusals, type TunnelRefusalCode } from '../../../relay/refusals.ts';
import { json, listen, originOf, type Guise } from './scripted.ts';
import { seen } from './soon.ts';

export interface RelayTunnel {
  readonly run: string;
  readonly token: string;
  /** What the proof of a later token has to name; it went out with the answer to the Upgrade. */
  readonly nonce: string;
  readonly socket: WebSocket;
  send(frame: Frame): void;
  notice(notice: Notice): void;
  /** The next frame of a kind, from the tunnel's beginning; frames that nobody waits for are kept. */
  next<K extends Frame['kind']>(kind: K): Promise<Extract<Frame, { kind: K }>>;
}

export interface ScriptedRelay {
  readonly url: string;
  readonly tunnels: RelayTunnel[];
  /** The n-th tunnel, counted from 0. */
  tunnel(n: number): Promise<RelayTunnel>;
  /** Refuses every Upgrade with this code while set. */
  refuse: TunnelRefusalCode | undefined;
  /** What happens to a tunnel that was opened: "ready" and nothing else unless changed. */
  serve: (tunnel: RelayTunnel) => void;
  stop(): void;
}

export async function openRelay(t: TestContext, guise?: Guise): Promise<ScriptedRelay> {
  const nonce = randomBytes(12).toString('base64url');
  const opened = new EventEmitter();
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => tunnelProtocol });
  sockets.on('headers', (headers) => headers.push(`DPoP-Nonce: ${nonce}`));
  const server = await listen(t, (_request, response) => json(response, 404, {}), guise);
  const relay: ScriptedRelay = {
    url: originOf(server),
    tunnels: [],
    tunnel(n) {
      return seen(`tunnel ${n}`, opened, () => relay.tunnels[n]);
    },
    refuse: undefined,
    serve: (tunnel) => tunnel.notice({ kind: 'ready', session: 's_1', exp: 0 }),
    stop() {
      for (const { socket } of relay.tunnels) socket.terminate();
      server.close();
      server.closeAllConnections();
    },
  };
  t.after(() => relay.stop());

  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    void admit(request).then((refusal) => {
      if (refusal !== undefined) return turnAway(socket, refusal, nonce);
      // In one packet with the answer: the client must not miss the first notice.
      socket.cork();
      sockets.handleUpgrade(request, socket, head, (ws) => accept(ws, request));
      socket.uncork();
    });
  });

  async function admit(request: IncomingMessage): Promise<TunnelRefusalCode | undefined> {
    const verdict = await checkProof(String(request.headers['dpop']), {
      method: 'GET',
      url: `${relay.url}${tunnelPath}`,
      now: new Date(),
      token: tokenOf(request),
      isFreshNonce: (given) => given === nonce,
    });
    if (verdict.kind === 'invalid')
      return verdict.reason === 'nonce' ? 'use_dpop_nonce' : 'invalid_dpop_proof';
    return relay.refuse;
  }

  function accept(socket: WebSocket, request: IncomingMessage): void {
    const tunnel = tunnelOver(socket, request, nonce);
    relay.tunnels.push(tunnel);
    relay.serve(tunnel);
    opened.emit('change');
  }
  return relay;
}

function tunnelOver(socket: WebSocket, request: IncomingMessage, nonce: string): RelayTunnel {
  const kept: Frame[] = [];
  const arrived = new EventEmitter();
  socket.on('message', (data) => {
    const frame = decodeFrame(data as Buffer);
    // decodeFrame hands out views; ws may use the memory again.
    kept.push(
      frame.kind === 'data'
        ? { ...frame, payload: Uint8Array.from(frame.payload) }
        : (frame as Frame),
    );
    arrived.emit('change');
  });
  socket.on('error', () => {});
  const send = (frame: Frame): void => socket.send(encodeFrame(frame));
  return {
    run: String(request.headers['sallyport-run']),
    token: tokenOf(request),
    nonce,
    socket,
    send,
    notice: (notice) => send({ kind: 'notice', notice }),
    next<K extends Frame['kind']>(kind: K) {
      return seen(`a frame "${kind}"`, arrived, () => {
        const at = kept.findIndex((frame) => frame.kind === kind);
        return at === -1 ? undefined : (kept.splice(at, 1)[0] as Extract<Frame, { kind: K }>);
      });
    },
  };
}

/** Carries streams to a port here, as a relay does. Credit is given back as it comes: the far end never stalls. */
export function carryTo(port: number): (tunnel: RelayTunnel) => void {
  return (tunnel) => {
    const streams = new Map<number, Dialled>();
    tunnel.socket.on('message', (data) => {
      const frame = decodeFrame(Buffer.from(data as Buffer));
      if (!('stream' in frame)) return;
      const { stream } = frame;
      if (frame.kind === 'open') {
        streams.set(stream, dial({ tunnel, stream, port, credit: frame.credit }));
      }
      const dialled = streams.get(stream);
      if (frame.kind === 'data') {
        dialled?.socket.write(frame.payload);
        tunnel.send({ kind: 'credit', stream, credit: frame.payload.length });
      }
      if (frame.kind === 'credit') dialled?.more(frame.credit);
      if (frame.kind === 'end') dialled?.socket.end();
      if (frame.kind === 'reset') dialled?.socket.destroy();
    });
    tunnel.socket.on('close', () => streams.forEach(({ socket }) => socket.destroy()));
    tunnel.notice({ kind: 'ready', session: 's_1', exp: 0 });
  };
}

interface Dialled {
  readonly socket: Socket;
  more(credit: number): void;
}

function dial(to: { tunnel: RelayTunnel; stream: number; port: number; credit: number }): Dialled {
  const { tunnel, stream } = to;
  const socket = connect({ port: to.port, host: '127.0.0.1', allowHalfOpen: true });
  let { credit } = to;
  // Pulls instead of being pushed: what may not be sent yet stays in the socket.
  function pump(): void {
    for (;;) {
      const size = Math.min(credit, limits.maxDataBytes, socket.readableLength);
      // read(0) takes nothing, but asks for more, or for the end.
      const payload = socket.read(size) as Buffer | null;
      if (payload === null) return;
      credit -= payload.length;
      tunnel.send({ kind: 'data', stream, payload });
    }
  }
  socket.on('connect', () =>
    tunnel.send({ kind: 'opened', stream, credit: limits.initialCreditBytes }),
  );
  socket.on('readable', pump);
  socket.on('end', () => tunnel.send({ kind: 'end', stream }));
  socket.on('error', () => tunnel.send({ kind: 'reset', stream, code: 0, text: '' }));
  return {
    socket,
    more(bytes) {
      credit += bytes;
      pump();
    },
  };
}

function tokenOf(request: IncomingMessage): string {
  return String(request.headers.authorization).replace(/^DPoP /, '');
}

function turnAway(socket: Socket, code: TunnelRefusalCode, nonce: string): void {
  const body = JSON.stringify(refusalBody(code));
  socket.end(
    `HTTP/1.1 ${tunnelRefusals[code].status} No\r\ndpop-nonce: ${nonce}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
