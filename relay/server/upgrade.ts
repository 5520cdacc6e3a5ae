// From an Upgrade request to a session. Promises that nothing is dialled, and the client not told `ready`, before the
// session's start is on disk; and that what changes while that is written (a revocation, a drain) still counts.

import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import { limits as frameLimits, tunnelProtocol } from '../frames.ts';
import { refusalBody, tunnelRefusals, type TunnelRefusalCode } from '../refusals.ts';
import type { Admission } from './admission.ts';
import type { Door } from './door.ts';
import type { Gate, GateVerdict } from './gate.ts';
import type { Limits } from './limits.ts';
import { openWire } from './wire.ts';
import type { Session } from './session.ts';

export interface UpgradeDeps {
  readonly gate: Gate;
  readonly door: Door;
  readonly limits: Limits;
  /** Admits and records, or refuses. Resolves when the start is on disk. */
  admit(
    proven: Extract<GateVerdict, { kind: 'proven' }> & { readonly address: string },
  ): Promise<
    | Exclude<Admission, { kind: 'admitted' }>
    | { readonly kind: 'admitted'; readonly session: Session }
  >;
  /** The nonce that this session's TOKEN frames have to name from now on. */
  bindNonce(session: Session, nonce: string): void;
  refused(refusal: Extract<GateVerdict, { kind: 'refused' }> & { readonly address: string }): void;
  failed(error: unknown): void;
}

export type UpgradeHandler = (request: IncomingMessage, socket: TLSSocket, head: Buffer) => void;

export function createUpgrade(deps: UpgradeDeps): UpgradeHandler {
  const server = new WebSocketServer(serverOptions);
  // The proof of a later token has to name the nonce that came with the handshake's answer.
  const nonces = new WeakMap<IncomingMessage, string>();
  server.on('headers', (headers, request) => headers.push(`DPoP-Nonce: ${nonces.get(request)}`));

  return (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    void handle(request, socket, head).catch((error: unknown) => {
      deps.failed(error);
      answer(socket, 'server_error', deps.gate.nonce());
    });
  };

  async function handle(request: IncomingMessage, socket: TLSSocket, head: Buffer): Promise<void> {
    const { gate, door, limits } = deps;
    const address = socket.remoteAddress ?? 'unknown';
    const verdict = await gate.judge(request);
    if (verdict.kind === 'refused') {
      deps.refused({ ...verdict, address });
      return answer(socket, verdict.code, gate.nonce());
    }
    const admission = await deps.admit({ ...verdict, address });
    if (admission.kind === 'refused') {
      const { code } = admission;
      const { claims } = verdict;
      deps.refused({ kind: 'refused', code, found: 'at admission', claims, address });
      return answer(socket, code, gate.nonce());
    }
    const { session } = admission;
    const nonce = gate.nonce();
    nonces.set(request, nonce);
    server.handleUpgrade(request, socket, head, (webSocket) => {
      door.admit(socket);
      deps.bindNonce(session, nonce);
      session.attach((events) => openWire(webSocket, socket, { limits, events }));
    });
  }
}

// closeTimeout is not in @types/ws yet, so the options stand by themselves.
const serverOptions = {
  noServer: true,
  clientTracking: false,
  // CVE-2026-48779, CVE-2026-62389: ws by default takes thousands of fragments of one byte, each with its own buffer.
  // Our client sends whole messages, so one fragment and a few chunks are enough.
  maxPayload: frameLimits.maxFrameBytes,
  maxFragments: 1,
  maxBufferedChunks: 256,
  // No compression: no bombs, and nothing to learn from the length of what is sent.
  perMessageDeflate: false,
  skipUTF8Validation: false,
  closeTimeout: 2000,
  handleProtocols: () => tunnelProtocol,
};

/** A refusal as JSON, then the end. Strangers read it; the exact finding is in the log. */
function answer(socket: TLSSocket, code: TunnelRefusalCode, nonce: string): void {
  if (!socket.writable) return void socket.destroy();
  const { status } = tunnelRefusals[code];
  const body = JSON.stringify(refusalBody(code));
  const head = [
    `HTTP/1.1 ${status} ${statusWords[status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
    `dpop-nonce: ${nonce}`,
    // RFC 9449 §7.1.
    ...(status === 401 ? [`www-authenticate: DPoP error="${code}", algs="Ed25519"`] : []),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

const statusWords = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const satisfies Record<(typeof tunnelRefusals)[TunnelRefusalCode]['status'], string>;
