// What a newcomer does first when they have seen enough: Ctrl-C in the middle of the story.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { createTemporaryFolder } from '../support/folders.ts';
import { startProcess } from '../support/processes.ts';
import { within } from '../support/within.ts';
import { home } from './seed.ts';

test('an interrupt in the middle of the story leaves no process, no file and no stack trace', async (t) => {
  if (!existsSync('/proc/self/environ')) return t.skip('no /proc here to find processes in');
  await using folder = await createTemporaryFolder('interrupted');
  await chmod(folder.path, 0o711); // as /tmp, for PostgreSQL when it runs as nobody
  await using demo = await startProcess({
    name: 'the demo',
    command: process.execPath,
    args: [`${home}test/demo/main.ts`, '--once'],
    env: { TMPDIR: folder.path },
    stopSignal: 'SIGINT',
  });
  await demo.line((text) => (text.startsWith('5  ') ? text : undefined), 60_000);
  assert.ok((await processesIn(folder.path)).length > 4, 'its parts run');
  demo.signal('SIGINT');
  const exit = await within('the end of the demo', demo.exited);

  assert.equal(exit.code, 130);
  assert.match(demo.output(), /\nEnding everything …$/);
  assert.equal(demo.output('stderr'), '');
  assert.deepEqual(await readdir(folder.path), []);
  assert.deepEqual(await processesIn(folder.path), []);
});

// Everything that the demo starts keeps its temporary files there, and is told so by TMPDIR.
async function processesIn(folder: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    ids.map(async (id) => {
      const environment = await readFile(`/proc/${id}/environ`, 'utf8').catch(() => '');
      return environment.split('\0').includes(`TMPDIR=${folder}`) ? [id] : [];
    }),
  );
  return found.flat();
}
