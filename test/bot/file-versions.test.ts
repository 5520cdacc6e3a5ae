// Which versions of files are known to a bot that starts anew, by what its settings read from.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFileVersions } from '../../bot/file-versions.ts';
import { openStore } from '../../bot/store/store.ts';

const policy = { repository: 'acme/access', path: 'sallyport.yml' };
const read = (...repositories: readonly string[]) => ({
  policy,
  catalog: { repositories, path: 'catalog-info.yaml' },
});
const versions = (hashes: Readonly<Record<string, string>>, goodIn: number | null = null) =>
  new Map(Object.entries(hashes).map(([path, hash]) => [path, { hash, goodIn }]));

test('what was kept last of a repository is known after a restart, the policy apart from descriptors', async () => {
  await using store = await openStore(':memory:');
  const settings = read('Acme/Access', 'acme/org');
  const { keep } = await openFileVersions(store, settings);
  const first = versions({ 'a.yaml': '1', 'b.yaml': '2' });
  const next = new Map([...versions({ 'b.yaml': '3' }), ...versions({ 'c.yaml': '4' }, 7)]);
  await keep('policy', 'acme/access', versions({ 'sallyport.yml': '5' }));
  await keep('descriptor', 'acme/access', first);
  await keep('descriptor', 'acme/org', first);
  await keep('descriptor', 'Acme/Org', next);
  const { of } = await openFileVersions(store, settings);
  assert.deepEqual(await of('policy', 'Acme/Access'), versions({ 'sallyport.yml': '5' }));
  assert.deepEqual(await of('descriptor', 'acme/access'), first);
  assert.deepEqual(await of('descriptor', 'acme/org'), next);
});

test('a repository that the settings do not name is forgotten: put back, it begins anew', async () => {
  await using store = await openStore(':memory:');
  const kept = versions({ 'a.yaml': '1' });
  const { keep } = await openFileVersions(store, read('acme/org', 'acme/data'));
  await keep('descriptor', 'acme/org', kept);
  await keep('descriptor', 'acme/data', kept);
  await openFileVersions(store, read('acme/org'));
  const { of } = await openFileVersions(store, read('acme/org', 'acme/data'));
  assert.deepEqual(await of('descriptor', 'acme/org'), kept);
  assert.deepEqual(await of('descriptor', 'acme/data'), new Map());
});

test('as many files as a repository may have are kept, and forgotten, at once', async () => {
  await using store = await openStore(':memory:');
  const many = Object.fromEntries(Array.from({ length: 12_000 }, (_, index) => [`${index}`, 'x']));
  const settings = read('acme/org');
  const { keep } = await openFileVersions(store, settings);
  await keep('descriptor', 'acme/org', versions(many));
  const known = async () => {
    const { of } = await openFileVersions(store, settings);
    return of('descriptor', 'acme/org');
  };
  assert.equal((await known()).size, 12_000);
  await keep('descriptor', 'acme/org', new Map());
  assert.equal((await known()).size, 0);
});
