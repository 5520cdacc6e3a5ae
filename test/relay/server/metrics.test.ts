import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { relayMetrics } from '../../../relay/server/metrics.ts';
import { scrape, type Exposition } from '../../support/exposition.ts';
import { newGrantId } from '../signing.ts';
import { movableClock, startWorld, type World } from './fixture.ts';
import { overAt } from './service.ts';

const portOf = (world: World): number => world.relay.metricsPort ?? 0;

test('what a relay exposes is what the table lists, name by name, with the labels and values it lists', async () => {
  await using world = await startWorld();
  const tunnel = await world.enter();
  await tunnel.open(1);
  await world.knock({ token: 'made up' });
  const { families } = await scrape(portOf(world));
  assert.deepEqual([...families.keys()], Object.keys(relayMetrics));
  for (const [name, row] of Object.entries(relayMetrics)) {
    const family = families.get(name);
    assert.equal(family?.type, row.type, name);
    const labels: Readonly<Record<string, readonly string[]>> = 'labels' in row ? row.labels : {};
    for (const sample of family.samples) {
      const { le: _bound, ...given } = sample.labels;
      assert.deepEqual(Object.keys(given), Object.keys(labels), name);
      for (const [label, value] of Object.entries(given))
        assert.ok(labels[label]?.includes(value), `${name} ${label}=${value}`);
    }
  }
});

test('a session, its connections and its bytes are counted while it lives and after it was cut', async () => {
  await using world = await startWorld();
  const gid = newGrantId();
  const tunnel = await world.enter({ token: await world.token({ gid }) });
  await tunnel.open(1);
  tunnel.send({ kind: 'data', stream: 1, payload: Buffer.from('0123456789') });
  await tunnel.bytes(1, 10);
  const live = await scrape(portOf(world));
  assert.equal(live.value('sallyport_relay_sessions_open'), 1);
  assert.equal(live.value('sallyport_relay_connections_open'), 1);
  assertCarried(live);
  assert.equal(live.value('sallyport_relay_cut_seconds_count'), 0);

  const service = overAt(await world.service.socket());
  await world.bot.revoke(gid);
  await service;
  await world.bot.event('session.end');
  const over = await scrape(portOf(world));
  assert.equal(over.value('sallyport_relay_sessions_open'), 0);
  assert.equal(over.value('sallyport_relay_connections_open'), 0);
  assert.equal(over.value('sallyport_relay_sessions_ended_total', { reason: 'revoked' }), 1);
  assert.equal(over.value('sallyport_relay_cut_seconds_count'), 1);
  assert.equal(over.value('sallyport_relay_cut_seconds_bucket', { le: '1' }), 1);
  assertCarried(over);
});

function assertCarried(seen: Exposition): void {
  assert.equal(seen.value('sallyport_relay_bytes_total', { direction: 'up' }), 10);
  assert.equal(seen.value('sallyport_relay_bytes_total', { direction: 'down' }), 10);
}

test('a service that does not answer, and a client that is turned away, are counted by the reason', async () => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  const nobody = {
    allow: [],
    dial: new Map([['payments-db.internal:5432', { host: '127.0.0.1', port }]]),
  };
  await using world = await startWorld({ rules: () => nobody });
  const tunnel = await world.enter();
  tunnel.send({ kind: 'open', stream: 1, credit: 1000 });
  await tunnel.frame('reset', 1);
  await world.knock({ token: 'made up' });
  const revoked = newGrantId();
  await world.bot.revoke(revoked);
  await world.knock({ token: await world.token({ gid: revoked }) });
  const seen = await scrape(portOf(world));
  const failures = (reason: string) =>
    seen.value('sallyport_relay_dial_failures_total', { reason });
  assert.equal(failures('ECONNREFUSED'), 1);
  assert.equal(seen.value('sallyport_relay_dial_failures_total'), 1);
  const refusals = (code: string) => seen.value('sallyport_relay_refusals_total', { code });
  assert.equal(refusals('grant_revoked'), 1);
  assert.equal(refusals('invalid_dpop_proof') + refusals('invalid_token'), 1);
  assert.equal(seen.value('sallyport_relay_refusals_total'), 2, 'asking for the nonce is none');
});

test('events that the bot does not take stand in the figures, and so does how long it was not heard', async () => {
  const clock = movableClock();
  await using world = await startWorld({ clock });
  world.bot.manners.acknowledges = false;
  await world.enter();
  await world.bot.event('session.start');
  clock.monotonicMs += 7000;
  const seen = await scrape(portOf(world));
  assert.equal(seen.value('sallyport_relay_spool_events'), 1);
  const age = seen.value('sallyport_relay_lease_age_seconds');
  assert.ok(age >= 7 && age < 30, `${age} s`);
});

test('a relay that never heard from the bot says so in its conditions, and is ready once it has', async () => {
  await using world = await startWorld({ isBotThere: false });
  const readiness = async () => {
    const response = await fetch(`http://127.0.0.1:${portOf(world)}/readyz`);
    const { ready, conditions } = (await response.json()) as {
      ready: boolean;
      conditions: { name: string; holds: boolean; found?: string; limitSeconds?: number }[];
    };
    const failing = conditions.filter(({ holds }) => !holds).map(({ name }) => name);
    return { status: response.status, ready, failing };
  };
  assert.deepEqual(await readiness(), { status: 503, ready: false, failing: ['lease', 'keys'] });
  const never = await scrape(portOf(world));
  assert.equal(never.value('sallyport_relay_lease_age_seconds'), Infinity);
  world.bot.manners.answers = true;
  await world.logged('ready');
  assert.deepEqual(await readiness(), { status: 200, ready: true, failing: [] });
  const heard = await scrape(portOf(world));
  assert.equal(heard.value('sallyport_relay_condition', { condition: 'lease' }), 1);
});

test('an address for the metrics that is taken stops the start, and leaves the folder to the next', async () => {
  await using world = await startWorld();
  await world.relay.close();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const metrics = { host: '127.0.0.1', port };
  await assert.rejects(world.restart({ metrics }), { code: 'EADDRINUSE', port });
  taken.close();
  await using _again = await world.restart();
});

test('each line of the relay about a session names the session and its grant', async () => {
  await using world = await startWorld();
  const gid = newGrantId();
  const tunnel = await world.enter({ token: await world.token({ gid }) });
  const { session } = await tunnel.notice('ready');
  await world.bot.revoke(gid);
  await world.bot.event('session.end');
  const about = world.log.filter(({ facts }) => facts['grant'] === gid);
  assert.deepEqual(
    about.map(({ message }) => message),
    ['session started', 'session ended', 'a grant was revoked'],
  );
  assert.deepEqual(
    about.slice(0, 2).map(({ facts }) => facts['session']),
    [session, session],
  );
});
