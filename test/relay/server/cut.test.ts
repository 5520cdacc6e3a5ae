import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateSessionKey, makeProof } from '../../../relay/proof.ts';
import { newGrantId } from '../signing.ts';
import { movableClock, relayUrl, startWorld, type World } from './fixture.ts';
import { holdDisk } from './held-disk.ts';
import { overAt } from './service.ts';
import { newRun, proofFor, type Tunnel } from './tunnel-client.ts';

test('a revoked grant cuts an open session within a second, and the bot is told how many', async () => {
  await using world = await startWorld();
  const gid = newGrantId();
  const token = await world.token({ gid });
  const tunnels = [await world.enter({ token }), await world.enter({ token })];
  await Promise.all(tunnels.map((tunnel) => tunnel.open(1)));
  const bystander = await world.enter();
  await bystander.open(1);
  const services = [await world.service.socket(0), await world.service.socket(1)].map(overAt);

  const before = performance.now();
  const { sessions } = await world.bot.revoke(gid);
  await Promise.all([...services, ...tunnels.map((tunnel) => tunnel.closed())]);
  const took = performance.now() - before;

  assert.equal(sessions, 2);
  assert.ok(took < 1000, `${took} ms`);
  for (const tunnel of tunnels) {
    const { session } = await tunnel.notice('ready');
    assert.equal(await tunnel.ended(), 'revoked');
    assert.equal((await world.bot.event('session.end', session)).reason, 'revoked');
  }
  // Nobody else is touched.
  bystander.send({ kind: 'data', stream: 1, payload: Buffer.from('still here') });
  assert.equal((await bystander.bytes(1, 10)).toString(), 'still here');
  assert.equal((await world.bot.revoke(newGrantId())).sessions, 0);
});

test('a revoked grant opens nothing any more, also for a run that comes back', async () => {
  await using world = await startWorld();
  const gid = newGrantId();
  const token = await world.token({ gid });
  const run = newRun();
  await world.enter({ token, run });
  await world.bot.revoke(gid);
  for (const changes of [{ token, run }, { token }]) {
    const answer = await world.knock(changes);
    assert.equal(answer.kind === 'refused' && answer.error, 'grant_revoked');
  }
});

test('a session that is being written down while its grant is revoked never begins', async (context) => {
  await using world = await startWorld();
  const gid = newGrantId();
  const disk = await holdDisk(world, context);
  const answer = world.knock({ token: await world.token({ gid }) });
  await disk.asked;
  assert.equal((await world.bot.revoke(gid)).sessions, 1);
  disk.confirm();
  const refused = await answer;
  assert.equal(refused.kind === 'refused' && refused.error, 'grant_revoked');
});

test('a grant that ends cuts both ends at its deadline', async () => {
  await using world = await startWorld();
  const exp = Math.floor(Date.now() / 1000) + 2;
  const tunnel = await world.enter({ token: await world.token({ exp }) });
  await tunnel.open(1);
  const service = overAt(await world.service.socket());
  assert.equal(await tunnel.ended(), 'expired');
  assert.equal(await service, 'ECONNRESET');
  const lateMs = Date.now() - exp * 1000;
  assert.ok(lateMs >= 0 && lateMs < 500, `${lateMs} ms after the deadline`);
});

const hourMs = 3_600_000;

test('a wall clock that is set back does not lengthen a grant', async () => {
  const clock = movableClock();
  await using world = await startWorld({ clock });
  const tunnel = await world.enter();
  await tunnel.notice('ready');
  clock.wallMs = -2 * hourMs;
  clock.monotonicMs = hourMs;
  assert.equal(await tunnel.ended(), 'expired');
});

test('a machine that slept through the deadline cuts when it wakes', async () => {
  const clock = movableClock();
  await using world = await startWorld({ clock });
  const tunnel = await world.enter();
  await tunnel.notice('ready');
  clock.wallMs = hourMs;
  assert.equal(await tunnel.ended(), 'expired');
});

test('the client hears of the end five minutes and one minute before', async () => {
  const clock = movableClock();
  await using world = await startWorld({ clock });
  const exp = Math.floor(Date.now() / 1000) + 310;
  const tunnel = await world.enter({ token: await world.token({ exp }) });
  await tunnel.notice('ready');
  assert.equal(tunnel.frames.length, 1);
  clock.monotonicMs = 11_000;
  const first = await tunnel.notice('expiring');
  assert.ok(first.inSeconds > 290 && first.inSeconds <= 299, `${first.inSeconds}`);
  tunnel.frames.length = 0;
  clock.monotonicMs = 251_000;
  const second = await tunnel.notice('expiring');
  assert.ok(second.inSeconds > 50 && second.inSeconds <= 59, `${second.inSeconds}`);
});

test('a lost bot: no new session after the lease, live ones end after their grace', async () => {
  const clock = movableClock();
  await using world = await startWorld({ clock });
  const patient = await world.enter();
  const lim = { sessions: 3, connections: 8, idleSeconds: 80_000, graceSeconds: 0 };
  const impatient = await world.enter({ token: await world.token({ lim }) });
  await Promise.all([patient.notice('ready'), impatient.notice('ready')]);
  world.bot.manners.answers = false;
  world.bot.disconnect();

  clock.monotonicMs = 31_000;
  assert.equal(await impatient.ended(), 'control-lost');
  const answer = await world.knock();
  assert.equal(answer.kind === 'refused' && answer.error, 'control_stale');
  // The live session goes on, but nothing new is dialled for it on knowledge that is old.
  patient.send({ kind: 'open', stream: 1, credit: 1 });
  assert.match((await patient.frame('reset', 1)).text, /lost the bot/);

  clock.monotonicMs = 31_000 + 300_000;
  assert.equal(await patient.ended(), 'control-lost');
});

test('the bot that is back in time keeps its sessions', async () => {
  const clock = movableClock();
  await using world = await startWorld({ clock });
  const tunnel = await world.enter();
  await tunnel.notice('ready');
  world.bot.disconnect();
  clock.monotonicMs = 31_000;
  await world.bot.until('a second hello', (message): message is typeof message => {
    return message.type === 'hello' && world.bot.connections() === 2;
  });
  const again = await world.enter();
  await again.notice('ready');
  assert.equal(tunnel.socket.readyState, tunnel.socket.OPEN);
});

async function renew(
  world: Pick<World, 'key'>,
  tunnel: Tunnel,
  token: string,
  nonce = tunnel.nonce,
): Promise<void> {
  const url = `${relayUrl}/tunnel`;
  const proof = await makeProof(world.key, { method: 'GET', url, now: new Date(), token, nonce });
  tunnel.send({ kind: 'token', token, proof });
}

test('a later token for the same grant carries an open connection past the first one’s end', async () => {
  const clock = movableClock();
  await using world = await startWorld({ clock });
  const gid = newGrantId();
  const now = Math.floor(Date.now() / 1000);
  // The test's clock outruns the bot's leases; the longest grace keeps that out of the way.
  const lim = { sessions: 1, connections: 8, idleSeconds: 80_000, graceSeconds: 900 };
  const tunnel = await world.enter({ token: await world.token({ gid, lim, exp: now + 600 }) });
  await tunnel.open(1);
  await renew(world, tunnel, await world.token({ gid, lim, exp: now + 7200 }));
  assert.equal((await tunnel.notice('renewed')).exp, now + 7200);
  clock.monotonicMs = 800_000;
  clock.wallMs = 800_000;
  tunnel.send({ kind: 'data', stream: 1, payload: Buffer.from('on') });
  assert.equal((await tunnel.bytes(1, 2)).toString(), 'on');
  clock.monotonicMs = 7300_000;
  assert.equal(await tunnel.ended(), 'expired');
});

test('a run that comes back with a later token lives on with it', async () => {
  const clock = movableClock();
  await using world = await startWorld({ clock });
  const gid = newGrantId();
  const run = newRun();
  const now = Math.floor(Date.now() / 1000);
  const lim = { sessions: 1, connections: 8, idleSeconds: 80_000, graceSeconds: 900 };
  await world.enter({ token: await world.token({ gid, lim, exp: now + 600 }), run });
  const again = await world.enter({ token: await world.token({ gid, lim, exp: now + 7200 }), run });
  assert.equal((await again.notice('ready')).exp, now + 7200);
  await again.open(1);
  clock.monotonicMs = 800_000;
  clock.wallMs = 800_000;
  again.send({ kind: 'data', stream: 1, payload: Buffer.from('on') });
  assert.equal((await again.bytes(1, 2)).toString(), 'on');
  assert.equal(again.socket.readyState, again.socket.OPEN);
});

const refusedRenewals: Readonly<
  Record<string, [(world: World, gid: string, exp: number) => Promise<string>, string]>
> = {
  'for another grant': [(world, _gid, exp) => world.token({ exp: exp + 60 }), 'other-grant'],
  'for another role': [
    (world, gid, exp) => world.token({ gid, exp: exp + 60, role: 'writer' }),
    'other-grant',
  ],
  'for another target': [
    (world, gid, exp) => world.token({ gid, exp: exp + 60, target: 'hr-db.internal:5432' }),
    'other-grant',
  ],
  'that does not end later': [(world, gid, exp) => world.token({ gid, exp }), 'not-later'],
  'for another key': [
    (world, gid, exp) => world.token({ gid, exp: exp + 60, cnf: { jkt: 'B'.repeat(43) } }),
    'other-grant',
  ],
};

for (const [name, [make, reason]] of Object.entries(refusedRenewals)) {
  test(`a token ${name} is no renewal`, async () => {
    await using world = await startWorld();
    const gid = newGrantId();
    const exp = Math.floor(Date.now() / 1000) + 600;
    const tunnel = await world.enter({ token: await world.token({ gid, exp }) });
    await renew(world, tunnel, await make(world, gid, exp));
    assert.equal((await tunnel.notice('renewal-refused')).reason, reason);
    assert.equal(tunnel.socket.readyState, tunnel.socket.OPEN);
  });
}

test('a renewal whose proof was not made for this tunnel is refused', async () => {
  const clock = movableClock();
  await using world = await startWorld({ clock });
  const gid = newGrantId();
  const exp = Math.floor(Date.now() / 1000) + 600;
  const token = await world.token({ gid, exp });
  const other = await world.enter({ token });
  const refusal = await world.knock({
    token,
    proof: await proofFor(await world.request({ token })),
  });
  assert.ok(refusal.kind === 'refused');
  // The relay's own and fresh, but not this tunnel's. Nonces are told apart by the second they were made in.
  clock.wallMs = 2000;
  for (const nonce of [other.nonce, String(refusal.headers['dpop-nonce'])]) {
    const tunnel = await world.enter({ token });
    await renew(world, tunnel, await world.token({ gid, exp: exp + 60 }), nonce);
    assert.equal((await tunnel.notice('renewal-refused')).reason, 'nonce');
    tunnel.socket.close(1000);
    await world.bot.event('session.end', (await tunnel.notice('ready')).session);
  }
});

test('a renewal that another key has signed is refused', async () => {
  await using world = await startWorld();
  const gid = newGrantId();
  const exp = Math.floor(Date.now() / 1000) + 600;
  const tunnel = await world.enter({ token: await world.token({ gid, exp }) });
  const thief = { key: await generateSessionKey() };
  await renew(thief, tunnel, await world.token({ gid, exp: exp + 60 }));
  assert.equal((await tunnel.notice('renewal-refused')).reason, 'key');
});
