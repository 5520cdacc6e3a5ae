// Streams over a real WebSocket: how bytes, ends, resets and stalls pass, and what a relay that breaks the rules gets.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { decodeFrame, limits } from '../../../relay/frames.ts';
import { openRig, readAll, relayTo } from './rig.ts';
import { openRelay, type ScriptedRelay } from './scripted-relay.ts';
import { errorCode, soon } from './soon.ts';

test('bytes pass unchanged both ways, far beyond a window, on many connections at once', async (t) => {
  const relay = await relayTo(t, (socket) => socket.pipe(socket));
  const rig = await openRig(t, [relay]);
  const sizes = [1, limits.maxDataBytes, limits.initialCreditBytes + 1, 3_000_000];
  await Promise.all(
    sizes.map(async (size) => {
      const sent = randomBytes(size);
      const socket = rig.dial();
      socket.end(sent);
      assert.ok(sent.equals(await readAll(socket)), `${size} bytes came back changed`);
    }),
  );
  const { connections, bytesUp, bytesDown } = rig.session.totals();
  const total = sizes.reduce((sum, size) => sum + size, 0);
  assert.deepEqual(
    { connections, bytesUp, bytesDown },
    { connections: 4, bytesUp: total, bytesDown: total },
  );
});

test('half-close: the service answers after the program has said that it is done', async (t) => {
  const relay = await relayTo(t, (socket) => {
    void readAll(socket).then((question) => socket.end(`answer to ${String(question)}`));
  });
  const rig = await openRig(t, [relay]);
  const socket = rig.dial();
  socket.end('a question');
  assert.equal(String(await readAll(socket)), 'answer to a question');
});

test('half-close: the program goes on sending after the service is done', async (t) => {
  let heard: Promise<Buffer> | undefined;
  const relay = await relayTo(t, (socket) => {
    socket.end('bye');
    heard = readAll(socket);
  });
  const rig = await openRig(t, [relay]);
  const socket = rig.dial();
  assert.equal(String(await readAll(socket)), 'bye');
  socket.end('a last word');
  assert.equal(String(await heard), 'a last word');
});

test('the last bytes of a program are sent, though both sides are done and the relay has no room yet', async (t) => {
  const relay = await openRelay(t);
  const rig = await openRig(t, [relay]);
  const tunnel = await relay.tunnel(0);
  const socket = rig.dial();
  const { stream } = await tunnel.next('open');
  tunnel.send({ kind: 'opened', stream, credit: 100 });
  socket.end(Buffer.alloc(1000));
  assert.equal((await tunnel.next('data')).payload.length, 100);
  tunnel.send({ kind: 'end', stream });
  // With both ends said, the system gives the local connection up; what was read from it is still owed to the service.
  await Promise.all([soon(socket, 'close'), readAll(socket)]);

  tunnel.send({ kind: 'credit', stream, credit: 1000 });
  assert.equal((await tunnel.next('data')).payload.length, 900);
  assert.equal((await tunnel.next('end')).stream, stream);
});

test("the service's reset reaches the program as a reset, not as an end", async (t) => {
  const relay = await relayTo(t, (socket) => {
    socket.write('half a row');
    socket.once('data', () => socket.resetAndDestroy());
  });
  const rig = await openRig(t, [relay]);
  const socket = rig.dial();
  await soon(socket, 'data');
  socket.write('go');
  assert.equal(await errorCode(socket), 'ECONNRESET');
});

test("the program's reset reaches the relay as a reset", async (t) => {
  const relay = await relayTo(t, (socket) => socket.write('hello'));
  const rig = await openRig(t, [relay]);
  const socket = rig.dial();
  await soon(socket, 'data');
  socket.resetAndDestroy();
  const tunnel = await relay.tunnel(0);
  assert.equal((await tunnel.next('reset')).stream, 1);
});

test('a reader that stalls stops its own stream, not the others, and goes on when it reads again', async (t) => {
  const relay = await openRelay(t);
  const rig = await openRig(t, [relay]);
  const tunnel = await relay.tunnel(0);
  // It reads nothing from the start: nobody listens for its data.
  const stalled = rig.dial();
  const first = (await tunnel.next('open')).stream;
  tunnel.send({ kind: 'opened', stream: first, credit: 1 });
  const lively = rig.dial();
  const second = (await tunnel.next('open')).stream;
  tunnel.send({ kind: 'opened', stream: second, credit: limits.initialCreditBytes });

  // The service would send for ever: whatever may be sent to the stalled reader is sent at once.
  let sent = 0;
  const flood = (allowed: number): void => {
    for (let left = allowed; left > 0; left -= limits.maxDataBytes) {
      const size = Math.min(left, limits.maxDataBytes);
      tunnel.send({ kind: 'data', stream: first, payload: Buffer.alloc(size) });
      sent += size;
    }
  };
  tunnel.socket.on('message', (data) => {
    const frame = decodeFrame(Buffer.from(data as Buffer));
    if (frame.kind === 'credit' && frame.stream === first) flood(frame.credit);
  });
  flood(limits.initialCreditBytes);

  // The kernel's socket buffers fill first. Fifty answers of the other stream without new credit are a standstill.
  for (let quiet = 0; quiet < 50;) {
    const before = sent;
    tunnel.send({ kind: 'data', stream: second, payload: Buffer.from('ping') });
    await soon(lively, 'data');
    lively.write('pong');
    await tunnel.next('data');
    quiet = sent === before ? quiet + 1 : 0;
    assert.ok(sent < 64 * 1024 * 1024, 'a reader that reads nothing is sent without end');
  }
  const atStandstill = sent;
  stalled.resume();
  await tunnel.next('credit');
  while (sent === atStandstill) await soon(tunnel.socket, 'message');
});

test('a program that writes faster than the service takes is held back by credit', async (t) => {
  const relay = await openRelay(t);
  const rig = await openRig(t, [relay]);
  const tunnel = await relay.tunnel(0);
  const socket = rig.dial();
  socket.write(Buffer.alloc(1_000_000));
  const { stream } = await tunnel.next('open');
  tunnel.send({ kind: 'opened', stream, credit: 100 });
  assert.equal((await tunnel.next('data')).payload.length, 100);
  tunnel.send({ kind: 'credit', stream, credit: 7 });
  assert.equal((await tunnel.next('data')).payload.length, 7);
  tunnel.send({ kind: 'credit', stream, credit: limits.maxDataBytes + 1 });
  assert.equal((await tunnel.next('data')).payload.length, limits.maxDataBytes);
  assert.equal((await tunnel.next('data')).payload.length, 1);
});

const violations: readonly [string, (send: ScriptedRelay['serve']) => ScriptedRelay['serve']][] = [
  [
    'sends more than it was allowed to',
    () => (tunnel) => {
      // Far more than the kernel's own buffers hold, to a program that reads nothing.
      for (let sent = 0; sent < 32 * 1024 * 1024; sent += limits.maxDataBytes) {
        tunnel.send({ kind: 'data', stream: 1, payload: Buffer.alloc(limits.maxDataBytes) });
      }
    },
  ],
  [
    'speaks of a stream that was never opened',
    () => (tunnel) => tunnel.send({ kind: 'end', stream: 99 }),
  ],
  [
    'sends a frame that only clients send',
    () => (tunnel) => tunnel.send({ kind: 'open', stream: 1, credit: 1 }),
  ],
  ['sends what is no frame', () => (tunnel) => tunnel.socket.send(Buffer.of(255, 0, 0, 0, 1))],
  ['sends text', () => (tunnel) => tunnel.socket.send('hello')],
  [
    'sends a message larger than any frame',
    () => (tunnel) => tunnel.socket.send(Buffer.alloc(limits.maxFrameBytes + 1)),
  ],
];

for (const [name, misbehave] of violations) {
  test(`a relay that ${name} loses its tunnel, and the program sees a reset`, async (t) => {
    const relay = await openRelay(t);
    const rig = await openRig(t, [relay]);
    const tunnel = await relay.tunnel(0);
    const socket = rig.dial();
    await tunnel.next('open');
    const reset = errorCode(socket);
    misbehave(relay.serve)(tunnel);
    await soon(tunnel.socket, 'close');
    socket.resume();
    assert.equal(await reset, 'ECONNRESET');
    assert.equal(await rig.until('away'), 'lost');
  });
}

test('a relay that sends more after it said END loses its tunnel: nothing may follow a whole answer', async (t) => {
  const relay = await openRelay(t);
  const rig = await openRig(t, [relay]);
  const tunnel = await relay.tunnel(0);
  const socket = rig.dial();
  const { stream } = await tunnel.next('open');
  tunnel.send({ kind: 'opened', stream, credit: 100 });
  tunnel.send({ kind: 'end', stream });
  tunnel.send({ kind: 'data', stream, payload: Buffer.from('more') });
  socket.resume();
  await soon(tunnel.socket, 'close');
  assert.equal(await rig.until('away'), 'lost');
});

test('a connection that the relay cannot make is reset and the reason is passed on', async (t) => {
  const relay = await openRelay(t);
  const rig = await openRig(t, [relay]);
  const tunnel = await relay.tunnel(0);
  const socket = rig.dial();
  const { stream } = await tunnel.next('open');
  tunnel.send({ kind: 'reset', stream, code: 1, text: 'The service does not answer.' });
  assert.equal(await errorCode(socket), 'ECONNRESET');
  assert.equal(await rig.until('connection-failed'), 'The service does not answer.');
});
