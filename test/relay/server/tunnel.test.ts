import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { tunnelPath } from '../../../relay/frames.ts';
import { within } from '../../support/within.ts';
import { newGrantId } from '../signing.ts';
import { generateSessionKey } from '../../../relay/proof.ts';
import { readPage, startWorld, target, type World } from './fixture.ts';
import { diskOf, holdDisk } from './held-disk.ts';
import { overAt } from './service.ts';
import { newRun, proofFor, upgradeHeaders, type Answer } from './tunnel-client.ts';

test('a grant and the key it is bound to carry bytes to the service and back', async () => {
  await using world = await startWorld();
  const tunnel = await world.enter();
  await tunnel.open(1);
  tunnel.send({ kind: 'data', stream: 1, payload: Buffer.from('select 1') });
  assert.equal((await tunnel.bytes(1, 8)).toString(), 'select 1');
});

test('session.start is on disk before the service sees a connection', async () => {
  const onDisk: string[] = [];
  await using world = await startWorld({
    service: () => onDisk.push(readFileSync(join(world.config.dataFolder, 'events.jsonl'), 'utf8')),
  });
  const tunnel = await world.enter();
  const { session } = await tunnel.notice('ready');
  assert.equal(world.service.sockets.length, 0);
  await tunnel.open(1);
  await world.service.socket();
  assert.match(onDisk[0] ?? '', new RegExp(`"session.start","session":"${session}"`));
});

test('nobody is let in while the disk has not confirmed the start', async (context) => {
  await using world = await startWorld();
  const disk = await holdDisk(world, context);
  let isIn = false;
  const tunnel = world.enter().finally(() => (isIn = true));
  await disk.asked;
  // Another whole request comes and goes meanwhile.
  await world.knock({ token: 'x' });
  assert.equal(isIn, false);
  disk.confirm();
  await (await tunnel).notice('ready');
});

for (const [how, change] of Object.entries({
  stops: (world: World) => world.relay.close(),
  drains: (world: World) => world.relay.drain(),
})) {
  test(`a client whose start is being written while the relay ${how} is sent to another relay`, async (context) => {
    await using world = await startWorld();
    const disk = await holdDisk(world, context);
    const answer = world.knock();
    await disk.asked;
    const over = change(world);
    disk.confirm();
    assert.deepEqual(outcome(await answer), { status: 503, error: 'draining' });
    await over;
    assert.equal((await world.bot.event('session.end')).reason, 'shutdown');
  });
}

test('a run that asks twice at once is not let in by being its own predecessor', async (context) => {
  await using world = await startWorld();
  const disk = await holdDisk(world, context);
  const run = newRun();
  const token = await world.token();
  const first = world.knock({ token, run });
  await disk.asked;
  let isIn = false;
  const second = world.knock({ token, run }).finally(() => (isIn = true));
  // Two other whole requests come and go meanwhile: as many as the second knock needs.
  for (const other of ['x', 'y']) await world.knock({ token: other });
  assert.equal(isIn, false);
  disk.confirm();
  await Promise.all([first, second]);
});

test('a disk that fails lets nobody in, and the relay says that it is not ready', async (context) => {
  await using world = await startWorld();
  const disk = await diskOf(world);
  assert.deepEqual(await readPage(world, '/readyz'), [200, 'ready\n']);
  const sync = context.mock.method(disk, 'datasync', () => Promise.reject(new Error('disk full')));
  assert.deepEqual(outcome(await world.knock()), { status: 500, error: 'server_error' });
  sync.mock.restore();
  assert.deepEqual(await readPage(world, '/readyz'), [503, 'events cannot be written\n']);
  assert.deepEqual(outcome(await world.knock()), { status: 500, error: 'server_error' });
  assert.equal(world.service.sockets.length, 0);
  assert.equal((await world.logged('a session could not be opened')).level, 'alarm');
});

test('the bot hears of start and end, with the bytes each way and the connections', async () => {
  await using world = await startWorld();
  const gid = newGrantId();
  const run = newRun();
  const tunnel = await world.enter({ token: await world.token({ gid }), run });
  const { session } = await tunnel.notice('ready');
  for (const stream of [1, 2]) {
    await tunnel.open(stream);
    tunnel.send({ kind: 'data', stream, payload: Buffer.from('hello') });
    await tunnel.bytes(stream, 5);
  }
  tunnel.socket.close(1000);
  const start = await world.bot.event('session.start', session);
  const end = await world.bot.event('session.end', session);
  assert.deepEqual(
    { gid: start.gid, sub: start.sub, run: start.run, address: start.address },
    { gid, sub: 'github:583231', run, address: '127.0.0.1' },
  );
  assert.deepEqual(
    { reason: end.reason, up: end.bytesUp, down: end.bytesDown, connections: end.connections },
    { reason: 'closed', up: 10, down: 10, connections: 2 },
  );
  assert.equal(end.n, start.n + 1);
});

test('a grant has as many sessions as it says, and a run that comes back is not one more', async () => {
  await using world = await startWorld();
  const token = await world.token({
    lim: { sessions: 1, connections: 8, idleSeconds: 60, graceSeconds: 0 },
  });
  const run = newRun();
  const first = await world.enter({ token, run });
  const { session } = await first.notice('ready');
  assert.deepEqual(outcome(await world.knock({ token })), {
    status: 429,
    error: 'too_many_sessions',
  });

  const again = await world.enter({ token, run });
  assert.equal((await again.notice('ready')).session, session);
  await first.closed();
  assert.equal(
    again.frames.some((frame) => frame.kind === 'notice' && frame.notice.kind === 'ended'),
    false,
  );
});

test('a client that comes back after its line broke goes on with its session', async () => {
  await using world = await startWorld();
  const token = await world.token();
  const run = newRun();
  const first = await world.enter({ token, run });
  const { session } = await first.notice('ready');
  await first.open(1);
  const service = await world.service.socket();
  first.socket.terminate();
  assert.equal(await overAt(service), 'ECONNRESET');
  const again = await world.enter({ token, run });
  assert.equal((await again.notice('ready')).session, session);
  assert.deepEqual(
    world.bot.events().map((event) => event.type),
    ['session.start'],
  );
});

for (const [what, changes] of Object.entries({
  role: { role: 'writer' },
  target: { target: 'hr-db.internal:5432' },
})) {
  test(`a run that comes back with a token for another ${what} of the same grant is refused`, async () => {
    await using world = await startWorld({
      rules: ({ port }) => {
        const service = { host: '127.0.0.1', port };
        return {
          allow: [],
          dial: new Map([target, 'hr-db.internal:5432'].map((at) => [at, service])),
        };
      },
    });
    const gid = newGrantId();
    const run = newRun();
    const tunnel = await world.enter({ token: await world.token({ gid }), run });
    const answer = await world.knock({ token: await world.token({ gid, ...changes }), run });
    assert.deepEqual(outcome(answer), { status: 401, error: 'invalid_token' });
    assert.equal(tunnel.socket.readyState, tunnel.socket.OPEN);
  });
}

test('knowing the name of somebody’s run is not being that run', async () => {
  await using world = await startWorld();
  const gid = newGrantId();
  const run = newRun();
  const victim = await world.enter({ token: await world.token({ gid }), run });
  const { session } = await victim.notice('ready');
  const key = await generateSessionKey();
  const token = await world.token({ gid, cnf: { jkt: key.jkt } });
  const other = await world.enter({ token, key, run });
  assert.notEqual((await other.notice('ready')).session, session);
  assert.equal(victim.socket.readyState, victim.socket.OPEN);
});

test('a client that does not come back in time has ended its session', async () => {
  await using world = await startWorld({ limits: { reconnectSeconds: 0.05 } });
  const tunnel = await world.enter();
  tunnel.socket.terminate();
  assert.equal((await world.bot.event('session.end')).reason, 'closed');
});

test('a session without a byte ends as idle', async () => {
  await using world = await startWorld();
  const lim = { sessions: 1, connections: 8, idleSeconds: 1, graceSeconds: 0 };
  const tunnel = await world.enter({ token: await world.token({ lim }) });
  assert.equal(await tunnel.ended(), 'idle');
  assert.equal((await world.bot.event('session.end')).reason, 'idle');
});

test('a service that is not there is a reset of its stream, with words', async () => {
  await using world = await startWorld({
    rules: () => ({ allow: [], dial: new Map([[target, { host: '127.0.0.1', port: 1 }]]) }),
  });
  const tunnel = await world.enter();
  tunnel.send({ kind: 'open', stream: 1, credit: 1 });
  assert.equal((await tunnel.frame('reset', 1)).text, 'The service could not be reached.');
});

test('a relay that drains refuses new sessions and tells the live ones', async () => {
  await using world = await startWorld({ limits: { drainSeconds: 5 } });
  const tunnel = await world.enter();
  await tunnel.notice('ready');
  const knock = await readyToKnock(world);
  const drained = world.relay.drain();
  await tunnel.notice('draining');
  assert.deepEqual(await knock(), { status: 503, error: 'draining' });
  tunnel.socket.close(1000);
  await drained;
  assert.equal((await world.bot.event('session.end')).reason, 'closed');
});

test('a relay that is told to stop ends its sessions and says why', async () => {
  await using world = await startWorld({ limits: { drainSeconds: 0 } });
  const tunnel = await world.enter();
  await tunnel.notice('ready');
  await world.relay.drain();
  assert.equal(await tunnel.ended(), 'shutdown');
  assert.equal((await world.bot.event('session.end')).reason, 'shutdown');
});

/**
 * A draining relay takes no new socket. This one is open before, and the proof made, so that only the knock is left.
 */
async function readyToKnock(world: World): Promise<() => Promise<object>> {
  const request = await world.request();
  const { token, port, ca } = request;
  const asked = await world.knock({ token, proof: await proofFor(request) });
  const nonce = asked.kind === 'refused' ? String(asked.headers['dpop-nonce']) : '';
  const proof = await proofFor(request, nonce);
  const socket = connectTls({ host: '127.0.0.1', port, ca });
  await once(socket, 'secureConnect');
  return async () => {
    const headers = upgradeHeaders({ token, proof });
    const sent = get({ createConnection: () => socket, path: tunnelPath, headers });
    try {
      const heard = await within('a refusal', once(sent, 'response'));
      const [response] = heard as [IncomingMessage];
      const { error } = (await json(response)) as { error: string };
      return { status: response.statusCode, error };
    } finally {
      socket.destroy();
    }
  };
}

function outcome(answer: Answer): object {
  if (answer.kind === 'open') return { kind: 'open' };
  return { status: answer.status, error: answer.error };
}
