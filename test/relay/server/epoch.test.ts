// A bot that was restored from a backup says so by its epoch. What the lost bot gave after that backup, the restored one
// does not know, so that no list of revocations can name it: the relay itself has to end it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newGrantId } from '../signing.ts';
import { startWorld, type World } from './fixture.ts';
import { holdDisk } from './held-disk.ts';

const seconds = (): number => Math.floor(Date.now() / 1000);
/** Of a token of an hour ago, which still has an hour. */
const old = () => ({ iat: seconds() - 3600, nbf: seconds() - 3600, exp: seconds() + 3600 });

/** The bot dies, and one that was restored takes its place, a minute ago. */
function restore({ bot }: World, epoch = seconds() - 60): void {
  Object.assign(bot.position, { epoch, seq: 0 });
  bot.disconnect();
}

test('what was given before the restore is cut and opens nothing more, also when nobody can name it', async () => {
  await using world = await startWorld();
  const token = await world.token(old());
  const tunnel = await world.enter({ token });
  await tunnel.open(1);
  const { session } = await tunnel.notice('ready');
  restore(world);
  assert.equal(await tunnel.ended(), 'revoked');
  assert.equal((await world.bot.event('session.end', session)).reason, 'revoked');
  const answer = await world.knock({ token });
  assert.equal(answer.kind === 'refused' && answer.error, 'grant_revoked');
  const told = await world.logged('the bot was restored; what it gave before has ended');
  assert.equal(told.facts['sessions'], 1);
});

test('what the restored bot has given is untouched, also when the relay hears of the epoch only then', async () => {
  await using world = await startWorld();
  const tunnel = await world.enter();
  await tunnel.open(1);
  restore(world);
  await world.logged('the bot was restored; what it gave before has ended');
  tunnel.send({ kind: 'data', stream: 1, payload: Buffer.from('still here') });
  assert.equal((await tunnel.bytes(1, 10)).toString(), 'still here');
  await (await world.enter()).notice('ready');
});

test('a relay that was away during the restore learns of it when it comes back', async () => {
  await using world = await startWorld();
  const token = await world.token(old());
  await world.relay.close();
  Object.assign(world.bot.position, { epoch: seconds() - 60, seq: 0 });
  await using again = await world.restart();
  await again.logged('the bot was restored; what it gave before has ended');
  await again.logged('ready');
  const answer = await world.knock({ token, port: again.relay.port });
  assert.equal(answer.kind === 'refused' && answer.error, 'grant_revoked');
});

test('a restart of the relay does not forget the epoch, and the lost bot is not believed again', async () => {
  await using world = await startWorld();
  const token = await world.token(old());
  restore(world);
  await world.logged('the bot was restored; what it gave before has ended');
  await world.relay.close();
  const { seq } = world.bot.position;
  Object.assign(world.bot.position, { epoch: 1, seq: seq + 1_000_000 });
  await using again = await world.restart();
  const alarm = await again.logged('control channel');
  assert.equal(alarm.facts['why'], 'an old message was played again');
  Object.assign(world.bot.position, { epoch: seconds() - 30, seq: 0 });
  await again.logged('ready');
  const answer = await world.knock({ token, port: again.relay.port });
  assert.equal(answer.kind === 'refused' && answer.error, 'grant_revoked');
});

test('a relay that never heard of another epoch still takes nothing of before the present one', async () => {
  await using world = await startWorld({ isBotThere: false });
  world.bot.position.epoch = seconds() - 60;
  world.bot.manners.answers = true;
  await world.logged('ready');
  const answer = await world.knock({ token: await world.token(old()) });
  assert.equal(answer.kind === 'refused' && answer.error, 'grant_revoked');
  assert.ok(!world.log.some(({ message }) => message.startsWith('the bot was restored')));
});

test('an epoch that lies ahead of our clock is an alarm and is not kept: a bot whose clock is mended is heard', async () => {
  await using world = await startWorld();
  const tunnel = await world.enter({ token: await world.token(old()) });
  restore(world, seconds() + 3600);
  await world.logged('control channel', /its epoch lies ahead of our clock/);
  Object.assign(world.bot.position, { epoch: 1, seq: 1_000_000 });
  await world.bot.until('a hello', (message): message is typeof message => {
    return message.type === 'hello' && world.bot.connections() > 2;
  });
  tunnel.socket.close(1000);
  const { session } = await tunnel.notice('ready');
  assert.equal((await world.bot.event('session.end', session)).reason, 'closed');
});

test('a session that is being written down while the epoch changes never begins', async (context) => {
  await using world = await startWorld();
  const disk = await holdDisk(world, context);
  const answer = world.knock({ token: await world.token({ gid: newGrantId(), ...old() }) });
  await disk.asked;
  restore(world);
  await world.logged('the bot was restored; what it gave before has ended');
  disk.confirm();
  const refused = await answer;
  assert.equal(refused.kind === 'refused' && refused.error, 'grant_revoked');
});
