import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { MemoryError, openMemory } from '../../../relay/server/memory.ts';
import { createTemporaryFolder } from '../../support/folders.ts';
import { newGrantId } from '../signing.ts';

test('what was kept is there after a restart', async () => {
  await using folder = await createTemporaryFolder('memory');
  const first = await openMemory(folder.path, assert.ifError);
  const state = { position: { epoch: 1, seq: 7 }, revoked: [{ gid: newGrantId(), until: 9 }] };
  first.keep(state);
  await first.flush();
  assert.deepEqual((await openMemory(folder.path, assert.ifError)).state(), state);
});

suite('the relay does not start afresh over a memory that', () => {
  const position = { epoch: 1, seq: 7 };
  const broken: Readonly<Record<string, string>> = {
    'is empty': '',
    'was torn': '{"version":1,"position":{"epoch":1,',
    'another version wrote': JSON.stringify({ version: 2, position, revoked: [] }),
    'has lost its list': JSON.stringify({ version: 1, position }),
    'has a position without a number': JSON.stringify({
      version: 1,
      position: { epoch: 1 },
      revoked: [],
    }),
    'names no grant': JSON.stringify({
      version: 1,
      position,
      revoked: [{ gid: 'all of them', until: 9 }],
    }),
    'forgets at no time': JSON.stringify({
      version: 1,
      position,
      revoked: [{ gid: newGrantId(), until: null }],
    }),
  };
  for (const [name, text] of Object.entries(broken)) {
    test(name, async () => {
      await using folder = await createTemporaryFolder('memory');
      await writeFile(folder.at('control.json'), text);
      await assert.rejects(openMemory(folder.path, assert.ifError), (error) => {
        return error instanceof MemoryError && /Restore it, or remove it/.test(error.message);
      });
    });
  }
});
