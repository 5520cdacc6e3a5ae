import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { RelayEventBody } from '../../../relay/control.ts';
import { SpoolError } from '../../../relay/server/ledger.ts';
import { openSpool } from '../../../relay/server/spool.ts';
import { createTemporaryFolder } from '../../support/folders.ts';
import { newGrantId } from '../signing.ts';

const now = () => new Date('2026-11-24T10:00:00.000Z');
const gid = newGrantId();

function start(session: string): RelayEventBody {
  return {
    type: 'session.start',
    session,
    gid,
    jti: 'j',
    sub: 'github:1',
    run: 'r',
    address: '::1',
  };
}

function end(session: string): RelayEventBody {
  return {
    type: 'session.end',
    session,
    gid,
    reason: 'closed',
    bytesUp: 1,
    bytesDown: 2,
    connections: 3,
  };
}

test('events are numbered without a hole, also when many are appended at once', async () => {
  await using folder = await createTemporaryFolder('spool');
  const spool = await openSpool(folder.path, now);
  const sessions = Array.from({ length: 50 }, (_, index) => `s${index}`);
  const events = await Promise.all(sessions.map((session) => spool.append(start(session))));
  assert.deepEqual(
    events.map((event) => event.n),
    sessions.map((_, index) => index + 1),
  );
  assert.deepEqual(spool.pending(0, 1000), events);
  assert.deepEqual(
    spool.pending(48, 1000).map((event) => event.n),
    [49, 50],
  );
  assert.deepEqual(
    spool.pending(10, 2).map((event) => event.n),
    [11, 12],
  );
  await spool.close();
});

test('what is not acknowledged is there after a restart, what is acknowledged is not', async () => {
  await using folder = await createTemporaryFolder('spool');
  const first = await openSpool(folder.path, now);
  await first.append(start('one'));
  await first.append(end('one'));
  await first.append(start('two'));
  await first.append(end('two'));
  assert.equal(first.acknowledge(3), true);
  await first.close();
  const second = await openSpool(folder.path, now);
  assert.deepEqual(
    second.pending(0, 10).map((event) => event.n),
    [4],
  );
  assert.equal((await second.append(start('three'))).n, 5);
  await second.close();
});

test('a session that nobody saw end is ended once, with its last figures', async () => {
  await using folder = await createTemporaryFolder('spool');
  const first = await openSpool(folder.path, now);
  await first.append(start('one'));
  await first.checkpoint([{ session: 'one', bytesUp: 10, bytesDown: 20, connections: 2 }]);
  await first.checkpoint([{ session: 'one', bytesUp: 11, bytesDown: 22, connections: 2 }]);
  first.acknowledge(1);
  await first.close();
  const second = await openSpool(folder.path, now);
  assert.deepEqual(second.pending(0, 10), [
    {
      n: 2,
      at: now().toISOString(),
      type: 'session.end',
      session: 'one',
      gid,
      reason: 'relay-restart',
      bytesUp: 11,
      bytesDown: 22,
      connections: 2,
      inferred: true,
    },
  ]);
  await second.close();
  const third = await openSpool(folder.path, now);
  assert.equal(third.pendingCount(), 1);
  await third.close();
});

test('a file that has grown is written anew, and loses neither open sessions nor their figures', async () => {
  await using folder = await createTemporaryFolder('spool');
  const spool = await openSpool(folder.path, now);
  await spool.append(start('open'));
  await spool.checkpoint([{ session: 'open', bytesUp: 7, bytesDown: 8, connections: 9 }]);
  for (let index = 0; index < 60; index += 1) {
    const names = Array.from({ length: 100 }, (_, inner) => `${index}-${inner}`);
    await Promise.all(
      names.flatMap((name) => [spool.append(start(name)), spool.append(end(name))]),
    );
  }
  const before = (await readFile(folder.at('events.jsonl'))).length;
  spool.acknowledge(12_000);
  await spool.append(start('late'));
  await spool.flush();
  const after = (await readFile(folder.at('events.jsonl'))).length;
  assert.ok(before > 1024 * 1024 && after < before / 100, `${before} → ${after}`);
  await spool.close();

  const again = await openSpool(folder.path, now);
  const events = again.pending(0, 10);
  assert.deepEqual(
    events.map((event) => [event.n, event.type]),
    [
      [12_001, 'session.end'],
      [12_002, 'session.start'],
      [12_003, 'session.end'],
      [12_004, 'session.end'],
    ],
  );
  const lost = events.find((event) => event.type === 'session.end' && event.session === 'open');
  assert.ok(lost?.type === 'session.end' && lost.bytesUp === 7 && lost.connections === 9);
  await again.close();
});

test('a line that a crash tore off is cut away; a line that somebody touched stops the start', async () => {
  await using folder = await createTemporaryFolder('spool');
  const spool = await openSpool(folder.path, now);
  await spool.append(start('one'));
  await spool.close();
  const path = folder.at('events.jsonl');
  const whole = await readFile(path, 'utf8');

  await writeFile(path, `${whole}{"n":2,"ty`);
  const torn = await openSpool(folder.path, now);
  assert.equal(torn.pendingCount(), 2);
  await torn.close();

  for (const line of [
    'nonsense',
    '{"n":1,"type":"session.start"}',
    '{"type":"acknowledged","n":"x"}',
  ]) {
    await writeFile(path, `${whole}${line}\n${whole}`);
    await assert.rejects(openSpool(folder.path, now), (error) => {
      return error instanceof SpoolError && error.message.startsWith(`${path}:2 `);
    });
  }
});

test('a number that comes twice in the file stops the start', async () => {
  await using folder = await createTemporaryFolder('spool');
  const spool = await openSpool(folder.path, now);
  await spool.append(start('one'));
  await spool.close();
  const path = folder.at('events.jsonl');
  const whole = await readFile(path, 'utf8');
  await writeFile(path, `${whole}${whole}`);
  await assert.rejects(openSpool(folder.path, now), SpoolError);
});
