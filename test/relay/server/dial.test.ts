// Looking up and dialling: what createDial() does with a name, and what becomes of a stream whose dial takes its time.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { suite, test } from 'node:test';
import type { StreamFrame } from '../../../relay/frames.ts';
import { createDial, type Dialling } from '../../../relay/server/dial.ts';
import { openStreams, type OpenRefusal, type Streams } from '../../../relay/server/streams.ts';
import { readAllowRule, readTarget } from '../../../relay/server/targets.ts';
import { within } from '../../support/within.ts';
import { movableClock, startWorld, type WorldOptions } from './fixture.ts';
import { overAt, startService } from './service.ts';

const never = new AbortController().signal;
const noneOfOurs = { timeoutMs: 8000, isOurs: () => false };
/** An address of this machine that is not forbidden whatever the rules say, to be looked up and really dialled. */
const ownAddress = Object.values(networkInterfaces())
  .flat()
  .find((found) => found !== undefined && !found.internal && found.family === 'IPv4')?.address;
const skip = ownAddress === undefined && 'this machine has no IPv4 address but loopback';

test('a name is looked up once, and the address that was judged is dialled', { skip }, async () => {
  await using service = await listenEverywhere();
  // Whoever controls the name answers the second look-up with what may not be dialled.
  const answers = [[String(ownAddress)], ['127.0.0.1']];
  const dial = createDial({ ...noneOfOurs, lookup: async () => answers.shift() ?? [] });
  const dialling = await dial(service.verdict, never);
  assert.ok(dialling.kind === 'connected');
  assert.equal(dialling.socket.remoteAddress, ownAddress);
  assert.deepEqual(answers, [['127.0.0.1']]);
  dialling.socket.destroy();
});

test('a dial that is cancelled while it connects leaves no connection', { skip }, async () => {
  await using service = await listenEverywhere();
  const found = Promise.withResolvers<string[]>();
  const cancel = new AbortController();
  const dial = createDial({ ...noneOfOurs, lookup: () => found.promise });
  const dialling = dial(service.verdict, cancel.signal);
  found.resolve([String(ownAddress)]);
  // The steps between the answer and the connect; what the kernel says of it comes later.
  for (let step = 0; step < 20; step += 1) await Promise.resolve();
  cancel.abort();
  assert.deepEqual(await dialling, { kind: 'cancelled' });
});

test('a look-up that takes too long is given up, and the next of the same name waits for it', async () => {
  await using service = await listenEverywhere();
  const found = Promise.withResolvers<string[]>();
  let lookups = 0;
  const lookup = (): Promise<string[]> => {
    lookups += 1;
    return found.promise;
  };
  const dial = createDial({ ...noneOfOurs, timeoutMs: 1, lookup });
  const late = { kind: 'unreachable', why: 'ETIMEDOUT' };
  assert.deepEqual(await dial(service.verdict, never), late);
  assert.deepEqual(await dial(service.verdict, never), late);
  assert.equal(lookups, 1);
});

test('a name is looked up anew when the look-up before has come to an end', async () => {
  await using service = await listenEverywhere();
  let lookups = 0;
  const lookup = (): Promise<string[]> => {
    lookups += 1;
    return Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }));
  };
  const dial = createDial({ ...noneOfOurs, lookup });
  for (const count of [1, 2]) {
    assert.deepEqual(await dial(service.verdict, never), { kind: 'unreachable', why: 'ENOTFOUND' });
    assert.equal(lookups, count);
  }
});

test('a name that leads to the relay’s own address is not dialled', { skip }, async () => {
  await using world = await startWorld({
    ...behindName(),
    lookup: () => Promise.resolve([String(ownAddress)]),
  });
  const tunnel = await world.enter({ token: await world.token({ target: name }) });
  tunnel.send({ kind: 'open', stream: 1, credit: 1 });
  assert.equal((await tunnel.frame('reset', 1)).text, 'The relay may not dial this target.');
  const { facts } = await world.logged('a connection was not made');
  const { session, grant, ...dialling } = facts;
  assert.ok(session !== undefined && grant !== undefined);
  assert.deepEqual(dialling, { kind: 'refused', address: ownAddress, why: 'forbidden' });
});

test('a stream that was reset keeps its place until its look-up has come to an end', async () => {
  const slow = slowLookup();
  await using world = await startWorld({ ...behindName(), lookup: slow.lookup });
  const lim = { sessions: 1, connections: 2, idleSeconds: 60, graceSeconds: 0 };
  const tunnel = await world.enter({ token: await world.token({ target: name, lim }) });
  for (let stream = 1; stream <= 100; stream += 1) {
    tunnel.send({ kind: 'open', stream, credit: 1 });
    tunnel.send({ kind: 'reset', stream, code: 0, text: '' });
  }
  assert.match((await tunnel.frame('reset', 3)).text, /as many connections/);
  assert.match((await tunnel.frame('reset', 100)).text, /as many connections/);
  assert.equal(slow.asked(), 1);
  slow.answer([]);
  // Both places are free again: the next two are dialled, and not refused.
  for (const stream of [101, 102]) {
    tunnel.send({ kind: 'open', stream, credit: 1 });
    assert.equal((await tunnel.frame('reset', stream)).text, 'The service could not be reached.');
  }
});

test('the place of a look-up outlives the tunnel that asked for it', async () => {
  const slow = slowLookup();
  const limits = { maxConnections: 1 };
  await using world = await startWorld({ ...behindName(), lookup: slow.lookup, limits });
  const one = await world.enter({ token: await world.token({ target: name }) });
  one.send({ kind: 'open', stream: 1, credit: 1 });
  await within('a look-up begins', slow.begun);
  one.socket.close(1000);
  await world.bot.event('session.end');
  const other = await world.enter({ token: await world.token({ target: name }) });
  other.send({ kind: 'open', stream: 1, credit: 1 });
  assert.match((await other.frame('reset', 1)).text, /as many connections/);
  slow.answer([]);
  other.send({ kind: 'open', stream: 2, credit: 1 });
  assert.equal((await other.frame('reset', 2)).text, 'The service could not be reached.');
});

test('a dial that comes to nothing is none of the connections that the bot hears of', async () => {
  const slow = slowLookup();
  await using world = await startWorld({ ...behindName(), lookup: slow.lookup });
  const tunnel = await world.enter({ token: await world.token({ target: name }) });
  tunnel.send({ kind: 'open', stream: 1, credit: 1 });
  tunnel.send({ kind: 'reset', stream: 1, code: 0, text: '' });
  tunnel.send({ kind: 'open', stream: 2, credit: 1 });
  await within('a look-up begins', slow.begun);
  slow.answer(['127.0.0.1']);
  await tunnel.frame('reset', 2);
  tunnel.socket.close(1000);
  assert.equal((await world.bot.event('session.end')).connections, 0);
});

test('nothing is dialled once the lease has run out or the grant has ended, though the session lives on', async () => {
  const clock = movableClock();
  // Only the dial looks at the clock here.
  const limits = { sweepMs: 1_000_000 };
  for (const [movedMs, words] of [
    [31_000, /lost the bot/],
    [2 * 3_600_000, /The session has ended/],
  ] as const) {
    clock.monotonicMs = 0;
    await using world = await startWorld({ clock, limits });
    const tunnel = await world.enter();
    await tunnel.open(1);
    clock.monotonicMs = movedMs;
    tunnel.send({ kind: 'open', stream: 2, credit: 1 });
    assert.match((await tunnel.frame('reset', 2)).text, words);
  }
});

suite('a service that answers when the stream may no longer be is hung up on:', () => {
  test('the lease has run out, or the grant has ended', () => hangsUp({ refusal: 'stale' }));
  test('the session is over', () => hangsUp({ before: (streams) => streams.destroy() }));

  async function hangsUp(change: {
    readonly refusal?: OpenRefusal;
    readonly before?: (streams: Streams) => void;
  }): Promise<void> {
    await using service = await startService();
    const answered = Promise.withResolvers<Dialling>();
    const sent: StreamFrame[] = [];
    let places = 0;
    let refusal: OpenRefusal | undefined;
    const streams = openStreams({
      send: (frame) => sent.push(frame),
      isFull: () => false,
      moved: () => undefined,
      mayOpen: () => (refusal === undefined ? { kind: 'yes' } : { kind: 'no', refusal }),
      dial: () => answered.promise,
      opened: () => (places += 1),
      closed: () => (places -= 1),
      connected: () => assert.fail('it became a connection'),
      failed: () => undefined,
    });
    streams.receive({ kind: 'open', stream: 1, credit: 1 });
    refusal = change.refusal;
    change.before?.(streams);
    const socket = connect({ host: '127.0.0.1', port: service.port });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    answered.resolve({ kind: 'connected', socket });
    assert.equal(await overAt(await service.socket()), 'ECONNRESET');
    assert.equal(places, 0);
    assert.ok(sent.every(({ kind }) => kind === 'reset'));
  }
});

const name = 'db.acme.test:5432';

/** The grant's target is a name that is looked up. */
function behindName(): Pick<WorldOptions, 'rules'> {
  const rule = readAllowRule(name);
  assert.ok(rule);
  return { rules: () => ({ allow: [rule], dial: new Map() }) };
}

/** A look-up that answers when the test says so. */
function slowLookup() {
  const begun = Promise.withResolvers<void>();
  const found = Promise.withResolvers<readonly string[]>();
  let asked = 0;
  return {
    lookup(): Promise<readonly string[]> {
      asked += 1;
      begun.resolve();
      return found.promise;
    },
    asked: () => asked,
    begun: begun.promise,
    answer: found.resolve,
  };
}

/** A service at every address of this machine. */
async function listenEverywhere() {
  const server = createServer((socket) => socket.on('error', () => undefined));
  server.listen({ host: '0.0.0.0', port: 0 });
  await once(server, 'listening');
  const text = `db.acme.test:${(server.address() as AddressInfo).port}`;
  const [target, rule] = [readTarget(text), readAllowRule(text)];
  assert.ok(target && rule);
  return {
    verdict: { kind: 'resolve', target, allow: [rule] } as const,
    async [Symbol.asyncDispose]() {
      server.close();
      await within('every connection ends', once(server, 'close'));
    },
  };
}
