// The local port and socket: for this user's programs only, and never given up while the tunnel is away.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { Failure } from '../../../relay/client/failure.ts';
import { openListener, type Listener } from '../../../relay/client/listener.ts';
import { userInTable } from '../../../relay/client/local-user.ts';
import type { LocalPlace } from '../../../relay/client/arguments.ts';
import { createTemporaryFolder } from '../../support/folders.ts';

interface Opened {
  listener: Listener;
  port: number;
  connections: Socket[];
  strangers: (number | undefined)[];
  nextConnection(): Promise<Socket>;
  nextStranger(): Promise<number | undefined>;
}

async function open(t: TestContext, place: LocalPlace = { kind: 'port' }): Promise<Opened> {
  const connections: Socket[] = [];
  const strangers: (number | undefined)[] = [];
  const waiters: (() => void)[] = [];
  const woken = (): void => waiters.splice(0).forEach((wake) => wake());
  const listener = await openListener(place, {
    connection(socket) {
      connections.push(socket);
      woken();
    },
    stranger(user) {
      strangers.push(user);
      woken();
    },
  });
  t.after(() => {
    listener.close();
    for (const socket of connections) socket.destroy();
  });
  async function next<T>(list: T[]): Promise<T> {
    while (list.length === 0) await new Promise<void>((wake) => waiters.push(wake));
    return list[0] as T;
  }
  return {
    listener,
    port: listener.address.kind === 'port' ? listener.address.port : 0,
    connections,
    strangers,
    nextConnection: () => next(connections),
    nextStranger: () => next(strangers),
  };
}

function failure(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Failure && error.code === code && error.exit === 'local';
}

test('a program of the same user is let through, over IPv4 and over a mapped IPv6 address', async (t) => {
  for (const host of ['127.0.0.1', '::ffff:127.0.0.1']) {
    const { listener, port, nextConnection } = await open(t);
    listener.release();
    const client = connect({ host, port });
    t.after(() => client.destroy());
    const [socket] = await Promise.all([nextConnection(), once(client, 'connect')]);
    assert.equal(socket.isPaused(), true);
  }
});

test('nothing is reachable but 127.0.0.1', async (t) => {
  const { port } = await open(t);
  for (const host of ['127.0.0.2', '::1']) {
    const client = connect({ host, port });
    const [error] = (await once(client, 'error')) as [NodeJS.ErrnoException];
    assert.match(error.code ?? '', /ECONNREFUSED|EADDRNOTAVAIL|EAFNOSUPPORT/);
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
    const script =
      `const s = require('net').connect(${port}, '127.0.0.1');` +
      `s.on('error', (e) => console.log(e.code)).on('close', () => console.log('closed'));` +
      `s.write('select 1'); s.resume();`;
    // Run from / : the other user need not be able to enter the folder of the tests.
    const other = spawn(process.execPath, ['-e', script], { uid: 65_534, gid: 65_534, cwd: '/' });
    t.after(() => other.kill('SIGKILL'));
    let said = '';
    other.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [user] = await Promise.all([nextStranger(), once(other, 'close')]);
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

test('callers wait while the tunnel is away, keep what they sent, and are let through after', async (t) => {
  const { listener, port, connections, nextConnection } = await open(t);
  const client = connect(port, '127.0.0.1');
  t.after(() => client.destroy());
  await once(client, 'connect');
  client.write('early');
  assert.deepEqual(connections, []);
  listener.release();
  const socket = await nextConnection();
  const heard = once(socket, 'data');
  socket.resume();
  assert.equal(String((await heard)[0]), 'early');
});

test('a caller that is waiting when the run ends is reset', async (t) => {
  const { listener, port } = await open(t);
  const client = connect(port, '127.0.0.1');
  await once(client, 'connect');
  const ended = once(client, 'error');
  setImmediate(() => listener.close());
  const [error] = (await ended) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNRESET');
});

test('a port that is taken is refused by name', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await assert.rejects(open(t, { kind: 'port', port }), failure('port_taken'));
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
  await assert.rejects(open(t, place), failure('socket_refused'));
});

test('a file that is already there is never removed for a socket; what a killed run left behind is', async (t) => {
  const folder = await createTemporaryFolder('socket');
  t.after(() => folder.remove());
  await writeFile(folder.at('file'), 'precious');
  await assert.rejects(
    open(t, { kind: 'socket', path: folder.at('file') }),
    failure('socket_refused'),
  );

  const path = folder.at('s');
  await open(t, { kind: 'socket', path });
  await assert.rejects(open(t, { kind: 'socket', path }), failure('socket_refused'));

  const left = folder.at('left');
  const script = `require('net').createServer().listen(${JSON.stringify(left)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', script]), 'exit');
  assert.equal((await stat(left)).isSocket(), true);
  await open(t, { kind: 'socket', path: left });
});
