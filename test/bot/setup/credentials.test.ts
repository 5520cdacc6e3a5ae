import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { keepCredentials, prepareKeeping } from '../../../bot/setup/credentials.ts';
import { StartFault } from '../../../bot/start-fault.ts';
import { createTemporaryFolder } from '../../support/folders.ts';
import { modeOf } from './setup-bot.ts';

const credentials = { appId: 17, privateKey: 'a key', webhookSecret: 'a secret' };

test('credentials are there for nobody but the bot, whatever the umask is', async () => {
  await using folder = await createTemporaryFolder('credentials');
  const before = process.umask(0);
  try {
    assert.equal(await keepCredentials(folder.at('data'), credentials), true);
  } finally {
    process.umask(before);
  }
  assert.equal(modeOf(folder.at('data')), '700');
  assert.equal(modeOf(folder.at('data', 'github-app')), '700');
  for (const name of await readdir(folder.at('data', 'github-app')))
    assert.equal(modeOf(folder.at('data', 'github-app', name)), '600', name);
});

test('of two that are kept at the same time one stays, whole', async () => {
  await using folder = await createTemporaryFolder('credentials');
  const both = [1, 2, 3, 4].map((appId) =>
    keepCredentials(folder.path, { ...credentials, appId, webhookSecret: `secret ${appId}` }),
  );
  const kept = await Promise.all(both);
  assert.equal(kept.filter(Boolean).length, 1);
  const winner = kept.indexOf(true) + 1;
  const read = (name: string) => readFile(folder.at('github-app', name), 'utf8');
  assert.equal(await read('app-id'), `${winner}\n`);
  assert.equal(await read('webhook-secret'), `secret ${winner}\n`);
  assert.deepEqual(await readdir(folder.path), ['github-app']);
});

test('nothing that is there already is replaced: not a folder, not a file, not a link', async () => {
  await using folder = await createTemporaryFolder('credentials');
  const cases: [string, (path: string) => Promise<unknown>][] = [
    ['folder', (path) => mkdir(path)],
    ['file', (path) => writeFile(path, 'mine')],
    ['link', (path) => symlink(folder.at('nowhere'), path)],
  ];
  for (const [name, make] of cases) {
    await mkdir(folder.at(name));
    await make(folder.at(name, 'github-app'));
    assert.equal(await keepCredentials(folder.at(name), credentials), false, name);
    assert.deepEqual(await readdir(folder.at(name)), ['github-app'], name);
  }
  assert.deepEqual(await readdir(folder.at('folder', 'github-app')), []);
});

test('what a crash left half written is removed at the next start, and what is kept is not', async () => {
  await using folder = await createTemporaryFolder('credentials');
  await mkdir(folder.at('github-app.part-abc'));
  await writeFile(folder.at('github-app.part-abc', 'private-key.pem'), 'half');
  await writeFile(folder.at('sallyport.db'), '');
  await prepareKeeping(folder.path);
  assert.deepEqual(await readdir(folder.path), ['sallyport.db']);
});

test('a data folder that nothing can be kept in stops the start, before an App is created', async () => {
  await using folder = await createTemporaryFolder('credentials');
  await writeFile(folder.at('data'), '');
  await assert.rejects(prepareKeeping(folder.at('data')), (error) => {
    assert.ok(error instanceof StartFault);
    assert.match(
      error.faults.join(),
      /^data: The folder .*data cannot be made: a file is in its way/,
    );
    return true;
  });
});
