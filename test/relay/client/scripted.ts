// What the scripted host and the scripted relay share: an authority, HTTPS servers on port 0, a signer of grants.

import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { SecureVersion } from 'node:tls';
import { signGrant, type GrantClaims } from '../../../relay/grant.ts';
import { createAuthority, type Authority } from '../../support/certificates.ts';
import { soon } from './soon.ts';

export const grantId = 'g_abcdefghijklmnopqrstuvwxyz';

/** One authority for a test file: making keys is the slow part. */
export const authority: Promise<Authority> = createAuthority();

const { privateKey } = generateKeyPairSync('ed25519');
const signer = {
  kid: 'k1',
  sign: (data: Uint8Array) => Promise.resolve(new Uint8Array(sign(null, data, privateKey))),
};

export function mintToken(
  claims: Partial<GrantClaims> & Pick<GrantClaims, 'iss' | 'aud' | 'cnf'>,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return signGrant(
    {
      sub: 'github:7',
      login: 'dana',
      jti: randomBytes(16).toString('base64url'),
      gid: grantId,
      iat: now,
      nbf: now,
      exp: now + 3600,
      ns: 'payments',
      res: 'resource:payments/payments-db',
      target: 'payments-db.internal:5432',
      proto: 'postgres',
      role: 'reader',
      lim: { sessions: 3, connections: 8, idleSeconds: 600, graceSeconds: 300 },
      req: { digest: 'd', url: 'https://github.example/acme/it/issues/1' },
      apr: ['github:8'],
      pol: 'p1',
      ...claims,
    },
    signer,
  );
}

/** A service that answers each connection with `respond`; returns its port. */
export async function openService(
  t: TestContext,
  respond: (socket: Socket) => void,
): Promise<number> {
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    t.after(() => socket.destroy());
    respond(socket);
  });
  server.listen(0, '127.0.0.1');
  await soon(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** What a server shows of itself, where it is not what it should be. */
export interface Guise {
  readonly signedBy?: Authority;
  /** Instead of localhost, where it listens all the same. */
  readonly name?: string;
  readonly maxVersion?: SecureVersion;
}

/** An HTTPS server on port 0 with a certificate for localhost, closed when the test ends. */
export async function listen(
  t: TestContext,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  { signedBy, name = 'localhost', maxVersion = 'TLSv1.3' }: Guise = {},
): Promise<Server> {
  const { cert, key } = await (signedBy ?? (await authority)).issue([name]);
  const server = createServer({ cert, key, maxVersion }, handler);
  server.listen(0, '127.0.0.1');
  await soon(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return server;
}

export function originOf(server: Server): string {
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

export function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
