import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFigures } from '../../../bot/store/figures.ts';
import { queuePosting } from '../../../bot/store/outbox.ts';
import { nextPosting, nextPostingTime } from '../../../bot/store/queues.ts';
import { forgetShut, lookAgain, shutRepository } from '../../../bot/store/shut.ts';
import { openStore } from '../../../bot/store/store.ts';

const at = (minute: number) => `2026-11-24T00:${String(minute).padStart(2, '0')}:00.000Z`;

/** Cards of two repositories wait, on two issues each; the first repository was found shut in the tenth minute. */
async function openWorld() {
  const store = await openStore(':memory:');
  const { queries } = store;
  for (const [index, repositoryId] of [1, 1, 2, 2].entries()) {
    const issue = { owner: 'acme', repo: `r${repositoryId}`, number: index };
    await queuePosting(queries, {
      thread: { installationId: 9, repositoryId, ...issue },
      key: `r${index}:card`,
      posting: { kind: 'card', request: index },
      now: at(0),
    });
  }
  const shut = (minute: number, cause: 'archived' | 'suspended' = 'archived') =>
    shutRepository(queries, {
      repositoryId: 1,
      cause,
      now: at(minute),
      lookAt: at(minute + 15),
    });
  await shut(10);
  const queue = { installationId: 9, lane: 'decisions' } as const;
  return {
    queries,
    shut,
    nextKey: async (minute: number) => (await nextPosting(queries, queue, at(minute)))?.key,
    nextTime: (minute: number) => nextPostingTime(queries, queue, at(minute)),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

test('no thread of a shut repository is tried before it is looked at, and other repositories go on', async () => {
  await using world = await openWorld();
  assert.equal(await world.nextKey(11), 'r2:card');
  await world.queries.deleteFrom('outbox').where('repositoryId', '=', 2).execute();
  assert.equal(await world.nextKey(24), undefined);
  assert.equal(await world.nextTime(24), at(25));
  assert.equal(await world.nextKey(25), 'r0:card');
});

test('what waits for a shut repository is no backlog of the bot’s', async () => {
  await using world = await openWorld();
  assert.equal((await readFigures(world.queries, at(30))).outbox.decisions.waiting, 2);
  await forgetShut(world.queries, 1);
  assert.equal((await readFigures(world.queries, at(30))).outbox.decisions.waiting, 4);
});

test('a repository that is opened is looked at now, and so are those of an installation', async () => {
  for (const opened of [{ repositoryIds: [1] }, { installationId: 9 }]) {
    await using world = await openWorld();
    await lookAgain(world.queries, { repositoryIds: [2] });
    await lookAgain(world.queries, { installationId: 8 });
    assert.equal(await world.nextKey(11), 'r2:card');
    await lookAgain(world.queries, opened);
    assert.equal(await world.nextKey(11), 'r0:card');
  }
});

test('it counts since when a repository is shut for the same cause', async () => {
  await using world = await openWorld();
  assert.equal(await world.shut(25), at(10));
  assert.equal(await world.shut(30, 'suspended'), at(30));
  await forgetShut(world.queries, 1);
  assert.equal(await world.shut(40, 'suspended'), at(40));
});

test('a repository that was found shut in the future of a clock that was set back is looked at', async () => {
  await using world = await openWorld();
  assert.equal(await world.nextKey(5), 'r0:card');
});
