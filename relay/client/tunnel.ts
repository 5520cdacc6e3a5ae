// Opens one WebSocket to one relay: the Upgrade with the grant token and a fresh proof by the session's key
// (RFC 9449), answered once with the relay's nonce and then admitted or refused. It promises TLS 1.3 with a verified
// certificate, bounded frames, no compression and no redirect. It carries nothing: carrier.ts does.

import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { limits, runHeader, tunnelPath, tunnelProtocol } from '../frames.ts';
import { makeProof, type SessionKey } from '../proof.ts';
import { authorities, readText, unreachable } from './http.ts';
import type { Failure } from './failure.ts';

export interface TunnelRequest {
  /** The relay's HTTPS origin, as the bot gave it. */
  readonly relay: string;
  /** The relay's own authority (PEM), where it is private. */
  readonly ca?: string | undefined;
  readonly extraCa?: string | undefined;
  readonly token: string;
  readonly key: SessionKey;
  /** The same for every tunnel of one run: the relay continues the session and drops its predecessor. */
  readonly run: string;
  readonly signal: AbortSignal;
}

export type TunnelAnswer =
  | { readonly kind: 'open'; readonly socket: WebSocket; readonly nonce: string | undefined }
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly message: string;
      readonly next: string;
    }
  | { readonly kind: 'unreachable'; readonly failure: Failure };

const handshakeTimeoutMs = 10_000;
const maxRefusalBytes = 8192;

/** Never throws for what the relay or the network does; rejects only when `signal` is aborted. */
export async function openTunnel(request: TunnelRequest): Promise<TunnelAnswer> {
  let nonce: string | undefined;
  // Once without a nonce, once with the relay's; a third time would be a relay that wants us to sign for ever.
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const answer = await upgrade(request, nonce);
    if (request.signal.aborted && answer.kind === 'open') answer.socket.terminate();
    request.signal.throwIfAborted();
    if (answer.kind !== 'nonce') return answer;
    nonce = answer.nonce;
  }
  return {
    kind: 'refused',
    code: 'use_dpop_nonce',
    message: `${request.relay} did not accept the nonce it had just given.`,
    next: 'Run the line again; if it stays so, tell whoever runs the relay.',
  };
}

/** The URL a proof for this relay names (`htu`): https, as the relay knows itself. */
export function proofUrl(relay: string): string {
  return `${relay}${tunnelPath}`;
}

async function upgrade(
  request: TunnelRequest,
  nonce: string | undefined,
): Promise<TunnelAnswer | { kind: 'nonce'; nonce: string }> {
  const proof = await makeProof(request.key, {
    method: 'GET',
    url: proofUrl(request.relay),
    now: new Date(),
    token: request.token,
    ...(nonce === undefined ? {} : { nonce }),
  });
  const ca = authorities(request.ca, request.extraCa);
  const socket = new WebSocket(
    `${request.relay.replace(/^https:/, 'wss:')}${tunnelPath}`,
    tunnelProtocol,
    {
      headers: {
        authorization: `DPoP ${request.token}`,
        dpop: proof,
        [runHeader]: request.run,
      },
      perMessageDeflate: false,
      followRedirects: false,
      handshakeTimeout: handshakeTimeoutMs,
      maxPayload: limits.maxFrameBytes,
      maxFragments: 1,
      minVersion: 'TLSv1.3',
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca: [...ca] }),
    },
  );
  return settle(socket, request);
}

function settle(
  socket: WebSocket,
  { relay, signal }: TunnelRequest,
): Promise<TunnelAnswer | { kind: 'nonce'; nonce: string }> {
  return new Promise((resolve) => {
    const abort = (): void => socket.terminate();
    signal.addEventListener('abort', abort, { once: true });
    const answerWith = (answer: TunnelAnswer | { kind: 'nonce'; nonce: string }): void => {
      signal.removeEventListener('abort', abort);
      resolve(answer);
    };
    let nonce: string | undefined;
    socket.on('upgrade', (response) => (nonce = headerOf(response, 'dpop-nonce')));
    socket.on('open', () => {
      // Paused until carrier.ts listens: the relay's first notice may come in the same packet as its answer.
      socket.pause();
      answerWith({ kind: 'open', socket, nonce });
    });
    socket.on('error', (cause) =>
      answerWith({ kind: 'unreachable', failure: unreachable(new URL(relay).host, cause) }),
    );
    socket.on('unexpected-response', (outgoing, response) => {
      void readRefusal(response).then((answer) => {
        outgoing.destroy();
        answerWith(answer);
      });
    });
  });
}

async function readRefusal(
  response: IncomingMessage,
): Promise<TunnelAnswer | { kind: 'nonce'; nonce: string }> {
  const body = await readText(response, maxRefusalBytes).then(parseRecord, () => ({}) as never);
  const text = (name: string): string => (typeof body[name] === 'string' ? body[name] : '');
  const nonce = headerOf(response, 'dpop-nonce');
  const code = text('error') || `http_${response.statusCode}`;
  if (code === 'use_dpop_nonce' && nonce !== undefined) return { kind: 'nonce', nonce };
  return {
    kind: 'refused',
    code,
    message:
      text('message') ||
      `The relay answered ${response.statusCode}, which is not an answer of a relay.`,
    next: text('next') || 'Run the line again; if it stays so, tell whoever runs the relay.',
  };
}

function parseRecord(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function headerOf(response: IncomingMessage, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
