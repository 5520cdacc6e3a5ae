// The client against the product's own relay: what the scripted one only pretends. Everything over real TLS and TCP,
// the bot alone is scripted, because only its keys and its word are needed.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import type { ClaimedGrant } from '../../../relay/client/token.ts';
import { systemClock } from '../../../relay/server/clock.ts';
import { makeRelayKey, readRelayKey } from '../../../relay/server/key.ts';
import { defaultLimits } from '../../../relay/server/limits.ts';
import { startRelay } from '../../../relay/server/relay.ts';
import { createAuthority } from '../../support/certificates.ts';
import { createTemporaryFolder } from '../../support/folders.ts';
import { reservePort } from '../../support/ports.ts';
import { startScriptedBot, type ScriptedBot } from '../server/scripted-bot.ts';
import { startService } from '../server/service.ts';
import { grantClaims, grantToken, newGrantId } from '../signing.ts';
import { key, openRig, readAll } from './rig.ts';
import { errorCode, soon, textFrom } from './soon.ts';

interface World extends AsyncDisposable {
  readonly bot: ScriptedBot;
  readonly gid: string;
  /** A grant of this world that ends so many seconds from now. */
  claim(seconds: number): Promise<ClaimedGrant>;
  /** So much time passes at the relay. */
  pass(seconds: number): void;
}

async function startWorld(serve?: (socket: Socket) => void): Promise<World> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await createTemporaryFolder('real-relay'));
  const service = stack.use(await startService(serve));
  const authority = await createAuthority();
  await makeRelayKey(folder.path);
  const reading = await readRelayKey(folder.path);
  if (reading.kind !== 'read') throw new Error('no key');
  const bot = stack.use(await startScriptedBot(authority, { name: 'eu-1', pin: reading.key.pin }));
  const port = await reservePort();
  const url = `https://127.0.0.1:${port}`;
  const target = 'payments-db.internal:5432';
  let aheadMs = 0;
  let ready = (): void => {};
  const isReady = new Promise<void>((resolve) => (ready = resolve));
  const relay = await startRelay(
    {
      name: 'eu-1',
      url,
      listen: { host: '127.0.0.1', port, tls: await authority.issue(['127.0.0.1']) },
      dataFolder: folder.path,
      bot: { url: bot.url, controlKey: bot.control.publicJwk, caPem: authority.caPem },
      namespaces: new Map([
        [
          'payments',
          { allow: [], dial: new Map([[target, { host: '127.0.0.1', port: service.port }]]) },
        ],
      ]),
      limits: { ...defaultLimits, sweepMs: 20 },
    },
    {
      key: reading.key,
      version: '0.0.0-test',
      clock: { ...systemClock, wall: () => systemClock.wall() + aheadMs },
      log: {
        info: (_facts, message) => message === 'ready' && ready(),
        warn: () => undefined,
        alarm: () => undefined,
      },
    },
  );
  stack.defer(() => relay.close());
  await isReady;
  const gid = newGrantId();
  return {
    bot,
    gid,
    async claim(seconds) {
      const nowMs = Date.now();
      const exp = Math.floor(nowMs / 1000) + seconds;
      const claims = { iss: bot.url, aud: [url], target, cnf: { jkt: key.jkt }, gid, exp };
      const endsAtMs = exp * 1000;
      return {
        token: await grantToken(grantClaims(nowMs, claims), bot.grants),
        exp,
        receivedAtMs: nowMs,
        endsAtMs,
        grantEndsAtMs: endsAtMs,
        grant: {
          id: gid,
          resource: 'r',
          role: 'reader',
          protocol: 'tcp',
          endsAt: new Date(endsAtMs).toISOString(),
          issue: 'https://github.example/1',
          grantee: 'dana',
        },
        relays: [{ url, ca: authority.caPem }],
      };
    },
    pass: (seconds) => (aheadMs += seconds * 1000),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test('the real relay takes the client in, and carries megabytes both ways unchanged', async (t) => {
  await using world = await startWorld();
  const rig = await openRig(t, [], { claimed: await world.claim(3600) });
  await Promise.all(
    [1, 300_000, 4_000_000].map(async (size) => {
      const sent = randomBytes(size);
      const socket = rig.dial();
      socket.end(sent);
      assert.ok(sent.equals(await readAll(socket)), `${size} bytes came back changed`);
    }),
  );
  await rig.session.close(0);
  const end = await world.bot.event('session.end');
  assert.deepEqual(
    [end.reason, end.bytesUp, end.bytesDown, end.connections],
    ['closed', 4_300_001, 4_300_001, 3],
  );
});

test('a revocation at the bot resets what is open at the client and ends it as revoked', async (t) => {
  await using world = await startWorld((socket) => socket.write('a row'));
  const rig = await openRig(t, [], { claimed: await world.claim(3600) });
  const socket = rig.dial();
  await soon(socket, 'data');
  const reset = errorCode(socket);
  await world.bot.revoke(world.gid);
  assert.equal(await reset, 'ECONNRESET');
  assert.equal((await rig.ended()).exit, 'revoked');
});

test("the grant's end cuts the session at the client as expired", async (t) => {
  await using world = await startWorld((socket) => socket.write('a row'));
  const rig = await openRig(t, [], { claimed: await world.claim(3600) });
  const socket = rig.dial();
  await soon(socket, 'data');
  world.pass(3601);
  assert.equal((await rig.ended()).exit, 'expired');
});

test('the real relay takes a later token within the session, and the tunnel does not drop', async (t) => {
  await using world = await startWorld();
  const rig = await openRig(t, [], {
    claimed: await world.claim(600),
    renew: () => world.claim(3600),
  });
  await rig.until('connected');
  const socket = rig.dial();
  rig.clock.nowMs += 400_000;
  rig.session.tick();
  assert.match(String(await rig.until('renewed')), /^\d{4}-/);
  socket.write('still here');
  assert.equal(await textFrom(socket), 'still here');
  assert.deepEqual(
    rig.told.map(([name]) => name),
    ['connected', 'renewed'],
  );
});

test('a reset by the service ends that connection only: the session goes on', async (t) => {
  await using world = await startWorld((socket) => socket.resetAndDestroy());
  const rig = await openRig(t, [], { claimed: await world.claim(3600) });
  const socket = rig.dial();
  assert.equal(await errorCode(socket), 'ECONNRESET');
  assert.equal(rig.session.state().connected, true);
});
