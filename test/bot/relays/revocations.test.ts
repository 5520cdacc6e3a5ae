import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectRelay, startControlBot } from './control-bot.ts';

const gid = `g_${'a'.repeat(26)}`;
const until = Math.floor(Date.now() / 1000) + 3600;
const order = { gid, until, reason: 'left the company' };

test('a revocation reaches a connected relay at once and comes back with what was cut', async () => {
  await using bot = await startControlBot();
  const { relay } = await connectRelay(bot);
  const outcome = bot.channel.revoke(order);
  const told = await relay.nextOf('revoke');
  assert.deepEqual(told, { type: 'revoke', ...order });
  await relay.say({ type: 'revoke-ack', gid, sessions: 2 });
  const { confirmed, unconfirmed } = await outcome;
  assert.deepEqual(unconfirmed, []);
  assert.equal(confirmed[0]?.relay, 'eu-1');
  assert.equal(confirmed[0]?.sessions, 2);
  assert.ok((confirmed[0]?.ms ?? Infinity) < 1000);
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
  // An event sent after the confirmation is acknowledged after it was heard.
  const event = { n: 1, at: '2026-11-24T10:00:00.000Z', type: 'refused' } as const;
  await eu.say({ type: 'event', event: { ...event, reason: 'x', address: '192.0.2.1' } });
  await eu.nextOf('events-ack');
  t.mock.timers.tick(1000);
  const { confirmed, unconfirmed } = await outcome;
  assert.deepEqual(
    confirmed.map(({ relay }) => relay),
    ['eu-1'],
  );
  assert.deepEqual([...unconfirmed].sort(), ['ap-1', 'us-1']);
});

test('a relay that does not serve the grant is told, but not waited for', async () => {
  await using bot = await startControlBot(['eu-1', 'us-1']);
  const { relay: eu } = await connectRelay(bot, { name: 'eu-1' });
  const { relay: us } = await connectRelay(bot, { name: 'us-1' });
  const outcome = bot.channel.revoke({ ...order, relays: ['eu-1'] });
  await us.nextOf('revoke');
  await eu.nextOf('revoke');
  await eu.say({ type: 'revoke-ack', gid, sessions: 1 });
  assert.deepEqual((await outcome).unconfirmed, []);
});

test('with nobody connected a revocation is answered at once, and says so', async () => {
  await using bot = await startControlBot();
  assert.deepEqual(await bot.channel.revoke(order), { confirmed: [], unconfirmed: ['eu-1'] });
});

test('a confirmation of another grant confirms nothing', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await using bot = await startControlBot();
  const { relay } = await connectRelay(bot);
  const outcome = bot.channel.revoke(order);
  await relay.nextOf('revoke');
  await relay.say({ type: 'revoke-ack', gid: `g_${'b'.repeat(26)}`, sessions: 1 });
  const event = { n: 1, at: '2026-11-24T10:00:00.000Z', type: 'refused' } as const;
  await relay.say({ type: 'event', event: { ...event, reason: 'x', address: '192.0.2.1' } });
  await relay.nextOf('events-ack');
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
