import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newGrantId } from '../signing.ts';
import { generateSessionKey } from '../../../relay/proof.ts';
import type { RelayConfig } from '../../../relay/server/config.ts';
import { LockError } from '../../../relay/server/lock.ts';
import { startWorld, type World } from './fixture.ts';

test('a refusal that says something about the grant is reported, and by which check', async () => {
  await using world = await startWorld();
  const gid = newGrantId();
  await world.knock({ token: await world.token({ gid, target: 'hr-db.internal:5432' }) });
  const refused = await world.bot.event('refused');
  assert.deepEqual([refused.gid, refused.reason], [gid, 'target_not_allowed: at admission']);
});

test('while the bot takes no events refusals go unreported first, then nobody is admitted', async () => {
  await using world = await startWorld({ limits: { maxPendingEvents: 2 } });
  world.bot.manners.acknowledges = false;
  // Half of the room, which is kept for sessions.
  await (await world.enter()).notice('ready');
  await world.knock({ key: await generateSessionKey() });
  await (await world.enter()).notice('ready');
  const answer = await world.knock();
  assert.equal(answer.kind === 'refused' && answer.error, 'server_error');
  await world.bot.until('the second start', (message): message is typeof message => {
    return message.type === 'event' && message.event.n === 2;
  });
  assert.deepEqual(
    world.bot.events().map(({ type }) => type),
    ['session.start', 'session.start'],
  );
});

test('a relay that drains has given up its port, not its record', async () => {
  await using world = await startWorld();
  const tunnel = await world.enter();
  await tunnel.notice('ready');
  const drained = world.relay.drain();
  await tunnel.notice('draining');
  await assert.rejects(startAndStop(world), LockError);
  tunnel.socket.close(1000);
  await drained;
  await using next = await world.restart();
  await next.logged('ready');
});

test('a relay that cannot listen leaves its record to the next', async () => {
  await using world = await startWorld();
  await world.relay.close();
  const listen = { ...world.config.listen, port: world.service.port };
  await assert.rejects(startAndStop(world, { listen }), { code: 'EADDRINUSE' });
  await using next = await world.restart();
  await next.logged('ready');
});

/** A start that should fail, and must not go on running when it does not. */
async function startAndStop(world: World, changes: Partial<RelayConfig> = {}): Promise<void> {
  await using _relay = await world.restart(changes);
}
