import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { dataFolderFaults, foreignFaults } from '../../relay/data-folder.ts';
import { listenFault } from '../../relay/listen-fault.ts';
import { createTemporaryFolder } from '../support/folders.ts';
import { within } from '../support/within.ts';

const program = new URL('../../bot/cli/sallyportd.ts', import.meta.url).pathname;
/** Somebody who is not root, wherever this runs as root. */
const nobody = 65_534;
const skip = process.getuid?.() === 0 ? false : 'needs root, to be somebody else as well';

/** What Node prints that runs this, and its exit code. */
async function run(args: readonly string[]) {
  const child = spawn(process.execPath, args, { cwd: '/', env: {} });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const [code] = (await within('it ends', once(child, 'close'))) as [number | null];
  return { code, said };
}

test('a data folder is made with all that it lies in, for its user alone, and made once', async () => {
  await using folder = await createTemporaryFolder('data');
  const path = folder.at('var', 'lib', 'sallyport');
  assert.deepEqual(foreignFaults(path), []);
  for (const _time of [1, 2]) assert.deepEqual(dataFolderFaults(path), []);
  for (const made of [path, folder.at('var')]) assert.equal((await stat(made)).mode & 0o777, 0o700);
});

test('a folder that cannot be made is told in words, also below /proc, where nothing ever can', async () => {
  await using folder = await createTemporaryFolder('data');
  await writeFile(folder.at('file'), '');
  const below = folder.at('file', 'data');
  assert.deepEqual(dataFolderFaults(below), [
    `The folder ${below} cannot be made: a file is in its way (EEXIST).`,
  ]);
  const file = folder.at('file');
  assert.deepEqual(dataFolderFaults(file), [
    `The folder ${file} cannot be made: a file is in its way (EEXIST).`,
  ]);
  if (process.platform !== 'linux') return;
  const nowhere = '/proc/sallyport/data';
  const fault = `The folder ${nowhere} cannot be made: nothing can be made there (ENOENT).`;
  assert.deepEqual(dataFolderFaults(nowhere), [fault]);
  for (const words of [
    ['relay', 'init'],
    ['keys', 'control'],
  ]) {
    const { code, said } = await run([program, ...words, '--data', nowhere]);
    assert.deepEqual([code, said], [78, `${fault}\n`]);
  }
});

test(
  'a data folder of another user, or with files of another, is told with what mends it',
  { skip },
  async () => {
    await using folder = await createTemporaryFolder('data');
    await chmod(folder.path, 0o755);
    const data = folder.at('data');
    await mkdir(data, { mode: 0o700 });
    // It becomes nobody once all is loaded: nobody need be able to enter the folder of the program.
    const script = `const { dataFolderFaults } = await import(${JSON.stringify(new URL('../../relay/data-folder.ts', import.meta.url).href)});
process.setgid(${nobody}); process.setuid(${nobody});
console.log(JSON.stringify(dataFolderFaults(${JSON.stringify(data)})));`;
    const faults = async () => {
      const { said } = await run(['--input-type=module', '-e', script]);
      return JSON.parse(said) as string[];
    };
    const closed = (path: string) =>
      `${path} belongs to another user (uid 0), and this one (uid ${nobody}) cannot use it. Start it as that user, or mend it with: chown -R ${nobody} ${data}`;
    assert.deepEqual(await faults(), [closed(data)]);

    await chown(data, nobody, nobody);
    assert.deepEqual(await faults(), []);
    await mkdir(folder.at('data', 'keys'), { mode: 0o700 });
    for (let number = 1; number <= 7; number += 1) {
      await writeFile(folder.at('data', `file-${number}`), '', { mode: 0o600 });
    }
    const told = await faults();
    assert.equal(told.length, 6);
    assert.equal(told[0], closed(folder.at('data', 'file-1')));
    assert.equal(told[5], `3 more in ${data} cannot be used by this user.`);
  },
);

test('where nothing can be listened on, the words say why and what to set', async () => {
  const where = { host: '0.0.0.0', port: 443, setting: 'listen' };
  const fault = (code: string) => listenFault(Object.assign(new Error(code), { code }), where);
  assert.match(fault('EACCES'), /^Cannot listen on 0\.0\.0\.0:443 \(EACCES\)\. .*below 1024/);
  assert.match(fault('EACCES'), /CAP_NET_BIND_SERVICE\): listen\.host and listen\.port\.$/);
  assert.match(fault('EADDRNOTAVAIL'), /no such address/);
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const second = createServer().listen(taken.address());
  const [error] = (await once(second, 'error')) as [unknown];
  taken.close();
  assert.match(listenFault(error, where), /\(EADDRINUSE\)\. Something listens there already/);
});
