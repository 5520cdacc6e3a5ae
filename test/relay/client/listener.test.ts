// The local port and socket: for this user's programs only, and never given up while the tunnel is away.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { openListener, type Listener } from '../../../relay/client/listener.ts';
import { userInTable } from '../../../relay/client/local-user.ts';
import type { LocalPlace } from '../../../relay/client/arguments.ts';
import { createTemporaryFolder } from '../../support/folders.ts';
import { within } from '../../support/within.ts';
import { failure } from './failures.ts';
import { errorCode, seen, soon, textFrom } from './soon.ts';

interface Opened {
  listener: Listener;
  port: number;
  connections: Socket[];
  strangers: (number | undefined)[];
  /** Told of each of them. */
  came: EventEmitter;
  nextConnection(): Promise<Socket>;
  nextStranger(): Promise<number | undefined>;
}

async function open(t: TestContext, place: LocalPlace = { kind: 'port' }): Promise<Opened> {
  const connections: Socket[] = [];
  const strangers: (number | undefined)[] = [];
  const came = new EventEmitter();
  const listener = await openListener(place, {
    connection(socket) {
      connections.push(socket);
      came.emit('change');
    },
    stranger(user) {
      strangers.push(user);
      came.emit('change');
    },
  });
  t.after(() => {
    listener.close();
    for (const socket of connections) socket.destroy();
  });
  return {
    listener,
    port: listener.address.kind === 'port' ? listener.address.port : 0,
    connections,
    strangers,
    came,
    nextConnection: () => seen('a connection', came, () => connections[0]),
    nextStranger: () => seen('a stranger', came, () => strangers[0]),
  };
}

test('a program of the same user is let through, over IPv4 and over a mapped IPv6 address', async (t) => {
  for (const host of ['127.0.0.1', '::ffff:127.0.0.1']) {
    const { listener, port, nextConnection } = await open(t);
    listener.release();
    const client = connect({ host, port });
    t.after(() => client.destroy());
    const [socket] = await Promise.all([nextConnection(), soon(client, 'connect')]);
    assert.equal(socket.isPaused(), true);
  }
});

test('nothing is reachable but 127.0.0.1', async (t) => {
  const { port } = await open(t);
  for (const host of ['127.0.0.2', '::1']) {
    const client = connect({ host, port });
    assert.match((await errorCode(client)) ?? '', /ECONNREFUSED|EADDRNOTAVAIL|EAFNOSUPPORT/);
  }
});

test(
  'another user of the machine cannot use the port',
  {
    skip:
      process.platform !== 'linux' || process.getuid?.() !== 0
        ? 'needs root on Linux, to become another user'
        : false,
  },
  async (t) => {
    const { listener, port, connections, nextStranger } = await open(t);
    listener.release();
    // It becomes the other user by itself: that one need not be able to enter the folder of Node.
    const script =
      `process.setgid(65_534); process.setuid(65_534);` +
      `const s = require('net').connect(${port}, '127.0.0.1');` +
      `s.on('error', (e) => console.log(e.code)).on('close', () => console.log('closed'));` +
      `s.write('select 1'); s.resume();`;
    const other = spawn(process.execPath, ['-e', script], { cwd: '/' });
    t.after(() => other.kill('SIGKILL'));
    let said = '';
    other.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [user] = await Promise.all([nextStranger(), soon(other, 'close')]);
    assert.equal(user, 65_534);
    assert.match(said, /ECONNRESET/);
    assert.deepEqual(connections, []);
  },
);

const header =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const row = (ends: string, uid: number, inode: number): string =>
  `${header}\n   0: ${ends} 01 00000000:00000000 00:00000000 00000000  ${uid}        0 ${inode} 1 0000 20 4 30 10 -1\n`;
const ends = { localPort: 0xd431, remotePort: 0x9c40 };

const tables: readonly [string, string, number | undefined][] = [
  ['the row of the far end names its user', row('0100007F:9C40 0100007F:D431', 1000, 77), 1000],
  [
    'the row of our own end is not the far end',
    row('0100007F:D431 0100007F:9C40', 1000, 77),
    undefined,
  ],
  [
    'a mapped IPv6 row counts',
    row(`0000000000000000FFFF00000100007F:9C40 0000000000000000FFFF00000100007F:D431`, 5, 7),
    5,
  ],
  [
    'a row of another address does not count',
    row('0200007F:9C40 0100007F:D431', 1000, 77),
    undefined,
  ],
  [
    'an end whose process is gone proves nobody, though it shows uid 0',
    row('0100007F:9C40 0100007F:D431', 0, 0),
    undefined,
  ],
  ['an empty table proves nobody', header, undefined],
];

for (const [name, table, user] of tables) {
  test(name, () => assert.equal(userInTable(table, ends), user));
}

/** Calls until one caller more than may wait has come, and was reset; answers the others, who all wait by then. */
async function callersAt(t: TestContext, port: number): Promise<readonly Socket[]> {
  const callers = Array.from({ length: 65 }, () => connect(port, '127.0.0.1'));
  const turnedAway = new Promise<Socket>((resolve) => {
    for (const caller of callers) {
      t.after(() => caller.destroy());
      caller.on('error', () => resolve(caller));
    }
  });
  const tooMany = await within('a reset for one of 65 callers', turnedAway);
  return callers.filter((caller) => caller !== tooMany);
}

test('64 callers wait while the tunnel is away, keep what they sent, and are let through after', async (t) => {
  const { listener, port, connections, came } = await open(t);
  const waiting = await callersAt(t, port);
  for (const caller of waiting) caller.write('early');
  assert.equal(connections.length, 0);
  listener.release();
  const through = await seen('64 connections', came, () => connections[63] && [...connections]);
  assert.equal(through.length, 64);
  for (const socket of through) {
    const heard = textFrom(socket);
    socket.resume();
    assert.equal(await heard, 'early');
  }
});

test('nobody waits longer than 20 seconds', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { port, connections } = await open(t);
  const waiting = await callersAt(t, port);
  const resets = Promise.all(waiting.map(errorCode));
  t.mock.timers.tick(20_000);
  assert.deepEqual(new Set(await resets), new Set(['ECONNRESET']));
  assert.deepEqual(connections, []);
});

test('a caller that is waiting when the run ends is reset', async (t) => {
  const { listener, port } = await open(t);
  const client = connect(port, '127.0.0.1');
  await soon(client, 'connect');
  const ended = errorCode(client);
  setImmediate(() => listener.close());
  assert.equal(await ended, 'ECONNRESET');
});

test('a port that is taken is refused by name', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await soon(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await assert.rejects(open(t, { kind: 'port', port }), failure('port_taken', 'local'));
});

test('a socket is made for its owner only, in a folder nobody else can enter', async (t) => {
  const folder = await createTemporaryFolder('socket');
  t.after(() => folder.remove());
  const path = folder.at('new', 's');
  const { listener, nextConnection } = await open(t, { kind: 'socket', path });
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await stat(folder.at('new'))).mode & 0o777, 0o700);
  listener.release();
  const client = connect(path);
  t.after(() => client.destroy());
  await nextConnection();
});

test('a socket in a folder that others can enter is refused', async (t) => {
  const folder = await createTemporaryFolder('socket');
  t.after(() => folder.remove());
  await mkdir(folder.at('open'));
  await chmod(folder.at('open'), 0o755);
  const place = { kind: 'socket', path: folder.at('open', 's') } as const;
  await assert.rejects(open(t, place), failure('socket_refused', 'local'));
});

test('a file that is already there is never removed for a socket; what a killed run left behind is', async (t) => {
  const folder = await createTemporaryFolder('socket');
  t.after(() => folder.remove());
  await writeFile(folder.at('file'), 'precious');
  await assert.rejects(
    open(t, { kind: 'socket', path: folder.at('file') }),
    failure('socket_refused', 'local'),
  );

  const path = folder.at('s');
  await open(t, { kind: 'socket', path });
  await assert.rejects(open(t, { kind: 'socket', path }), failure('socket_refused', 'local'));

  const left = folder.at('left');
  const script = `require('net').createServer().listen(${JSON.stringify(left)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await soon(spawn(process.execPath, ['-e', script]), 'exit');
  assert.equal((await stat(left)).isSocket(), true);
  await open(t, { kind: 'socket', path: left });
});
