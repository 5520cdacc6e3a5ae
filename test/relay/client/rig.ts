// A session, its listener and its relays, as the tests of both need them: what was told is kept, time is a field.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { Ending } from '../../../relay/client/endings.ts';
import { openListener } from '../../../relay/client/listener.ts';
import { openSession, type Session } from '../../../relay/client/session.ts';
import type { ClaimedGrant } from '../../../relay/client/token.ts';
import { generateSessionKey } from '../../../relay/proof.ts';
import { within } from '../../support/within.ts';
import { authority, grantId, mintToken, openService } from './scripted.ts';
import { carryTo, openRelay, type ScriptedRelay } from './scripted-relay.ts';
import { seen, soon } from './soon.ts';

export interface Rig {
  session: Session;
  told: [string, unknown][];
  /** Resolves at the n-th event of this name. */
  until(name: string, nth?: number): Promise<unknown>;
  /** How it ended; rejects with the Failure when it never began. */
  ended(): Promise<Ending>;
  dial(): Socket;
  clock: { nowMs: number };
  renewals: number;
}

export const key = await generateSessionKey();

export async function grantFor(
  relays: readonly ScriptedRelay[],
  nowMs: number,
  seconds = 3600,
): Promise<ClaimedGrant> {
  const { caPem } = await authority;
  const exp = Math.floor(nowMs / 1000) + seconds;
  const aud = relays.map(({ url }) => url);
  return {
    token: await mintToken({ iss: 'https://bot.example', aud, cnf: { jkt: key.jkt }, exp }),
    exp,
    receivedAtMs: nowMs,
    endsAtMs: nowMs + seconds * 1000,
    grantEndsAtMs: nowMs + seconds * 1000,
    grant: {
      id: grantId,
      resource: 'r',
      role: 'reader',
      protocol: 'tcp',
      endsAt: new Date(exp * 1000).toISOString(),
      issue: 'https://github.example/1',
      grantee: 'dana',
    },
    relays: relays.map(({ url }) => ({ url, ca: caPem })),
  };
}

export async function openRig(
  t: TestContext,
  relays: readonly ScriptedRelay[],
  settings: {
    seconds?: number;
    /** Instead of a grant for these relays. */
    claimed?: ClaimedGrant;
    renew?: (rig: Rig) => Promise<ClaimedGrant>;
  } = {},
): Promise<Rig> {
  const told: [string, unknown][] = [];
  const heard = new EventEmitter();
  const tell =
    (name: string) =>
    (value?: unknown): void => {
      told.push([name, value]);
      heard.emit('change');
    };
  const clock = { nowMs: Date.now() };
  const listener = await openListener(
    { kind: 'port' },
    { connection: (socket) => rig.session.carry(socket), stranger: tell('stranger') },
  );
  const port = listener.address.kind === 'port' ? listener.address.port : 0;
  const rig: Rig = {
    session: openSession({
      claimed: settings.claimed ?? (await grantFor(relays, clock.nowMs, settings.seconds)),
      key,
      nowMs: () => clock.nowMs,
      renew() {
        rig.renewals += 1;
        return settings.renew?.(rig) ?? assert.fail('nothing to renew');
      },
      events: {
        connected(place) {
          listener.release();
          tell('connected')(place);
        },
        away(why) {
          listener.hold();
          tell('away')(why.code);
        },
        expiring: tell('expiring'),
        renewed: tell('renewed'),
        renewalFailed: tell('renewal-failed'),
        connectionFailed: tell('connection-failed'),
      },
    }),
    told,
    async until(name, nth = 1) {
      const ofThatName = (): typeof told => told.filter(([told]) => told === name);
      const [, value] = await seen(`"${name}" number ${nth}`, heard, () => ofThatName()[nth - 1]);
      return value;
    },
    ended: () => within('the end of the session', rig.session.ended),
    dial() {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      // Tests wait for the errors they expect; at a test's end open connections are reset.
      socket.on('error', () => {});
      t.after(() => socket.destroy());
      return socket;
    },
    clock,
    renewals: 0,
  };
  t.after(async () => {
    listener.close();
    await rig.session.close(0);
  });
  return rig;
}

/** Until the other side's end; leaves this side open, as node:stream/consumers does not. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await soon(socket, 'end');
  return Buffer.concat(chunks);
}

export async function relayTo(
  t: TestContext,
  respond: (socket: Socket) => void,
): Promise<ScriptedRelay> {
  const relay = await openRelay(t);
  relay.serve = carryTo(await openService(t, respond));
  return relay;
}
