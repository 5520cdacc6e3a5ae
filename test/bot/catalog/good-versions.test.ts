// A bot that is started anew while a descriptor file is broken goes by what it went by before.

import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { digest } from '../../../bot/access/canonical.ts';
import type { GoodVersions, Versions } from '../../../bot/catalog/good-versions.ts';
import { openCatalog, type Catalog } from '../../../bot/catalog/source.ts';
import { checkoutOf, location, type Files } from './checkouts.ts';
import { databaseText, policyOf, policyText, resource } from '../access/world.ts';

const { policy } = policyOf(policyText);
const repository = 'acme/payments-services';
const root = 'catalog-info.yaml';
const broken = 'kind: Resource\nmetadata: {';

/** A repository with its past, and a bot that is stopped and started on it. */
function openWorld(roots?: readonly string[]) {
  let files: Files = {};
  let away: Error | undefined;
  const kept = new Map<string, Versions>();
  const texts = new Map<string, string>();
  const asked: string[] = [];
  const versions: GoodVersions = {
    of: async (name) => kept.get(name) ?? new Map(),
    keep: async (name, now) => void kept.set(name, now),
    async textOf(_name, hash) {
      if (away) throw away;
      const text = texts.get(hash);
      asked.push(text ?? 'gone');
      return text;
    },
  };
  const open = async () => checkoutOf(repository, files, roots && { roots });
  const start = () => openCatalog([{ repository, open }], { versions, now: () => new Date(0) });
  let catalog: Catalog = start();
  return {
    asked,
    push(next: Files) {
      files = next;
      for (const text of Object.values(next)) texts.set(digest(text), text);
    },
    restart: () => void (catalog = start()),
    /** GitHub's texts by their hashes. */
    rewrite: () => texts.clear(),
    goAway: (error?: Error) => void (away = error),
    /** Names and places of resources, what is lacking, and the faults. */
    async read() {
      const faults = await catalog.refresh();
      const { resources, refused, lacking } = catalog.snapshot(policy);
      return {
        names: Array.from(resources.values(), ({ name, place }) => `${name} ${place.path}`),
        refused: [...refused.keys()],
        lacking: [...lacking],
        faults: faults.map(({ code, place }) => `${code} ${place.path}`),
      };
    },
  };
}

const payments = (path: string) => `payments-db ${path}`;

test('a file that is broken at a start defines what it did when the bot stopped, until it is mended', async () => {
  const { push, read, restart, asked } = openWorld();
  push({ 'a.yaml': databaseText });
  await read();
  push({ 'a.yaml': broken });
  for (let starts = 0; starts < 3; starts += 1) {
    restart();
    const { names, lacking, faults } = await read();
    assert.deepEqual(names, [payments('a.yaml')]);
    assert.deepEqual([lacking, faults], [[], ['broken-file a.yaml']]);
    assert.deepEqual((await read()).names, names);
    assert.equal(asked.length, starts + 1, 'it is asked for once');
  }
  push({ 'a.yaml': resource({ name: 'other' }) });
  assert.deepEqual((await read()).names, ['other a.yaml']);
  push({ 'a.yaml': broken });
  restart();
  assert.deepEqual((await read()).names, ['other a.yaml']);
});

test('a version that the bot never held does not count, and one that it held and that is broken now is not asked for', async () => {
  const { push, read, restart, asked } = openWorld();
  push({ 'a.yaml': broken, 'b.yaml': databaseText });
  await read();
  push({ 'a.yaml': resource({ name: 'never' }), 'b.yaml': databaseText });
  push({ 'a.yaml': '{', 'b.yaml': databaseText });
  restart();
  const { names, lacking } = await read();
  assert.deepEqual([names, lacking, asked], [[payments('b.yaml')], [repository], []]);
});

test('broken files on the way to others lead where they did when they were good', async () => {
  const { push, read, restart } = openWorld([root]);
  const good = {
    [root]: location('./a/all.yaml'),
    'a/all.yaml': location('./x.yaml', './y.yaml'),
    'a/x.yaml': databaseText,
    'a/y.yaml': resource({ name: 'y' }),
  };
  push(good);
  const { names } = await read();
  assert.deepEqual(names, [payments('a/x.yaml'), 'y a/y.yaml']);
  push({ ...good, [root]: broken, 'a/all.yaml': broken, 'a/x.yaml': broken });
  restart();
  const after = await read();
  assert.deepEqual([after.names, after.lacking], [names, []]);
  assert.equal(after.faults.length, 3);
});

test('what is in another file by then counts as it is there, and a file that is gone by then is gone', async () => {
  const { push, read, restart } = openWorld();
  push({ 'a.yaml': databaseText, 'c.yaml': resource({ name: 'c' }) });
  await read();
  push({ 'a.yaml': broken, 'b.yaml': databaseText });
  restart();
  assert.deepEqual((await read()).names, [payments('b.yaml')]);
  push({ 'a.yaml': broken, 'c.yaml': broken });
  restart();
  assert.deepEqual((await read()).names, [payments('a.yaml')]);
});

test('a good version that cannot be asked for now keeps nothing else from being read, is told, and asked for again', async () => {
  const { push, read, restart, goAway } = openWorld();
  push({ 'a.yaml': databaseText, 'b.yaml': databaseText });
  await read();
  push({ 'a.yaml': broken, 'b.yaml': resource({ name: 'b' }) });
  goAway(new Error('502'));
  restart();
  for (const once of ['a start', 'the next reading']) {
    const { names, lacking, faults } = await read();
    assert.deepEqual([names, lacking], [['b b.yaml'], [repository]], once);
    assert.deepEqual(faults, ['broken-file a.yaml', 'unreadable ']);
  }
  restart();
  await read();
  goAway();
  const { names, lacking, faults } = await read();
  assert.deepEqual(names, [payments('a.yaml'), 'b b.yaml']);
  assert.deepEqual([lacking, faults], [[], ['broken-file a.yaml']]);
});

test('a good version that GitHub does not have any more is asked for once, and what it defined is lacking', async () => {
  const { push, read, restart, rewrite, asked } = openWorld();
  push({ 'a.yaml': databaseText });
  await read();
  push({ 'a.yaml': broken });
  rewrite();
  restart();
  for (let readings = 0; readings < 2; readings += 1) {
    const { names, lacking } = await read();
    assert.deepEqual([names, lacking], [[], [repository]]);
  }
  assert.deepEqual(asked, ['gone']);
});

test('nothing counts that could not be kept: a crash would bring back what it took the place of', async () => {
  const keep = async () => assert.fail('the disk is full');
  const versions = { of: async () => new Map(), keep, textOf: async () => undefined };
  const open = async () => checkoutOf(repository, { 'a.yaml': databaseText });
  const catalog = openCatalog([{ repository, open }], { versions });
  const [fault] = await catalog.refresh();
  assert.match(fault?.message ?? '', /could not be read: the disk is full/);
  assert.equal(catalog.snapshot(policy).resources.size, 0);
});

const paths = ['a.yaml', 'b.yaml', 'c.yaml'] as const;
const text = fc.oneof(
  fc.constant(broken),
  fc.subarray(['x', 'y']).map((names) => names.map((name) => resource({ name })).join('\n---\n')),
);
const state = fc.record({ files: fc.tuple(text, text, text), isRestart: fc.boolean() });

test('a bot that is started again and again goes by the same as one that runs on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(state, { minLength: 2, maxLength: 8 }), async (states) => {
      const [steady, restarted] = [openWorld(), openWorld()];
      for (const { files, isRestart } of states) {
        const next = Object.fromEntries(paths.map((path, index) => [path, files[index] ?? '']));
        steady.push(next);
        restarted.push(next);
        if (isRestart) restarted.restart();
        assert.deepEqual(await restarted.read(), await steady.read());
      }
    }),
  );
});
