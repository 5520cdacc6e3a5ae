import assert from 'node:assert/strict';
import { test } from 'node:test';
import { now } from '../access/world.ts';
import { end, gid, openWorld, refused, start } from './relay-world.ts';

test('the card shows the first session at once', async () => {
  await using world = await openWorld();
  await world.report('eu-1', start(1));
  assert.deepEqual(await world.posted(), ['r1:card']);
});

const minute = 60_000;
const after = (ms: number) => new Date(now.getTime() + ms);

test('ten more sessions within ten minutes are one more edit of the card, when those are over', async () => {
  await using world = await openWorld();
  await world.report('eu-1', start(1), end(2));
  await world.posted();
  for (let n = 3; n < 23; n += 2) {
    const session = `s${n}`;
    world.setClock(after((n / 3) * minute));
    await world.report('eu-1', start(n, { session }), end(n + 1, { session }));
  }
  assert.deepEqual(await world.posted(after(11 * minute - 1)), []);
  assert.deepEqual(await world.posted(after(11 * minute)), ['r1:card']);
  assert.deepEqual(await world.posted(after(24 * 60 * minute)), []);
});

for (const [age, quiet] of [
  [20, 20],
  [45, 45],
  [180, 60],
] as const) {
  test(`after ${age} minutes of the grant the card is edited ${quiet} minutes after a session`, async () => {
    await using world = await openWorld();
    await world.report('eu-1', start(1));
    await world.posted();
    world.setClock(after(age * minute));
    await world.report('eu-1', end(2));
    assert.deepEqual(await world.posted(after((age + quiet) * minute - 1)), []);
    assert.deepEqual(await world.posted(after((age + quiet) * minute)), ['r1:card']);
  });
}

test('when the grant has ended, the ends of its sessions are shown together half a second later', async () => {
  await using world = await openWorld();
  await world.report('eu-1', start(1), start(2, { session: 's2' }));
  await world.posted();
  await world.expire();
  await world.report('eu-1', end(3, { reason: 'expired' }));
  await world.report('eu-1', end(4, { session: 's2', reason: 'expired' }));
  assert.deepEqual(await world.posted(), ['22#7:label']);
  assert.deepEqual(await world.posted(after(499)), []);
  assert.deepEqual(await world.posted(after(500)), ['r1:card']);
  assert.deepEqual(await world.posted(after(24 * 60 * minute)), []);
});

test('a refusal, or an event that is told again, does not touch the card', async () => {
  await using world = await openWorld();
  await world.report('eu-1', start(1), end(2));
  await world.posted(after(24 * 60 * minute));
  await world.report('eu-1', refused(3, { gid }));
  await world.report('eu-1', end(2));
  assert.deepEqual(await world.posted(after(24 * 60 * minute)), []);
});
