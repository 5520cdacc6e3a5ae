// A repository on a disk is what GitHub would list of it.

import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { checkoutAt, topOf } from '../../../bot/rehearsal/disk.ts';
import { createTemporaryFolder } from '../../support/folders.ts';

async function withFiles(...paths: readonly string[]) {
  const folder = await createTemporaryFolder('disk');
  for (const path of paths) {
    await mkdir(dirname(folder.at(path)), { recursive: true });
    await writeFile(folder.at(path), path);
  }
  return folder;
}

test('what is in a repository is listed by the names it has, without what git would leave out', async () => {
  const files = ['all.yaml', 'a/b/c.yaml', 'node_modules/x/y.yaml', 'vendor/.git', 'vendor/z.yaml'];
  await using folder = await withFiles(...files, '.git/config.yaml');
  await symlink('a', folder.at('linked'));
  await symlink('all.yaml', folder.at('link.yaml'));
  const file = { path: 'all.yaml', text: 'all.yaml' };
  const checkout = checkoutAt(folder.path, 'acme/mono', file);
  const tree = await checkout.tree();
  const kindAt = async (path: string) => (await tree.at(path))?.kind;
  assert.deepEqual([...((await tree.below(''))?.keys() ?? [])].toSorted(), [
    'a/b/c.yaml',
    'all.yaml',
  ]);
  assert.deepEqual([...((await tree.below('a'))?.keys() ?? [])], ['a/b/c.yaml']);
  for (const [path, kind] of [
    ['a', 'folder'],
    ['a/b/c.yaml', 'file'],
    ['A/b/c.yaml', undefined],
    ['a/../all.yaml', undefined],
    ['linked', 'link'],
    ['linked/b/c.yaml', undefined],
    ['link.yaml', 'link'],
    ['vendor', 'submodule'],
    ['vendor/z.yaml', undefined],
    ['all.yaml/x.yaml', undefined],
    ['no.yaml', undefined],
  ] as const) {
    assert.equal(await kindAt(path), kind, path);
  }
  assert.equal((await tree.below('no'))?.size, 0);
  assert.equal((await tree.below('linked'))?.size, 0);
  const [root] = checkout.roots;
  assert.ok(root && 'text' in root);
  assert.deepEqual([root.path, root.text], ['all.yaml', 'all.yaml']);
  const entry = await tree.at('all.yaml');
  assert.deepEqual([entry?.revision, entry?.bytes], [root.revision, 8]);
  const texts = await tree.read((await tree.below('a')) ?? new Map());
  assert.deepEqual([...texts], [['a/b/c.yaml', 'a/b/c.yaml']]);
});

test('the repository of a file begins where .git is, and otherwise at the folder that has the file', async () => {
  await using folder = await withFiles('one/.git', 'one/a/b.yaml', 'two/a/b.yaml');
  assert.equal(topOf(folder.at('one/a/b.yaml')), folder.at('one'));
  assert.equal(topOf(folder.at('two/a/b.yaml')), folder.at('two/a'));
});
