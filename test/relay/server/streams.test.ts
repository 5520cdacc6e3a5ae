import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { suite, test } from 'node:test';
import { limits, type Frame } from '../../../relay/frames.ts';
import { movableClock, startWorld } from './fixture.ts';
import { overAt } from './service.ts';

test('a half-close goes through both ways, and data after it', async () => {
  await using world = await startWorld({
    service(socket) {
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      // It answers only when it has seen the end of the question.
      socket.on('end', () => socket.end(`${text.length} bytes`));
    },
  });
  const tunnel = await world.enter();
  await tunnel.open(1);
  // In one go, so that the end comes while the bytes before it are still being written.
  const question = Buffer.alloc(limits.maxDataBytes, '?');
  for (let index = 0; index < 8; index += 1) {
    tunnel.send({ kind: 'data', stream: 1, payload: question });
  }
  tunnel.send({ kind: 'end', stream: 1 });
  await tunnel.frame('end', 1);
  assert.equal(tunnel.received(1).toString(), `${8 * limits.maxDataBytes} bytes`);
  assert.equal(
    tunnel.frames.some((frame) => frame.kind === 'reset'),
    false,
  );
});

test('the last bytes of a service arrive, though both sides are done and the client has no room yet', async () => {
  const answer = randomBytes(5000);
  await using world = await startWorld({
    service: (socket) => socket.on('end', () => socket.end(answer)).resume(),
  });
  const tunnel = await world.enter();
  await tunnel.open(1, 1000);
  const over = overAt(await world.service.socket());
  tunnel.send({ kind: 'end', stream: 1 });
  await tunnel.bytes(1, 1000);
  assert.equal(await over, 'end');
  // The relay has heard of that end as well by the time it has dialled and answered on another stream.
  await tunnel.open(2);
  tunnel.send({ kind: 'end', stream: 2 });
  await tunnel.frame('end', 2);

  tunnel.send({ kind: 'credit', stream: 1, credit: 4000 });
  await tunnel.frame('end', 1);
  assert.ok(tunnel.received(1).equals(answer));
  assert.equal(
    tunnel.frames.some((frame) => frame.kind === 'reset'),
    false,
  );
});

test('a client that says END before the service has answered the dial is understood', async () => {
  await using world = await startWorld();
  const tunnel = await world.enter();
  tunnel.send({ kind: 'open', stream: 1, credit: 1000 });
  tunnel.send({ kind: 'end', stream: 1 });
  await tunnel.frame('opened', 1);
  await tunnel.frame('end', 1);
});

test('a reset of the service arrives as a reset, not as an end', async () => {
  await using world = await startWorld({ service: () => undefined });
  const tunnel = await world.enter();
  await tunnel.open(1);
  (await world.service.socket()).resetAndDestroy();
  await tunnel.frame('reset', 1);
  assert.equal(
    tunnel.frames.some((frame) => frame.kind === 'end'),
    false,
  );
});

test('a reset of the client arrives at the service as a reset', async () => {
  await using world = await startWorld();
  const tunnel = await world.enter();
  await tunnel.open(1);
  const over = overAt(await world.service.socket());
  tunnel.send({ kind: 'reset', stream: 1, code: 0, text: '' });
  assert.equal(await over, 'ECONNRESET');
});

test('many small messages arrive whole and in order', async () => {
  await using world = await startWorld();
  const tunnel = await world.enter();
  await tunnel.open(1);
  const words = Array.from({ length: 3000 }, (_, index) => `${index};`);
  for (const word of words) tunnel.send({ kind: 'data', stream: 1, payload: Buffer.from(word) });
  const text = words.join('');
  assert.equal((await tunnel.bytes(1, text.length)).toString(), text);
});

test('a session has as many connections at one time as the grant says', async () => {
  await using world = await startWorld();
  const lim = { sessions: 1, connections: 2, idleSeconds: 60, graceSeconds: 0 };
  const tunnel = await world.enter({ token: await world.token({ lim }) });
  await tunnel.open(1);
  await tunnel.open(2);
  tunnel.send({ kind: 'open', stream: 3, credit: 1 });
  assert.match((await tunnel.frame('reset', 3)).text, /as many connections/);
  tunnel.send({ kind: 'reset', stream: 1, code: 0, text: '' });
  await tunnel.open(4);
});

test('the relay as a whole has a limit of connections, too', async () => {
  await using world = await startWorld({ limits: { maxConnections: 1 } });
  const [one, other] = [await world.enter(), await world.enter()];
  await one.open(1);
  other.send({ kind: 'open', stream: 1, credit: 1 });
  await other.frame('reset', 1);
  one.send({ kind: 'reset', stream: 1, code: 0, text: '' });
  await one.open(2);
});

suite('a client that breaks the rules loses its session: it', () => {
  const frames: Readonly<Record<string, Frame | Uint8Array | string>> = {
    'opens a stream again': { kind: 'open', stream: 1, credit: 10 },
    'sends on a stream that it never opened': {
      kind: 'data',
      stream: 9,
      payload: Buffer.from('x'),
    },
    'says what only a relay says': { kind: 'opened', stream: 1, credit: 10 },
    'sends a notice': { kind: 'notice', notice: { kind: 'draining' } },
    'gives more credit than a counter holds': {
      kind: 'credit',
      stream: 1,
      credit: limits.maxCreditBytes,
    },
    'sends bytes that are no frame': Uint8Array.of(99, 0, 0, 0, 0),
    'sends text': 'hello',
    'sends a message larger than any frame': Buffer.alloc(limits.maxFrameBytes + 1, 3),
  };
  for (const [name, frame] of Object.entries(frames)) {
    test(name, async () => {
      await using world = await startWorld();
      const tunnel = await world.enter();
      await tunnel.open(1);
      if (frame instanceof Uint8Array || typeof frame === 'string') tunnel.socket.send(frame);
      else tunnel.send(frame);
      await tunnel.closed();
      assert.equal((await world.bot.event('session.end')).reason, 'error');
    });
  }
});

test('a message in fragments is refused: they are how a small message fills the memory', async () => {
  await using world = await startWorld();
  const tunnel = await world.enter();
  await tunnel.notice('ready');
  tunnel.socket.send(Buffer.of(1), { fin: false });
  tunnel.socket.send(Buffer.of(2), { fin: false });
  await tunnel.closed();
  assert.equal((await world.bot.event('session.end')).reason, 'error');
});

test('a client that is gone without a word is noticed', async () => {
  await using world = await startWorld({ limits: { pingSeconds: 0.05, reconnectSeconds: 0.05 } });
  const tunnel = await world.enter();
  await tunnel.notice('ready');
  // It no longer reads, so it no longer answers.
  tunnel.socket.pause();
  assert.equal((await world.bot.event('session.end')).reason, 'closed');
});

test('a session is idle by its bytes, not by its age', async () => {
  const clock = movableClock();
  await using world = await startWorld({ clock });
  const lim = { sessions: 1, connections: 8, idleSeconds: 60, graceSeconds: 900 };
  // Its end is warned of when 70 seconds have gone: by then it has been looked at, and was not found idle.
  const exp = Math.floor(Date.now() / 1000) + 370;
  const tunnel = await world.enter({ token: await world.token({ lim, exp }) });
  await tunnel.open(1);
  clock.monotonicMs = 40_000;
  tunnel.send({ kind: 'data', stream: 1, payload: Buffer.from('x') });
  await tunnel.bytes(1, 1);
  clock.monotonicMs = 80_000;
  await tunnel.notice('expiring');
  clock.monotonicMs = 110_000;
  assert.equal(await tunnel.ended(), 'idle');
});
