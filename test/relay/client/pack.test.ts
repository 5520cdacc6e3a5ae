// The packed client: installed from its file into an empty folder, run by every Node at hand, connecting for real.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { delimiter, join, sep } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/folders.ts';
import { authority, openService } from './scripted.ts';
import { openHost } from './scripted-host.ts';
import { carryTo, openRelay } from './scripted-relay.ts';
import { openTerminal } from './terminal.ts';
import { textFrom } from './soon.ts';

const run = promisify(execFile);
const packer = fileURLToPath(new URL('../../../relay/client/pack.ts', import.meta.url));
const rootPackage = new URL('../../../package.json', import.meta.url);
const { version } = JSON.parse(await readFile(rootPackage, 'utf8')) as { version: string };

let folder: TemporaryFolder;
let installed: string;

before(async () => {
  folder = await createTemporaryFolder('pack');
  await run(process.execPath, [packer, '--out', folder.path], { cwd: folder.path });
  const archive = folder.at(`sallyport-${version}.tgz`);
  const quiet = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  const prefix = folder.at('empty');
  const environment = { ...process.env, npm_config_cache: folder.at('cache') };
  await run('npm', ['install', ...quiet, '--prefix', prefix, archive], {
    cwd: folder.path,
    env: environment,
  });
  installed = join(prefix, 'node_modules');
});
after(() => folder.remove());

/** The Node that runs the tests, and the one outside node_modules, which is what most people have. */
async function nodesAtHand(): Promise<{ name: string; node: string }[]> {
  const nodes = [process.execPath];
  for (const entry of (process.env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(entry, 'node');
    const isOurs = entry.includes(`node_modules${sep}.bin`) || entry === '';
    if (
      !isOurs &&
      (await access(candidate).then(
        () => true,
        () => false,
      ))
    ) {
      nodes.push(candidate);
      break;
    }
  }
  return Promise.all(
    nodes.map(async (node) => ({ node, name: (await run(node, ['--version'])).stdout.trim() })),
  );
}

test('the packed file installs in an empty folder without the network and brings nothing with it', async () => {
  const found = await readdir(installed);
  assert.deepEqual(
    found.filter((name) => !name.startsWith('.')),
    ['sallyport'],
  );
  const files = await readdir(join(installed, 'sallyport'));
  assert.deepEqual(files.sort(), [
    'LICENSE',
    'LICENSE-bundled',
    'README.md',
    'package.json',
    'sallyport.mjs',
  ]);
});

test('packing twice, from different folders, gives the same bytes', async () => {
  await run(process.execPath, [packer, '--out', folder.at('again')], { cwd: '/' });
  const digests = [
    folder.at(`sallyport-${version}.tgz`),
    folder.at('again', `sallyport-${version}.tgz`),
  ].map(async (file) =>
    createHash('sha256')
      .update(await readFile(file))
      .digest('hex'),
  );
  const [first, second] = await Promise.all(digests);
  assert.equal(first, second);
});

for (const { name, node } of await nodesAtHand()) {
  test(`the packed client runs on its own on Node ${name}, silently and with its version`, async () => {
    const bin = join(installed, '.bin', 'sallyport');
    const { stdout, stderr } = await run(node, [bin, '--version'], { cwd: '/', env: {} });
    assert.deepEqual({ stdout, stderr }, { stdout: `${version}\n`, stderr: '' });
  });

  test(`the packed client signs in and carries bytes on Node ${name}`, async (t) => {
    const [host, relay] = await Promise.all([openHost(t), openRelay(t)]);
    relay.serve = carryTo(await openService(t, (socket) => socket.pipe(socket)));
    host.script.relays = [{ url: relay.url, ca: (await authority).caPem }];
    const executable = { node, file: join(installed, '.bin', 'sallyport') };
    const terminal = await openTerminal(t, host, { executable });
    const started = terminal.run(['--json']);
    const { port } = await started.untilEvent('ready');
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('select 1');
    assert.equal(await textFrom(socket), 'select 1');
    socket.destroy();
    started.child.kill('SIGINT');
    assert.equal(await started.ended, 0);
    assert.equal(started.err, '');
  });
}
