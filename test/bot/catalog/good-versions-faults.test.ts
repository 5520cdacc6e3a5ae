// What a bot goes by that is started while a file is broken and something else goes wrong as well.

import assert from 'node:assert/strict';
import test from 'node:test';
import { SourceWithheld } from '../../../bot/catalog/withheld.ts';
import { location } from './checkouts.ts';
import { broken, openRestarting, root, services } from './restarting.ts';
import { databaseText, resource } from '../access/world.ts';

const payments = (path: string) => `payments-db ${path}`;
const [minuteMs, hourMs] = [60_000, 3_600_000];

/** A file that was good when the bot stopped, and is broken now. */
async function stoppedBeforeItBroke() {
  const world = openRestarting();
  world.push({ 'a.yaml': databaseText });
  await world.read();
  world.push({ 'a.yaml': broken });
  world.restart();
  return world;
}

test('a first file that GitHub does not show for a moment at a start is waited for, and ends nothing meanwhile', async () => {
  const { hide, read, pass } = await stoppedBeforeItBroke();
  hide(true);
  const { names, lacking, faults, messages } = await read();
  assert.deepEqual([names, lacking, faults], [[], [services], ['missing-file a.yaml']]);
  assert.match(messages.join(), /does not count; for a minute yet it is waited for/);
  pass(minuteMs - 1);
  hide(false);
  assert.deepEqual((await read()).names, [payments('a.yaml')]);
});

test('a file that is gone for a minute at a start is gone for good, and is not lacking', async () => {
  const { hide, read, pass, restart } = await stoppedBeforeItBroke();
  hide(true);
  await read();
  pass(minuteMs);
  const { names, lacking, faults } = await read();
  assert.deepEqual([names, lacking, faults], [[], [], []]);
  hide(false);
  for (const start of ['the same', 'another']) {
    assert.deepEqual((await read()).names, [], start);
    restart();
  }
});

test('a file that was seen to be gone does not come back by another start', async () => {
  const { push, read, restart } = openRestarting();
  push({ 'a.yaml': databaseText, 'b.yaml': resource({ name: 'b' }) });
  await read();
  push({ 'b.yaml': resource({ name: 'b' }) });
  await read();
  push({ 'a.yaml': broken, 'b.yaml': resource({ name: 'b' }) });
  restart();
  assert.deepEqual((await read()).names, ['b b.yaml']);
});

test('while GitHub does not answer for one good version, what another file became counts, and nothing older comes back', async () => {
  const { push, read, restart, pass, faults } = openRestarting();
  const x = resource({ name: 'x' });
  push({ 'a.yaml': databaseText, 'x.yaml': x });
  await read();
  push({ 'a.yaml': resource({ name: 'next' }), 'x.yaml': broken });
  restart();
  faults.texts = new Error('502');
  assert.deepEqual((await read()).names, ['next a.yaml']);
  push({ 'x.yaml': broken });
  await read();
  pass(minuteMs);
  await read();
  push({ 'a.yaml': broken, 'x.yaml': broken });
  for (const start of ['the same', 'another']) {
    assert.deepEqual((await read()).names, [], start);
    restart();
  }
  delete faults.texts;
  assert.deepEqual((await read()).names, ['x x.yaml']);
});

test('a repository that is withheld at a start is no older for it: what is read afterwards is newer than what was kept', async () => {
  const { push, read, restart, faults } = openRestarting();
  const other = { 'b.yaml': resource({ name: 'payments-db' }) };
  push({ 'a.yaml': databaseText });
  for (let readings = 0; readings < 5; readings += 1) await read();
  push({ 'a.yaml': broken });
  await read();
  restart();
  faults.open = new SourceWithheld('It was taken out.');
  await read();
  delete faults.open;
  push({ 'a.yaml': broken, ...other });
  for (let readings = 0; readings < 8; readings += 1) {
    const { names, refused } = await read();
    assert.deepEqual([names, refused], [[payments('b.yaml')], []]);
  }
});

test('what was withheld for an hour does not come back by another start', async () => {
  for (const [passed, expected] of [
    [hourMs - 1, [payments('a.yaml')]],
    [hourMs, []],
  ] as const) {
    const { push, read, restart, pass, faults } = openRestarting();
    push({ 'a.yaml': databaseText });
    await read();
    faults.open = new SourceWithheld('It was taken out.');
    await read();
    pass(passed);
    await read();
    restart();
    await read();
    push({ 'a.yaml': broken });
    delete faults.open;
    assert.deepEqual((await read()).names, expected);
  }
});

test('what is withheld from a start on is known for an hour', async () => {
  for (const [passed, expected] of [
    [hourMs - 1, [payments('a.yaml')]],
    [hourMs, []],
  ] as const) {
    const { read, restart, pass, faults } = await stoppedBeforeItBroke();
    faults.open = new SourceWithheld('It was taken out.');
    await read();
    pass(passed);
    await read();
    restart();
    delete faults.open;
    assert.deepEqual((await read()).names, expected);
  }
});

test('a file that an earlier version of the program found good is not asked for as it stands', async () => {
  const { push, read, keptBefore, calls } = openRestarting();
  push({ 'a.yaml': broken });
  keptBefore('a.yaml', broken);
  const { names, lacking } = await read();
  assert.deepEqual([names, lacking, calls], [[], [services], []]);
});

for (const [when, ms] of [
  ['at once', 0],
  ['after a minute', minuteMs],
] as const) {
  test(`what is behind a file whose good version GitHub does not answer for is not forgotten, and a restart ${when} changes nothing`, async () => {
    const { push, read, restart, pass, faults } = openRestarting({ roots: [root] });
    push({ [root]: location('./a.yaml'), 'a.yaml': databaseText });
    await read();
    push({ [root]: broken, 'a.yaml': broken });
    restart();
    faults.texts = new Error('502');
    await read();
    pass(ms);
    await read();
    restart();
    delete faults.texts;
    assert.deepEqual((await read()).names, [payments('a.yaml')]);
  });
}

test('a disk that fails at the first reading has not forgotten what was good', async () => {
  const { read, faults } = await stoppedBeforeItBroke();
  faults.store = new Error('SQLITE_FULL');
  const { lacking, messages } = await read();
  assert.deepEqual(lacking, [services]);
  assert.match(messages.join(), /could not be read: SQLITE_FULL/);
  delete faults.store;
  assert.deepEqual((await read()).names, [payments('a.yaml')]);
});

test('many broken files are asked for fifty at a time, and after a failure only those that are not known yet', async () => {
  const { push, read, restart, calls, faults } = openRestarting();
  const names = Array.from({ length: 120 }, (_, index) => `f${index}`);
  const all = (text: (name: string) => string) =>
    Object.fromEntries(names.map((name) => [`${name}.yaml`, text(name)]));
  push(all((name) => resource({ name })));
  await read();
  push(all(() => broken));
  restart();
  assert.equal((await read()).names.length, 120);
  assert.deepEqual(calls.splice(0), [50, 50, 20]);
  restart();
  faults.texts = new Error('502');
  assert.deepEqual((await read()).names, []);
  assert.deepEqual(calls.splice(0), [50], 'the first failure ends it');
  delete faults.texts;
  assert.equal((await read()).names.length, 120);
  await read();
  assert.deepEqual(calls, [50, 50, 20]);
});
