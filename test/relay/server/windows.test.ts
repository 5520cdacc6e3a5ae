// What somebody who does not read may cost the relay: a client, or a service.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { suite, test, type TestContext } from 'node:test';
import { limits, type EndReason } from '../../../relay/frames.ts';
import type { GrantClaims } from '../../../relay/grant.ts';
import { openPipe } from '../../../relay/server/pipe.ts';
import { within } from '../../support/within.ts';
import { newGrantId } from '../signing.ts';
import { startWorld, type World, type WorldOptions } from './fixture.ts';
import { startService } from './service.ts';
import type { Tunnel } from './tunnel-client.ts';

const megabyte = Buffer.alloc(1024 * 1024, 'x');

test('a reader that stalls costs the relay a window, not the result set', async () => {
  await using world = await startWorld({
    service(socket) {
      // A result set of 64 MiB, written as fast as the relay takes it.
      for (let index = 0; index < 64; index += 1) socket.write(megabyte);
    },
  });
  const tunnel = await world.enter();
  const window = 100_000;
  await tunnel.open(1, window);
  await tunnel.bytes(1, window);
  const service = await world.service.socket();
  // Once the service has been told to wait, nothing moves any more, while other streams go on.
  let waiting = -1;
  for (let stream = 2; waiting !== service.writableLength; stream += 1) {
    waiting = service.writableLength;
    await tunnel.open(stream, 10);
    await tunnel.bytes(stream, 10);
    tunnel.send({ kind: 'reset', stream, code: 0, text: '' });
  }
  assert.equal(tunnel.received(1).length, window);
  assert.ok(waiting > 48 * megabyte.length, `${waiting} bytes wait at the service`);

  tunnel.send({ kind: 'credit', stream: 1, credit: 5000 });
  await tunnel.bytes(1, window + 5000);
  assert.equal(tunnel.received(1).length, window + 5000);
});

test('what was held back arrives whole and in order once there is room', async () => {
  const answer = randomBytes(3 * 1024 * 1024);
  await using world = await startWorld({ service: (socket) => socket.end(answer) });
  const tunnel = await world.enter();
  tunnel.socket.on('message', (data: Buffer) => {
    // As little as can be, so that every chunk is cut and kept.
    if (data[0] === 3) tunnel.send({ kind: 'credit', stream: 1, credit: data.length - 5 });
  });
  await tunnel.open(1, 10_000);
  await tunnel.frame('end', 1);
  assert.ok(tunnel.received(1).equals(answer));
});

test('a service that stalls costs the relay a window, and its client is told to wait', async () => {
  await using world = await startWorld({ service: (socket) => socket.pause() });
  const tunnel = await world.enter();
  await tunnel.open(1);
  const opened = await tunnel.frame('opened', 1);
  let sent = 0;
  let credit = opened.credit;
  const payload = Buffer.alloc(limits.maxDataBytes, 'y');
  tunnel.socket.on('message', (data: Buffer) => {
    if (data[0] === 4) credit += data.readUInt32BE(5);
  });
  // What the kernels hold comes back as credit; then no more does, and that is how a client is told.
  for (let isMoving = true; isMoving;) {
    while (credit >= payload.length) {
      tunnel.send({ kind: 'data', stream: 1, payload });
      credit -= payload.length;
      sent += payload.length;
    }
    assert.ok(sent < 32 * megabyte.length, `${sent} bytes were taken, and it goes on`);
    const pong = once(tunnel.socket, 'pong');
    tunnel.socket.ping();
    await within('the relay answers', pong);
    isMoving = credit >= payload.length;
  }

  const service = await world.service.socket();
  let received = 0;
  const all = Promise.withResolvers<void>();
  service.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received === sent) all.resolve();
  });
  service.resume();
  await within('nothing is lost', all.promise);
});

test('a client that sends more than it may loses its session', async () => {
  await using world = await startWorld({ service: (socket) => socket.pause() });
  const tunnel = await world.enter();
  await tunnel.open(1);
  const payload = Buffer.alloc(limits.maxDataBytes, 'z');
  const ended = tunnel.ended();
  // Without looking at its credit.
  for (let index = 0; index < 2000; index += 1) tunnel.send({ kind: 'data', stream: 1, payload });
  assert.equal(await ended, 'error');
  const end = await world.bot.event('session.end');
  assert.equal(end.reason, 'error');
});

test('a client that does not read costs the relay its buffer, however many streams it opens', async (context) => {
  await using world = await fullWorld();
  const gid = newGrantId();
  const tunnel = await enterDeaf(context, world, { gid });
  tunnel.send({ kind: 'open', stream: 1, credit: limits.maxCreditBytes });
  await world.service.socket();
  const taken = await takenAtRest(world);
  const streams = 8;
  for (let stream = 2; stream <= streams; stream += 1) {
    tunnel.send({ kind: 'open', stream, credit: limits.maxCreditBytes });
  }
  await world.service.socket(streams - 1);
  await takenAtRest(world);

  await world.bot.revoke(gid);
  const { reason, bytesDown } = await world.bot.event('session.end');
  // Cut as revoked: it never had so much waiting for it that it would have been cut for that.
  assert.equal(reason, 'revoked');
  // The service counts whole writes, and each stream may have had a frame under way when the buffer was full.
  const inexact = megabyte.length + streams * limits.maxDataBytes;
  assert.ok(bytesDown <= taken + inexact, `${bytesDown} bytes, ${taken} by the first stream`);
});

test('a client that reads again gets on every stream what was held back, whole', async (context) => {
  await using world = await fullWorld();
  const tunnel = await enterDeaf(context, world);
  const size = 4 * megabyte.length;
  for (const stream of [1, 2, 3, 4]) tunnel.send({ kind: 'open', stream, credit: size });
  await world.service.socket(3);
  await takenAtRest(world);
  tunnel.socket.resume();
  for (const stream of [1, 2, 3, 4]) assert.equal((await tunnel.bytes(stream, size)).length, size);
});

test('a client that does not read has a moment for the last word, and is cut', async (context) => {
  await using world = await fullWorld();
  const gid = newGrantId();
  // Before the session begins: its own timer has to be cleared by the clock that set it.
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const tunnel = await enterDeaf(context, world, { gid });
  tunnel.send({ kind: 'open', stream: 1, credit: limits.maxCreditBytes });
  await world.service.socket();
  await takenAtRest(world);
  await world.bot.revoke(gid);
  context.mock.timers.tick(1000);
  context.mock.timers.reset();
  // Were it not cut by now, the last word would come behind all that waited.
  tunnel.socket.resume();
  await tunnel.closed();
  assert.equal(tunnel.frames.findLast((frame) => frame.kind === 'notice')?.notice.kind, 'ready');
});

suite('a client that asks and does not read the answers loses its session: it', () => {
  test('sends pings', (context) => loses(context, 'closed', (tunnel) => tunnel.socket.ping()));
  test('opens more streams than it may', (context) =>
    loses(context, 'error', (tunnel, index) =>
      tunnel.send({ kind: 'open', stream: index, credit: 1 }),
    ));

  async function loses(
    context: TestContext,
    reason: EndReason,
    ask: (tunnel: Tunnel, index: number) => void,
  ): Promise<void> {
    await using world = await fullWorld({ maxSessionBufferBytes: 65_536, reconnectSeconds: 1 });
    const lim = { sessions: 1, connections: 1, idleSeconds: 60, graceSeconds: 0 };
    const tunnel = await enterDeaf(context, world, { lim });
    tunnel.send({ kind: 'open', stream: 1, credit: limits.maxCreditBytes });
    await world.service.socket();
    await takenAtRest(world);
    let isOver = false;
    const end = world.bot.event('session.end').finally(() => (isOver = true));
    for (let index = 2; !isOver; index += 1) {
      ask(tunnel, index);
      // Every so often the relay has its turn, in this process too.
      if (index % 100 === 0) await new Promise(setImmediate);
    }
    assert.equal((await end).reason, reason);
  }
});

test('small messages that wait for a service wait in one piece, not each in its own', async (context) => {
  await using service = await startService();
  const socket = connect({ host: '127.0.0.1', port: service.port });
  await once(socket, 'connect');
  const writes: { readonly size: number; taken(): void }[] = [];
  context.mock.method(socket, 'write', (bytes: Uint8Array, taken: () => void) =>
    writes.push({ size: bytes.length, taken }),
  );
  const nothing = (): void => undefined;
  const pipe = openPipe(socket, {
    stream: 1,
    credit: 1,
    isFull: () => false,
    send: nothing,
    moved: nothing,
    gone: nothing,
  });
  for (let count = 0; count < 1000; count += 1) {
    pipe.receive({ kind: 'data', stream: 1, payload: Buffer.from('x') });
  }
  writes[0]?.taken();
  assert.deepEqual(
    writes.map(({ size }) => size),
    [1, 999],
  );
  pipe.destroy();
});

/** It reads nothing until it is told to, and so would not see its own end either. */
async function enterDeaf(
  context: TestContext,
  world: World,
  changes: Partial<GrantClaims> = {},
): Promise<Tunnel> {
  const tunnel = await world.enter({ token: await world.token(changes) });
  tunnel.socket.pause();
  context.after(() => tunnel.socket.terminate());
  return tunnel;
}

/** Its service gives every connection 32 MiB, as fast as the relay takes them. */
function fullWorld(relayLimits: WorldOptions['limits'] = {}): Promise<World> {
  return startWorld({
    limits: relayLimits,
    service(socket) {
      for (let index = 0; index < 32; index += 1) socket.write(megabyte);
    },
  });
}

/** What the relay, and the kernels before and behind it, have taken of the services once nothing moves any more. */
async function takenAtRest(world: World): Promise<number> {
  const taken = (): number =>
    world.service.sockets.reduce(
      (sum, socket) => sum + 32 * megabyte.length - socket.writableLength,
      0,
    );
  for (let before = -1; before !== taken();) {
    before = taken();
    // Whole requests come and go meanwhile.
    for (const token of ['x', 'y', 'z']) await world.knock({ token });
  }
  return taken();
}
