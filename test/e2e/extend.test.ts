// More time, with everything real: the connection that is open stays open over the first end, and is cut at the later
// one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { approve, endedCard, endOf, openSession, requestAccess } from '../demo/actions.ts';
import { dana, omar } from '../demo/cast.ts';
import { openStage } from '../demo/stage.ts';
import { findCard, sessionsIn } from '../demo/thread.ts';

test('an open connection outlives the first end of a grant that was extended, and is cut at the later one', async () => {
  await using stage = await openStage();
  const { github } = stage;
  const { number } = await github.openIssue(dana.login, { title: 'A long import', body: '' });
  // The client asks for a later token 20 s before the end of the one it has, at the latest: it is extended before that.
  const asked = await requestAccess(github, number, '/connect payments-db PT30S');
  const line = await approve(github, asked);
  await using session = await openSession(stage, line, 'extended');
  const cardOf = async () => findCard(await github.thread(number), asked.request);
  const firstEnd = endOf(await cardOf());

  const more = await requestAccess(github, number, '/extend PT6S\n\nIt runs longer.');
  await github.comment(omar.login, number, `/approve ${more.request}`);
  await session.terminal.says(/^The grant now lasts until /);
  const laterEnd = endOf(await cardOf());
  assert.equal(laterEnd - firstEnd, 6000);
  const [{ one } = {}] = await session.database.select("select '1' as one");
  assert.equal(one, '1');

  await session.database.cut(40_000);
  const lateMs = Date.now() - laterEnd;
  // The card shows whole seconds, so the end lies up to one second after what it says.
  assert.ok(lateMs > 0 && lateMs < 1500, `cut ${lateMs} ms after the later end`);
  const [only, ...others] = sessionsIn(await endedCard(github, asked, 'expired'));
  assert.equal(only?.why, 'expired');
  assert.deepEqual(others, [], 'it was one session throughout');
});
