import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { limits as frameLimits } from '../../../relay/frames.ts';
import { within } from '../../support/within.ts';
import { startWorld, type World } from './fixture.ts';

// The limit of a test is its least; the time for admission, which would cut the socket as well, is far away.
test('a socket that never begins its TLS handshake is cut', async () => {
  await using world = await startWorld({ limits: { tlsHandshakeMs: 100 } });
  await cut(connectTcp(addressOf(world)));
});

test('a request whose headers never end is cut', async () => {
  await using world = await startWorld({ limits: { headersMs: 100 } });
  const socket = connectTls({ ...addressOf(world), rejectUnauthorized: false });
  socket.write('GET /tunnel HTTP/1.1\r\nhost: ');
  await cut(socket);
});

test('compression is not agreed on, also with a client that offers it', async () => {
  await using world = await startWorld();
  // This client does not really know it, and would fail if the relay took the offer.
  const headers = { 'sec-websocket-extensions': 'permessage-deflate' };
  await (await world.enter({ headers })).notice('ready');
});

test('a message larger than a frame is refused before it is taken into memory', async () => {
  await using world = await startWorld();
  const tunnel = await world.enter();
  await tunnel.notice('ready');
  tunnel.socket.send(Buffer.alloc(frameLimits.maxFrameBytes + 1));
  assert.match(
    String((await world.logged('session ended')).facts['fault']),
    /Max payload size exceeded/,
  );
});

function addressOf({ relay }: World): { host: string; port: number } {
  return { host: '127.0.0.1', port: relay.port };
}

/** Resolves when the relay has cut it. */
async function cut(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  await within('the socket is cut', once(socket.resume(), 'close'));
}
