import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { connect, createServer, type ConnectionOptions } from 'node:tls';
import { createAuthority, trust, type ServerCertificate } from './certificates.ts';

test('a certificate of the authority is trusted by whoever trusts the authority, for exactly its names', async () => {
  const authority = await createAuthority();
  const certificate = await authority.issue(['127.0.0.1', 'payments.example']);
  const outcome = await outcomes(certificate, [
    { ca: authority.caPem, host: '127.0.0.1' },
    { ca: authority.caPem, servername: 'payments.example' },
    { ca: authority.caPem, servername: 'other.example' },
    { host: '127.0.0.1' },
    { ca: (await createAuthority()).caPem, host: '127.0.0.1' },
  ]);
  assert.deepEqual(outcome, [
    'trusted',
    'trusted',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ]);
});

test('an authority is trusted by the whole process once it was told so, and no other', async () => {
  const [trusted, other] = [await createAuthority(), await createAuthority()];
  const certificates = [await trusted.issue(['127.0.0.1']), await other.issue(['127.0.0.1'])];
  trust(trusted);
  const seen = await Promise.all(certificates.map((one) => outcomes(one, [{ host: '127.0.0.1' }])));
  assert.deepEqual(seen.flat(), ['trusted', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE']);
});

test('a server certificate cannot issue others', async () => {
  const authority = await createAuthority();
  const { cert } = await authority.issue(['127.0.0.1']);
  const { X509Certificate } = await import('node:crypto');
  assert.equal(new X509Certificate(authority.caPem).ca, true);
  assert.equal(new X509Certificate(cert).ca, false);
});

/** What a TLS client with each of these settings makes of a server with that certificate. */
async function outcomes(certificate: ServerCertificate, settings: ConnectionOptions[]) {
  const server = createServer(certificate).listen(0, '127.0.0.1');
  server.on('tlsClientError', () => undefined);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const seen: string[] = [];
  for (const setting of settings) {
    const socket = connect({ host: '127.0.0.1', port, minVersion: 'TLSv1.3', ...setting });
    const outcome = await once(socket, 'secureConnect').then(
      () => 'trusted',
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    );
    seen.push(outcome);
    socket.destroy();
  }
  server.close();
  return seen;
}
