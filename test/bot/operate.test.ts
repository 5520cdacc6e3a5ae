// What the operator's command line is told of the grants that are live.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operate } from '../../bot/operate.ts';
import { expiresAt } from '../../bot/access/grant-time.ts';
import { now } from './access/world.ts';
import { end, openWorld, otherGid, start } from './ledger/relay-world.ts';

async function openList() {
  const world = await openWorld();
  let clock = now;
  const revoke = () => assert.fail('nothing is revoked');
  const perform = operate({ store: world.store, revoker: { revoke }, now: () => clock });
  return {
    ...world,
    at: (moment: Date) => void (clock = moment),
    async list() {
      const answer = await perform({ command: 'grants' });
      assert.ok(answer.kind === 'grants');
      return answer.grants.map(({ id, sessions }) => [id, sessions]);
    },
  };
}

test('a live grant is listed with the sessions that are open', async () => {
  await using world = await openList();
  const { id } = world.grant;
  const none = [otherGid, 0];
  assert.deepEqual(await world.list(), [[id, 0], none]);
  await world.report('eu-1', start(1), start(2, { session: 's2' }));
  assert.deepEqual(await world.list(), [[id, 2], none]);
  await world.report('eu-1', end(3));
  assert.deepEqual(await world.list(), [[id, 1], none]);
});

test('what has ended is not listed, also before the bot has noticed', async () => {
  await using world = await openList();
  await world.expire();
  assert.deepEqual(await world.list(), [[otherGid, 0]]);
  world.at(new Date(expiresAt(world.grant)));
  assert.deepEqual(await world.list(), []);
});
