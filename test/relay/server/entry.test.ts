import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { generateSessionKey } from '../../../relay/proof.ts';
import { readAllowRule } from '../../../relay/server/targets.ts';
import { within } from '../../support/within.ts';
import { grantClaims, grantToken, newGrantId, newKey } from '../signing.ts';
import { readPage, startWorld, type World } from './fixture.ts';
import { proofFor, upgradeHeaders, type Answer, type Knock } from './tunnel-client.ts';

suite('nothing is opened', () => {
  const refusals: Readonly<
    Record<string, (world: World) => Promise<[Partial<Knock>, number, string]>>
  > = {
    'with a stolen token and another key': async () => [
      { key: await generateSessionKey() },
      401,
      'invalid_dpop_proof',
    ],
    'with a grant for another relay': async (world) => [
      { token: await world.token({ aud: ['https://other.acme.test'] }) },
      403,
      'not_this_relay',
    ],
    'with a grant of a namespace that is not served here': async (world) => [
      { token: await world.token({ ns: 'billing' }) },
      403,
      'not_this_relay',
    ],
    'with a grant whose target is not on the list': async (world) => [
      { token: await world.token({ target: 'hr-db.internal:5432' }) },
      403,
      'target_not_allowed',
    ],
    'with a grant that has ended': async (world) => [
      {
        token: await world.token({
          iat: Math.floor(Date.now() / 1000) - 100,
          nbf: Math.floor(Date.now() / 1000) - 100,
          exp: Math.floor(Date.now() / 1000),
        }),
      },
      403,
      'grant_expired',
    ],
    'with a grant that somebody else signed': async (world) => [
      {
        token: await grantToken(
          grantClaims(Date.now(), { iss: world.bot.url, cnf: { jkt: world.key.jkt } }),
          newKey('grant-1'),
        ),
      },
      401,
      'invalid_token',
    ],
    'with a proof for another relay': async () => [
      { url: 'https://relay.evil.test' },
      401,
      'invalid_dpop_proof',
    ],
    'from a browser': async () => [
      { headers: { origin: 'https://evil.test' } },
      403,
      'browser_refused',
    ],
    'from a browser that hides its origin': async () => [
      { headers: { 'sec-fetch-site': 'cross-site' } },
      403,
      'browser_refused',
    ],
    'without a run': async () => [{ run: 'me' }, 400, 'bad_request'],
    'without a token': async () => [{ token: 'x' }, 401, 'invalid_token'],
  };
  for (const [name, make] of Object.entries(refusals)) {
    test(name, async () => {
      await using world = await startWorld();
      const [changes, status, error] = await make(world);
      assert.deepEqual(outcome(await world.knock(changes)), { status, error });
      assert.equal(world.service.sockets.length, 0);
    });
  }
});

test('a stolen token and a proof that only names the right key open nothing', async () => {
  await using world = await startWorld();
  const token = await world.token();
  const first = await world.knock({ token, proof: await proofFor(await world.request({ token })) });
  const nonce = first.kind === 'refused' ? String(first.headers['dpop-nonce']) : '';
  const honest = await proofFor(await world.request({ token }), nonce);
  const [header = '', payload = ''] = honest
    .split('.')
    .map((part) => Buffer.from(part, 'base64url').toString());
  const proof = newKey().forge(header, payload);
  assert.deepEqual(outcome(await world.knock({ token, proof })), {
    status: 401,
    error: 'invalid_dpop_proof',
  });
  assert.equal((await world.bot.event('refused')).reason, 'invalid_dpop_proof: proof: signature');
});

test('a replayed proof is refused, also while its session lives', async () => {
  await using world = await startWorld();
  const token = await world.token();
  const { proof } = await world.enter({ token });
  assert.deepEqual(outcome(await world.knock({ token, proof })), {
    status: 401,
    error: 'invalid_dpop_proof',
  });
});

test('a refusal of somebody with a good token is reported, a stranger is not', async () => {
  await using world = await startWorld();
  await world.knock({ token: 'x' });
  const gid = newGrantId();
  await world.knock({ token: await world.token({ gid }), key: await generateSessionKey() });
  const refused = await world.bot.event('refused');
  assert.deepEqual(
    [refused.gid, refused.reason],
    [gid, 'invalid_dpop_proof: proof: by another key'],
  );
  assert.equal(world.bot.events().length, 1);
});

suite('a name is resolved once and dialled only when every answer is allowed', () => {
  const name = 'db.acme.test:5432';
  // Behind the name itself, and behind a range that the name may resolve into.
  const lookups: Readonly<Record<string, readonly [string, readonly string[]]>> = {
    'one answer of two on loopback': [name, ['10.20.0.5', '127.0.0.1']],
    'one answer of two outside the range': ['10.20.0.0/16:5432', ['10.20.0.5', '10.30.0.5']],
    'the metadata service': [name, ['169.254.169.254']],
    'this host': [name, ['0.0.0.0']],
    'loopback in IPv6': [name, ['::1']],
    'loopback in IPv6 clothes': [name, ['::ffff:127.0.0.1']],
    'loopback behind NAT64': [name, ['64:ff9b::7f00:1']],
    'loopback behind 6to4': [name, ['2002:7f00:1::']],
  };
  for (const [what, [allowed, addresses]] of Object.entries(lookups)) {
    test(`${what} is not`, async () => {
      const rule = readAllowRule(allowed);
      assert.ok(rule);
      await using world = await startWorld({
        rules: () => ({ allow: [rule], dial: new Map() }),
        lookup: () => Promise.resolve(addresses),
      });
      const tunnel = await world.enter({ token: await world.token({ target: name }) });
      tunnel.send({ kind: 'open', stream: 1, credit: 1 });
      const reset = await tunnel.frame('reset', 1);
      assert.equal(reset.text, 'The relay may not dial this target.');
      const { facts } = await world.logged('a connection was not made');
      assert.deepEqual([facts['kind'], facts['address']], ['refused', addresses.at(-1)]);
    });
  }
});

test('sockets that show no grant are counted per address', async () => {
  await using world = await startWorld({ limits: { maxUnprovenSocketsPerAddress: 2 } });
  const [first, second] = [await strangerAt(world), await strangerAt(world)];
  // Long before its time.
  await cut(await strangerAt(world));
  first.destroy();
  second.destroy();
  // Each tunnel comes in by two sockets: the first is told the nonce, and may not be gone when the second knocks.
  for (let count = 0; count < 4; count += 1) await (await world.enter()).notice('ready');
});

test('a socket that shows no grant is cut after its time, an open tunnel is not', async () => {
  await using world = await startWorld({ limits: { admissionMs: 300 } });
  const tunnel = await world.enter();
  await tunnel.open(1);
  // It came later, so the tunnel's time is over when its own is.
  await cut(await strangerAt(world));
  tunnel.send({ kind: 'data', stream: 1, payload: Buffer.from('still here') });
  assert.equal((await tunnel.bytes(1, 10)).toString(), 'still here');
});

/** Somebody who connects and says nothing. */
async function strangerAt(world: World): Promise<Socket> {
  const socket = connectTcp({ host: '127.0.0.1', port: world.relay.port });
  await once(socket, 'connect');
  return socket.on('error', () => undefined);
}

/** Resolves when the relay has cut it. */
async function cut(socket: Socket): Promise<void> {
  await within('the stranger is cut', once(socket.resume(), 'close'));
}

test('TLS 1.2 is refused', async () => {
  await using world = await startWorld();
  const socket = connectTls({
    host: '127.0.0.1',
    port: world.relay.port,
    maxVersion: 'TLSv1.2',
    rejectUnauthorized: false,
  });
  const refused = Promise.withResolvers<NodeJS.ErrnoException>();
  socket.on('error', refused.resolve);
  socket.on('secureConnect', () => refused.reject(new Error(`${socket.getProtocol()} was taken`)));
  const { code } = await within('an alert', refused.promise).finally(() => socket.destroy());
  assert.match(String(code), /TLSV1_ALERT_PROTOCOL_VERSION/);
});

test('health says that it runs, readiness that it would admit', async () => {
  await using world = await startWorld({ isBotThere: false });
  assert.deepEqual(await readPage(world, '/healthz'), [200, 'ok\n']);
  assert.deepEqual(await readPage(world, '/readyz'), [503, 'the bot was not heard\n']);
  assert.deepEqual(outcome(await world.knock()), { status: 503, error: 'control_stale' });
  world.bot.manners.answers = true;
  await world.logged('ready');
  assert.deepEqual(await readPage(world, '/readyz'), [200, 'ready\n']);
  assert.equal((await readPage(world, '/anything'))[0], 404);
});

function outcome(answer: Answer): object {
  if (answer.kind === 'open') return { kind: 'open' };
  return { status: answer.status, error: answer.error };
}

suite('a request that ws would not take is refused before anything is looked at: it has', () => {
  const wrong: Readonly<Record<string, Record<string, string>>> = {
    'another protocol to upgrade to': { upgrade: 'h2c' },
    'a key that is none': { 'sec-websocket-key': 'short' },
    'an old version': { 'sec-websocket-version': '8' },
  };
  for (const [name, changes] of Object.entries(wrong)) {
    test(name, async () => {
      await using world = await startWorld();
      const { token, key, url, port } = await world.request();
      const headers = upgradeHeaders({ token, proof: await proofFor({ key, url, token }) });
      assert.equal(await statusOf(port, headers), 401);
      assert.equal(await statusOf(port, { ...headers, ...changes }), 400);
    });
  }
});

async function statusOf(port: number, headers: Record<string, string>): Promise<number> {
  const request = get({
    host: '127.0.0.1',
    port,
    path: '/tunnel',
    headers,
    rejectUnauthorized: false,
  });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

test('neither token nor proof is written down anywhere', async () => {
  await using world = await startWorld();
  const token = await world.token();
  const { proof, nonce } = await world.enter({ token });
  await world.knock({ token, proof });
  await world.knock({ token, key: await generateSessionKey() });
  await world.bot.event('refused');
  const events = await readFile(join(world.config.dataFolder, 'events.jsonl'), 'utf8');
  const written = events + JSON.stringify(world.log) + JSON.stringify(world.bot.heard);
  for (const secret of [token, proof, nonce, ...token.split('.'), ...proof.split('.')]) {
    assert.equal(written.includes(secret), false);
  }
});
