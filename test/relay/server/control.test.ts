import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { sealBotMessage } from '../../../relay/control.ts';
import { createAuthority } from '../../support/certificates.ts';
import { newGrantId, newKey } from '../signing.ts';
import { startWorld, type World } from './fixture.ts';

test('the relay says hello with its version and its address, then what the bot has not yet got', async () => {
  await using world = await startWorld();
  assert.deepEqual(world.bot.heard[0], {
    type: 'hello',
    protocol: 1,
    version: '0.0.0-test',
    url: 'https://relay.acme.test',
  });
});

test('what was revoked while the relay was away is cut with the snapshot', async () => {
  await using world = await startWorld();
  const gid = newGrantId();
  const token = await world.token({ gid });
  const tunnel = await world.enter({ token });
  await tunnel.notice('ready');
  world.bot.snapshot.revoked.push({ gid, until: Math.floor(Date.now() / 1000) + 3600 });
  world.bot.disconnect();
  assert.equal(await tunnel.ended(), 'revoked');
  const answer = await world.knock({ token });
  assert.equal(answer.kind === 'refused' && answer.error, 'grant_revoked');
});

test('events that the bot has not acknowledged are told again, in order', async () => {
  await using world = await startWorld();
  world.bot.manners.acknowledges = false;
  const tunnel = await world.enter();
  const { session } = await tunnel.notice('ready');
  tunnel.socket.close(1000);
  await world.bot.event('session.end', session);
  world.bot.heard.length = 0;
  world.bot.snapshot.eventsAck = 1;
  world.bot.disconnect();
  const end = await world.bot.event('session.end', session);
  assert.equal(end.n, 2);
  assert.deepEqual(
    world.bot.events().map((event) => event.n),
    [2],
  );
});

test('a message that is missing is an alarm, and nobody is admitted until all is told again', async () => {
  await using world = await startWorld();
  world.bot.manners.answers = false;
  world.bot.position.seq += 1;
  const hungUp = world.bot.hungUp();
  await world.bot.say({ type: 'lease', leaseSeconds: 30 });
  await hungUp;
  assert.equal((await world.logged('control channel')).facts['why'], 'a message is missing');
  const answer = await world.knock();
  assert.equal(answer.kind === 'refused' && answer.error, 'control_stale');
  world.bot.manners.answers = true;
  await world.bot.until('a second hello', (message): message is typeof message => {
    return message.type === 'hello' && world.bot.connections() === 2;
  });
  await (await world.enter()).notice('ready');
});

const distrusted: Readonly<Record<string, [string, (world: World) => Promise<void>]>> = {
  'that is played again': [
    'an old message was played again',
    async ({ bot }) => bot.say({ type: 'lease', leaseSeconds: 30 }, { seq: 1 }),
  ],
  'that another key signed': [
    'a message did not hold: signature',
    async ({ bot }) => bot.say({ type: 'lease', leaseSeconds: 30 }, { by: newKey('control') }),
  ],
  'that is meant for another relay': [
    'a message did not hold: claims',
    async ({ bot }) => {
      const envelope = { relay: 'us-1', epoch: 1, seq: bot.position.seq + 1, now: new Date() };
      bot.sendText(
        await sealBotMessage({ type: 'lease', leaseSeconds: 30 }, envelope, bot.control),
      );
    },
  ],
  'that is no message': [
    'a message did not hold: characters',
    async ({ bot }) => bot.sendText('hello'),
  ],
};

for (const [name, [why, send]] of Object.entries(distrusted)) {
  test(`a message ${name} is an alarm, and the relay hangs up`, async () => {
    await using world = await startWorld();
    const hungUp = world.bot.hungUp();
    await send(world);
    await hungUp;
    const alarm = await world.logged('control channel');
    assert.deepEqual([alarm.level, alarm.facts['why']], ['alarm', why]);
  });
}

test('a bot that another key speaks for is never believed, not even its keys', async () => {
  await using world = await startWorld();
  world.bot.disconnect();
  const impostor = newKey('control');
  Object.assign(world.bot.control, { sign: impostor.sign });
  await world.logged('control channel');
  assert.equal(
    world.log.some(({ facts }) => facts['why'] === 'a message did not hold: signature'),
    true,
  );
});

test('a bot with another name than relay.yml says is not followed', async () => {
  await using world = await startWorld({ isBotThere: false });
  world.bot.snapshot.issuer = 'https://other.acme.test';
  world.bot.manners.answers = true;
  await world.logged('the control channel is down', /calls itself/);
  const answer = await world.knock();
  assert.equal(answer.kind === 'refused' && answer.error, 'control_stale');
});

test('a clock that is more than five seconds off the bot’s admits nobody and says so', async () => {
  const clock = { wall: () => Date.now() + 6000, monotonic: () => performance.now() };
  await using world = await startWorld({ clock });
  const warning = await world.logged(
    'our clock and the bot’s are too far apart; nobody is admitted',
  );
  assert.equal(warning.facts['offsetSeconds'], 6);
  const answer = await world.knock();
  assert.equal(answer.kind === 'refused' && answer.error, 'control_stale');
});

test('a bot that has more events than the relay is an alarm, and numbering goes on behind it', async () => {
  await using world = await startWorld({ isBotThere: false });
  world.bot.snapshot.eventsAck = 40;
  world.bot.manners.answers = true;
  assert.equal(
    (await world.logged('the bot has more events than we do: our record was lost')).level,
    'alarm',
  );
  await world.logged('ready');
  await (await world.enter()).notice('ready');
  assert.equal((await world.bot.event('session.start')).n, 41);
});

test('what the bot said before a restart is not believed again after it', async () => {
  await using world = await startWorld();
  await world.relay.close();
  world.bot.position.seq = 0;
  await using again = await world.restart();
  const alarm = await again.logged('control channel');
  assert.equal(alarm.facts['why'], 'an old message was played again');
});

test('what was revoked is known after a restart, also when the bot does not say it again', async () => {
  await using world = await startWorld();
  const { gid } = await world.bot.revoke(newGrantId());
  await world.relay.close();
  await using again = await world.restart();
  await again.logged('ready');
  const token = await world.token({ gid });
  const answer = await world.knock({ token, port: again.relay.port });
  assert.equal(answer.kind === 'refused' && answer.error, 'grant_revoked');
});

const strangers: Readonly<Record<string, [RegExp, (world: World) => Promise<object>]>> = {
  'whose certificate another authority has signed': [
    /(unable to verify|self-signed).*: .*bot\.ca in relay\.yml/,
    async () => ({ caPem: (await createAuthority()).caPem }),
  ],
  'whose certificate is for another name': [
    /altnames/,
    async ({ bot }) => ({ url: bot.url.replace('127.0.0.1', 'localhost') }),
  ],
};

for (const [name, [why, changes]] of Object.entries(strangers)) {
  test(`a bot ${name} is told nothing`, async () => {
    await using world = await startWorld();
    await world.relay.close();
    const connections = world.bot.connections();
    const bot = { ...world.config.bot, ...(await changes(world)) };
    await using again = await world.restart({ bot });
    await again.logged('the control channel is down', why);
    assert.equal(world.bot.connections(), connections);
  });
}

test('a bot that knows no TLS 1.3 is told nothing', async () => {
  const authority = await createAuthority();
  const certificate = await authority.issue(['127.0.0.1']);
  const old = createTlsServer({ ...certificate, maxVersion: 'TLSv1.2' });
  let isHeard = false;
  old.on('secureConnection', (socket) => {
    isHeard = true;
    socket.destroy();
  });
  using stack = new DisposableStack();
  stack.defer(() => old.close());
  old.listen({ host: '127.0.0.1', port: 0 });
  await once(old, 'listening');
  const { port } = old.address() as AddressInfo;
  await using world = await startWorld();
  await world.relay.close();
  const { controlKey } = world.config.bot;
  const bot = { url: `https://127.0.0.1:${port}`, controlKey, caPem: authority.caPem };
  await using again = await world.restart({ bot });
  const line = await again.logged('the control channel is down');
  assert.match(String(line.facts['why']), /protocol version/);
  assert.equal(isHeard, false);
});
