import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { createTemporaryFolder } from './folders.ts';
import { startProcess, type Program } from './processes.ts';
import { within } from './within.ts';

test('a line is found whether it was printed before or after somebody asked for it', async () => {
  await using echo = await startProcess(program(`process.stdin.pipe(process.stdout)`));
  const coming = echo.line((text) => /^second (\d)/.exec(text)?.[1]);
  echo.write('first\nsecond 2\n');
  assert.equal(await coming, '2');
  assert.equal(await echo.line((text) => (text === 'first' ? text : undefined)), 'first');
  assert.equal(echo.output('stdout'), 'first\nsecond 2');
  assert.deepEqual(await echo.stop(), { code: null, signal: 'SIGTERM' });
});

test('waiting for a line of a program that ends instead fails, and shows what it printed', async () => {
  await using broken = await startProcess(
    program(`console.error('no such port'); process.exitCode = 3`),
  );
  await assert.rejects(
    broken.line((text) => (text === 'ready' ? text : undefined)),
    /ended first \(3\).*no such port/s,
  );
  const exit = await within('it ends', broken.exited);
  assert.deepEqual(exit, { code: 3, signal: null });
});

test('a program that does not listen is ended all the same', async () => {
  const deaf = program(
    `process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1e6); console.log('up')`,
  );
  await using running = await startProcess(deaf);
  await running.line((text) => text === 'up' || undefined);
  assert.deepEqual(await running.stop(50), { code: null, signal: 'SIGKILL' });
});

test('what has ended is not signalled again: its number may be somebody else’s by then', async (t) => {
  await using short = await startProcess(program(`process.exitCode = 3`));
  const exit = await within('it ends', short.exited);
  const kill = t.mock.method(process, 'kill');
  assert.deepEqual(await short.stop(0), exit);
  assert.deepEqual(await short.kill(), exit);
  short.signal('SIGTERM');
  assert.equal(kill.mock.callCount(), 0);
});

test('a program is not told the settings of whoever runs the tests', async () => {
  process.env['SALLYPORT_CONFIG_DIR'] = '/somewhere';
  await using shown = await startProcess(program(`console.log(JSON.stringify(process.env))`));
  await within('it ends', shown.exited);
  delete process.env['SALLYPORT_CONFIG_DIR'];
  const seen = JSON.parse(shown.output()) as Record<string, string>;
  assert.equal(seen['SALLYPORT_CONFIG_DIR'], undefined);
  assert.equal(seen['PATH'], process.env['PATH']);
});

test('when we are killed, what we started ends and what we made is removed', async () => {
  await using folder = await createTemporaryFolder();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = once(server, 'connection') as Promise<[Socket]>;
  // The grandchild ignores the polite signal and says nothing: only its socket shows its end.
  const grandchild = `process.on('SIGINT', () => 0); require('net').connect(${port}, '127.0.0.1')`;
  await using parent = await startProcess({
    ...program(`
      import { startProcess } from ${JSON.stringify(import.meta.resolve('./processes.ts'))};
      import { createTemporaryFolder } from ${JSON.stringify(import.meta.resolve('./folders.ts'))};
      const folder = await createTemporaryFolder();
      await startProcess({ name: 'grandchild', command: process.execPath, stopSignal: 'SIGINT',
        args: ['-e', ${JSON.stringify(grandchild)}] });
      console.log('folder', folder.path);`),
    env: { TMPDIR: folder.path },
  });
  const inner = await parent.line((text) => /^folder (.*)/.exec(text)?.[1]);
  const [socket] = await within('the grandchild says that it runs', connection);
  assert.ok(existsSync(inner));

  const cut = once(socket.resume(), 'close');
  const changes = watch(folder.path);
  const removed = new Promise<void>((resolve) => {
    changes.on('change', () => existsSync(inner) || resolve());
  });
  await parent.kill();
  await within('what it had started ends', cut);
  await within('what it had made is removed', removed);
  changes.close();
  server.close();
});

function program(source: string): Program {
  return {
    name: 'a small program',
    command: process.execPath,
    args: ['--input-type=module', '-e', source],
  };
}
