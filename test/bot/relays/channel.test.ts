import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doorLimits } from '../../../bot/relays/upgrade.ts';
import { controlLimits } from '../../../relay/control.ts';
import { connectRelay, dial, newRelayKey, refusedEvent, startControlBot } from './control-bot.ts';

const gid = `g_${'a'.repeat(26)}`;
const other = `g_${'b'.repeat(26)}`;
const until = Math.floor(Date.now() / 1000) + 3600;

test('a relay that answers the challenge is told the keys, the lease and where its events stand', async () => {
  await using bot = await startControlBot();
  const connected = bot.nextReport('connected');
  const { snapshot } = await connectRelay(bot);
  assert.equal(snapshot.issuer, bot.origin);
  assert.deepEqual(
    snapshot.keys.map((jwk) => jwk.x),
    bot.keys.published().map((jwk) => jwk.x),
  );
  assert.equal(snapshot.leaseSeconds, controlLimits.leaseSeconds);
  assert.equal(snapshot.eventsAck, 0);
  assert.deepEqual(await connected, { kind: 'connected', relay: 'eu-1', version: '0.1.0' });
  assert.deepEqual(bot.channel.connected(), ['eu-1']);
});

test('a relay with another key is not let in', async () => {
  await using bot = await startControlBot();
  const relay = await dial(bot, { key: newRelayKey() });
  await relay.hello();
  await relay.closed;
  assert.deepEqual(bot.channel.connected(), []);
  const [report] = bot.world.reports;
  assert.equal(report?.kind, 'refused');
  assert.match(report?.kind === 'refused' ? report.why : '', /signature/);
});

test('a relay that the settings do not name is not let in', async () => {
  await using bot = await startControlBot();
  await assert.rejects(dial(bot, { name: 'us-9' }), /403/);
});

test('a browser is not let in', async () => {
  await using bot = await startControlBot();
  await assert.rejects(dial(bot, { headers: { origin: 'https://evil.test' } }), /403/);
});

test('another protocol is not spoken', async () => {
  await using bot = await startControlBot();
  await assert.rejects(dial(bot, { protocol: 'sallyport-control.v9' }), /400/);
});

test("one connection's hello does not open another", async () => {
  await using bot = await startControlBot();
  const first = await dial(bot);
  const hello = await first.say({
    type: 'hello',
    protocol: 1,
    version: '0.1.0',
    url: 'https://eu-1.acme.test',
  });
  await first.nextOf('snapshot');
  const thief = await dial(bot);
  thief.raw(hello);
  await thief.closed;
  assert.deepEqual(bot.channel.connected(), ['eu-1']);
  assert.equal(first.socket.readyState, first.socket.OPEN);
});

for (const [what, misbehave] of [
  ['text that is no message', 'hello'],
  ['a binary message', Buffer.from([1, 2, 3])],
] as const) {
  test(`a visitor that sends ${what} is sent away`, async () => {
    await using bot = await startControlBot();
    const relay = await dial(bot);
    relay.raw(misbehave);
    await relay.closed;
    assert.deepEqual(bot.channel.connected(), []);
  });
}

test('a visitor that says nothing is sent away after ten seconds', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await using bot = await startControlBot();
  const relay = await dial(bot);
  t.mock.timers.tick(controlLimits.handshakeSeconds * 1000);
  await relay.closed;
  const [report] = bot.world.reports;
  assert.match(report?.kind === 'refused' ? report.why : '', /no hello in time/);
});

test('visitors that show no key cannot crowd the door', async () => {
  await using bot = await startControlBot();
  const visitors = [];
  for (let count = 0; count < doorLimits.maxUnregisteredPerAddress; count += 1) {
    visitors.push(await dial(bot));
  }
  await assert.rejects(dial(bot), /503/);
  visitors[0]?.socket.terminate();
  await visitors[0]?.closed;
  // A visitor that shows its key no longer counts as one: there is room for two now.
  await visitors[1]?.hello();
  await visitors[1]?.nextOf('snapshot');
  await dial(bot);
  await dial(bot);
  await assert.rejects(dial(bot), /503/);
});

test('a message left out, or sent twice, ends the connection', async () => {
  for (const seq of [3, 1]) {
    await using bot = await startControlBot();
    const { relay } = await connectRelay(bot);
    const lost = bot.nextReport('lost');
    await relay.say({ type: 'revoke-ack', gid, sessions: 0 }, seq);
    await relay.closed;
    assert.match((await lost).why, /instead of 2/);
  }
});

test('a relay that believes in another address than the settings is an alarm', async () => {
  await using bot = await startControlBot();
  const relay = await dial(bot);
  await relay.hello('https://elsewhere.test');
  await relay.closed;
  assert.equal(bot.world.reports[0]?.kind, 'alarm');
  assert.deepEqual(bot.channel.connected(), []);
});

test('a newer connection of a relay takes the place of the older, and that is no loss', async () => {
  await using bot = await startControlBot();
  const { relay: older } = await connectRelay(bot);
  const { relay: newer } = await connectRelay(bot);
  await older.closed;
  assert.deepEqual(bot.channel.connected(), ['eu-1']);
  assert.ok(bot.world.reports.every(({ kind }) => kind !== 'lost'));
  const told = newer.nextOf('revoke');
  void bot.channel.revoke({ gid, until, reason: 'over' });
  assert.equal((await told).gid, gid);
});

test('what the bot says is numbered without a gap, and higher on every new connection', async () => {
  await using bot = await startControlBot();
  const { relay: first } = await connectRelay(bot);
  const revoked = first.nextOf('revoke');
  void bot.channel.revoke({ gid, until, reason: 'over' });
  await revoked;
  const { relay: second } = await connectRelay(bot);
  const [start = 0] = first.seqs;
  assert.deepEqual(first.seqs, [start, start + 1, start + 2]);
  assert.ok((second.seqs[0] ?? 0) > (first.seqs.at(-1) ?? 0));
  // Both ranges came from one reservation: a visitor does not make the bot write to disk.
  assert.equal(bot.world.reservations.length, 1);
});

test('a lease is sent every five seconds, and a relay that answers no ping is given up', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  await using bot = await startControlBot();
  const { relay } = await connectRelay(bot);
  const pinged = new Promise((done) => relay.socket.once('ping', done));
  t.mock.timers.tick(controlLimits.leaseEverySeconds * 1000);
  const lease = await relay.nextOf('lease');
  assert.equal(lease.leaseSeconds, controlLimits.leaseSeconds);
  await pinged;
  // Its answer to that ping never comes: what it writes no longer leaves its machine.
  relay.socket.pause();
  const lost = bot.nextReport('lost');
  t.mock.timers.tick(controlLimits.leaseEverySeconds * 1000);
  t.mock.timers.tick(controlLimits.leaseEverySeconds * 1000);
  assert.match((await lost).why, /does not answer/);
});

test('events are recorded once, however often they are sent', async () => {
  await using bot = await startControlBot();
  const { relay } = await connectRelay(bot);
  for (const n of [1, 2, 2, 1, 3]) await relay.say({ type: 'event', event: refusedEvent(n) });
  let acknowledged = 0;
  while (acknowledged < 3) acknowledged = (await relay.nextOf('events-ack')).n;
  const { relay: again, snapshot } = await connectRelay(bot);
  assert.equal(snapshot.eventsAck, 3);
  for (const n of [2, 3, 4]) await again.say({ type: 'event', event: refusedEvent(n) });
  assert.equal((await again.nextOf('events-ack')).n, 4);
  assert.deepEqual(
    bot.world.recorded.get('eu-1')?.map(({ n }) => n),
    [1, 2, 3, 4],
  );
});

test('a missing event is an alarm, and nothing after it is recorded', async () => {
  await using bot = await startControlBot();
  const { relay } = await connectRelay(bot);
  const alarm = bot.nextReport('alarm');
  for (const n of [1, 3, 2]) await relay.say({ type: 'event', event: refusedEvent(n) });
  await relay.closed;
  assert.match((await alarm).why, /event 3 came/);
  assert.deepEqual(bot.world.recorded.get('eu-1'), [refusedEvent(1)]);
});

test('a restored bot takes up the events of a relay where they are, once', async () => {
  await using bot = await startControlBot();
  // As a database of before the epoch says; what the relay told the lost bot since, it no longer has.
  bot.world.eventsEpoch = 0;
  const { relay } = await connectRelay(bot);
  await relay.say({ type: 'event', event: refusedEvent(501) });
  assert.equal((await relay.nextOf('events-ack')).n, 501);
  const alarm = bot.nextReport('alarm');
  await relay.say({ type: 'event', event: refusedEvent(503) });
  assert.match((await alarm).why, /event 503 came.*sallyportd restore/);
});

test('an event that could not be recorded is not acknowledged', async () => {
  await using bot = await startControlBot();
  bot.world.recordFault = new Error('the disk is full');
  const { relay } = await connectRelay(bot);
  await relay.say({ type: 'event', event: refusedEvent(1) });
  await relay.closed;
  delete bot.world.recordFault;
  const { relay: again, snapshot } = await connectRelay(bot);
  assert.equal(snapshot.eventsAck, 0);
  await again.say({ type: 'event', event: refusedEvent(1) });
  assert.equal((await again.nextOf('events-ack')).n, 1);
});

test('a relay that was away gets every revocation it missed in its snapshot', async () => {
  await using bot = await startControlBot();
  bot.world.revocations = [{ gid, until }];
  // Ordered while the relay is away, and not in the store yet: cutting does not wait for the disk.
  await bot.channel.revoke({ gid: other, until, reason: 'over' });
  const { snapshot } = await connectRelay(bot);
  assert.deepEqual(snapshot.revoked.map((entry) => entry.gid).sort(), [gid, other]);
});
