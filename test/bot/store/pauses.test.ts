import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepPause, pausedUntil } from '../../../bot/store/pauses.ts';
import { openStore, type Store } from '../../../bot/store/store.ts';

const at = (minute: number) => `2026-11-24T00:0${minute}:00.000Z`;
const keep = ({ queries }: Store, from: number, to: number) =>
  keepPause(queries, { installationId: 1, now: at(from), endsAt: at(to) });
const until = ({ queries }: Store, minute: number, installationId = 1) =>
  pausedUntil(queries, installationId, at(minute));

test('a pause ends when the longest of those that were named is over, and is one installation’s', async () => {
  await using store = await openStore(':memory:');
  await keep(store, 1, 5);
  await keep(store, 2, 3);
  assert.equal(await until(store, 4), at(5));
  assert.equal(await until(store, 4, 2), undefined);
  assert.equal(await until(store, 5), undefined);
  await keep(store, 6, 8);
  assert.equal(await until(store, 7), at(8));
});

test('a pause that was named in the future of a clock that was set back holds up nothing', async () => {
  await using store = await openStore(':memory:');
  await keep(store, 5, 9);
  assert.equal(await until(store, 1), undefined);
  await keep(store, 1, 2);
  assert.equal(await until(store, 1), at(2));
});
