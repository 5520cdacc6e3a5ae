// A bot that is started anew while a descriptor file is broken goes by what it went by before.

import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { openCatalog } from '../../../bot/catalog/source.ts';
import { checkoutOf, location } from './checkouts.ts';
import { broken, openRestarting, root, services } from './restarting.ts';
import { databaseText, policyOf, policyText, resource } from '../access/world.ts';

const payments = (path: string) => `payments-db ${path}`;

test('a file that is broken at a start defines what it did when the bot stopped, until it is mended', async () => {
  const { push, read, restart, calls } = openRestarting();
  push({ 'a.yaml': databaseText });
  await read();
  push({ 'a.yaml': broken });
  for (let starts = 0; starts < 3; starts += 1) {
    restart();
    const { names, lacking, faults } = await read();
    assert.deepEqual(names, [payments('a.yaml')]);
    assert.deepEqual([lacking, faults], [[], ['broken-file a.yaml']]);
    assert.deepEqual((await read()).names, names);
    assert.equal(calls.length, starts + 1, 'it is asked for once');
  }
  push({ 'a.yaml': resource({ name: 'other' }) });
  assert.deepEqual((await read()).names, ['other a.yaml']);
  push({ 'a.yaml': broken });
  restart();
  assert.deepEqual((await read()).names, ['other a.yaml']);
});

test('a version that the bot never held does not count, and one that it held and that is broken now is not asked for', async () => {
  const { push, read, restart, calls } = openRestarting();
  push({ 'a.yaml': broken, 'b.yaml': databaseText });
  await read();
  push({ 'a.yaml': resource({ name: 'never' }), 'b.yaml': databaseText });
  push({ 'a.yaml': '{', 'b.yaml': databaseText });
  restart();
  const { names, lacking } = await read();
  assert.deepEqual([names, lacking, calls], [[payments('b.yaml')], [services], []]);
});

test('broken files on the way to others lead where they did when they were good', async () => {
  const { push, read, restart } = openRestarting({ roots: [root] });
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
  const { push, read, restart } = openRestarting();
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
  const { push, read, restart, faults: failing } = openRestarting();
  push({ 'a.yaml': databaseText, 'b.yaml': databaseText });
  await read();
  push({ 'a.yaml': broken, 'b.yaml': resource({ name: 'b' }) });
  failing.texts = new Error('502');
  restart();
  for (const once of ['a start', 'the next reading']) {
    const { names, lacking, faults } = await read();
    assert.deepEqual([names, lacking], [['b b.yaml'], [services]], once);
    assert.deepEqual(faults, ['broken-file a.yaml', 'unreadable ']);
  }
  restart();
  await read();
  delete failing.texts;
  const { names, lacking, faults } = await read();
  assert.deepEqual(names, [payments('a.yaml'), 'b b.yaml']);
  assert.deepEqual([lacking, faults], [[], ['broken-file a.yaml']]);
});

test('a good version that GitHub does not have any more is asked for once, and what it defined is lacking', async () => {
  const { push, read, restart, rewrite, calls } = openRestarting();
  push({ 'a.yaml': databaseText });
  await read();
  push({ 'a.yaml': broken });
  rewrite();
  restart();
  for (let readings = 0; readings < 2; readings += 1) {
    const { names, lacking } = await read();
    assert.deepEqual([names, lacking], [[], [services]]);
  }
  assert.deepEqual(calls, [1]);
});

test('nothing counts that could not be kept: a crash would bring back what it took the place of', async () => {
  const keep = async () => assert.fail('the disk is full');
  const versions = {
    of: async () => new Map(),
    keep,
    textsOf: async () => new Map<string, string>(),
  };
  const { policy } = policyOf(policyText);
  const open = async () => checkoutOf(services, { 'a.yaml': databaseText });
  const catalog = openCatalog([{ repository: services, open }], { versions });
  const [fault] = await catalog.refresh();
  assert.match(fault?.message ?? '', /could not be read: the disk is full/);
  assert.equal(catalog.snapshot(policy).resources.size, 0);
});

const paths = ['a.yaml', 'b.yaml', 'c.yaml'] as const;
const text = fc.oneof(
  fc.constant(broken),
  fc.constant(null),
  fc.subarray(['x', 'y']).map((names) => names.map((name) => resource({ name })).join('\n---\n')),
);
const state = fc.record({ files: fc.tuple(text, text, text), isRestart: fc.boolean() });

/** What is gone is waited for; a minute later both know that it is. */
async function settle({ read, pass }: ReturnType<typeof openRestarting>) {
  await read();
  pass(60_000);
  const settled = await read();
  pass(60_000);
  return settled;
}

test('a bot that is started again and again goes by the same as one that runs on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(state, { minLength: 2, maxLength: 8 }), async (states) => {
      const [steady, restarted] = [openRestarting(), openRestarting()];
      for (const { files, isRestart } of states) {
        const there = paths.flatMap((path, index) => {
          const each = files[index] ?? null;
          return each === null ? [] : [[path, each] as const];
        });
        steady.push(Object.fromEntries(there));
        restarted.push(Object.fromEntries(there));
        if (isRestart) restarted.restart();
        assert.deepEqual(await settle(restarted), await settle(steady));
      }
    }),
  );
});
