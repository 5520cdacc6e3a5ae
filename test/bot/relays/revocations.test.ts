import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  connectRelay,
  inTime,
  refusedEvent,
  startControlBot,
  type TestRelay,
} from './control-bot.ts';

const gid = `g_${'a'.repeat(26)}`;
const until = Math.floor(Date.now() / 1000) + 3600;
const order = { gid, until, reason: 'left the company' };

/** An event is acknowledged after everything that the relay said before it was heard. */
async function heard(relay: TestRelay): Promise<void> {
  await relay.say({ type: 'event', event: refusedEvent(1) });
  await relay.nextOf('events-ack');
}

test('a revocation reaches a connected relay at once and comes back with what was cut, and after how long', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await using bot = await startControlBot();
  const { relay } = await connectRelay(bot);
  const orderedAt = performance.now();
  const outcome = bot.channel.revoke(order);
  const waitsFrom = performance.now();
  const told = await relay.nextOf('revoke');
  assert.deepEqual(told, { type: 'revoke', ...order });
  const cutAt = performance.now();
  await relay.say({ type: 'revoke-ack', gid, sessions: 2 });
  const { confirmed, unconfirmed } = await inTime(outcome, 'a second is waited for');
  const wholeMs = performance.now() - orderedAt;
  assert.deepEqual(unconfirmed, []);
  const ms = confirmed[0]?.ms ?? -1;
  assert.deepEqual(confirmed, [{ relay: 'eu-1', sessions: 2, ms }]);
  assert.ok(cutAt - waitsFrom <= ms && ms <= wholeMs, `${ms} of ${wholeMs} ms`);
});

test('revoke says which relays have not confirmed: the silent one and the one that is away', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await using bot = await startControlBot(['eu-1', 'us-1', 'ap-1']);
  const { relay: eu } = await connectRelay(bot, { name: 'eu-1' });
  const { relay: us } = await connectRelay(bot, { name: 'us-1' });
  const outcome = bot.channel.revoke(order);
  await us.nextOf('revoke');
  await eu.nextOf('revoke');
  await eu.say({ type: 'revoke-ack', gid, sessions: 0 });
  await heard(eu);
  t.mock.timers.tick(1000);
  const { confirmed, unconfirmed } = await outcome;
  assert.deepEqual(
    confirmed.map(({ relay }) => relay),
    ['eu-1'],
  );
  assert.deepEqual([...unconfirmed].sort(), ['ap-1', 'us-1']);
});

test('a relay that does not serve the grant is told, but not waited for', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await using bot = await startControlBot(['eu-1', 'us-1']);
  const { relay: eu } = await connectRelay(bot, { name: 'eu-1' });
  const { relay: us } = await connectRelay(bot, { name: 'us-1' });
  const outcome = bot.channel.revoke({ ...order, relays: ['eu-1'] });
  await us.nextOf('revoke');
  await eu.nextOf('revoke');
  await eu.say({ type: 'revoke-ack', gid, sessions: 1 });
  const { confirmed, unconfirmed } = await inTime(outcome, 'the other relay is waited for');
  assert.deepEqual(
    confirmed.map(({ relay }) => relay),
    ['eu-1'],
  );
  assert.deepEqual(unconfirmed, []);
});

test('with nobody connected a revocation is answered at once, and says so', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await using bot = await startControlBot();
  const outcome = await inTime(bot.channel.revoke(order), 'somebody who is away is waited for');
  assert.deepEqual(outcome, { confirmed: [], unconfirmed: ['eu-1'] });
});

test('a confirmation of another grant confirms nothing', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await using bot = await startControlBot();
  const { relay } = await connectRelay(bot);
  const outcome = bot.channel.revoke(order);
  await relay.nextOf('revoke');
  await relay.say({ type: 'revoke-ack', gid: `g_${'b'.repeat(26)}`, sessions: 1 });
  await heard(relay);
  t.mock.timers.tick(1000);
  assert.deepEqual((await outcome).unconfirmed, ['eu-1']);
});

for (const [reason, told] of [
  ['', 'revoked'],
  ['\u001b[2Jgone\nnow', '[2Jgone now'],
  ['x'.repeat(1000), 'x'.repeat(200)],
] as const) {
  test(`a reason reaches the relay as one short printable line: ${JSON.stringify(reason.slice(0, 20))}`, async () => {
    await using bot = await startControlBot();
    const { relay } = await connectRelay(bot);
    void bot.channel.revoke({ ...order, reason });
    assert.equal((await relay.nextOf('revoke')).reason, told);
  });
}
