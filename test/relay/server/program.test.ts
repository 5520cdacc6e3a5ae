import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import { createAuthority } from '../../support/certificates.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/folders.ts';
import { reservePort } from '../../support/ports.ts';
import { startProcess, type RunningProcess } from '../../support/processes.ts';
import { within } from '../../support/within.ts';
import { generateSessionKey } from '../../../relay/proof.ts';
import { grantClaims, grantToken } from '../signing.ts';
import { relayUrl, target } from './fixture.ts';
import { startScriptedBot, type ScriptedBot } from './scripted-bot.ts';
import { overAt, startService } from './service.ts';
import { enter } from './tunnel-client.ts';

const program = new URL('../../../bot/cli/sallyportd.ts', import.meta.url).pathname;

/** The relay as an operator runs it: `sallyportd relay`, its own process, its settings in a file. */
async function runRelay(folder: TemporaryFolder): Promise<RunningProcess> {
  const relay = await startProcess({
    name: 'relay',
    command: process.execPath,
    args: [program, 'relay', '--config', folder.at('relay.yml')],
  });
  await relay.line((line) => (line.includes('"msg":"ready"') ? true : undefined));
  return relay;
}

async function makeKey(folder: TemporaryFolder): Promise<string> {
  await using init = await startProcess({
    name: 'relay init',
    command: process.execPath,
    args: [program, 'relay', 'init', '--data', folder.at('data')],
  });
  return await init.line((line) => /\bkey: (\S+)/.exec(line)?.[1]);
}

interface Place {
  readonly folder: TemporaryFolder;
  readonly port: number;
  readonly servicePort: number;
  readonly bot: ScriptedBot;
  readonly ca: string;
}

async function writeSettings(
  { folder, port, servicePort, bot, ca }: Place,
  certificate: { cert: string; key: string },
): Promise<void> {
  await writeFile(folder.at('cert.pem'), certificate.cert);
  await writeFile(folder.at('key.pem'), certificate.key, { mode: 0o600 });
  await writeFile(folder.at('ca.pem'), ca);
  const lines = [
    'name: eu-1',
    `url: ${relayUrl}`,
    `listen: { host: 127.0.0.1, port: ${port}, tls: { cert: cert.pem, key: key.pem } }`,
    'data: data',
    `bot: { url: "${bot.url}", control-key: ${bot.control.pin}, ca: ca.pem }`,
    `namespaces: { payments: { dial: { "${target}": "127.0.0.1:${servicePort}" } } }`,
    'limits: { checkpoint-seconds: 1, drain-seconds: 0 }',
  ];
  await writeFile(folder.at('relay.yml'), `${lines.join('\n')}\n`);
}

test('a relay that was killed reports the sessions it lost, once, with the last figures it wrote down', async () => {
  await using folder = await createTemporaryFolder('killed-relay');
  await using service = await startService();
  const authority = await createAuthority();
  const pin = await makeKey(folder);
  await using bot = await startScriptedBot(authority, { name: 'eu-1', pin });
  const port = await reservePort();
  const place = { folder, port, servicePort: service.port, bot, ca: authority.caPem };
  await writeSettings(place, await authority.issue(['127.0.0.1']));
  const key = await generateSessionKey();
  const claims = { iss: bot.url, aud: [relayUrl], target, cnf: { jkt: key.jkt } };
  const token = await grantToken(grantClaims(Date.now(), claims), bot.grants);

  const first = await runRelay(folder);
  const tunnel = await enter({ port, url: relayUrl, ca: authority.caPem, token, key });
  const { session } = await tunnel.notice('ready');
  await tunnel.open(1);
  tunnel.send({ kind: 'data', stream: 1, payload: Buffer.from('ten bytes!') });
  await tunnel.bytes(1, 10);
  await bot.event('session.start', session);
  await checkpointOf(folder.at('data', 'events.jsonl'), session);
  const over = overAt(await service.socket());
  await first.kill();
  await over;
  await tunnel.closed();
  assert.equal(bot.events().filter((event) => event.type === 'session.end').length, 0);

  // A crash in the middle of a line must not cost the file.
  const text = await readFile(folder.at('data', 'events.jsonl'), 'utf8');
  await writeFile(folder.at('data', 'events.jsonl'), `${text}{"n":99,"type":"session.st`);
  const eventsAck = Math.max(...bot.events().map((event) => event.n));
  Object.assign(bot.snapshot, { eventsAck });
  const second = await runRelay(folder);
  const end = await bot.event('session.end', session);
  assert.deepEqual(
    {
      reason: end.reason,
      inferred: end.inferred,
      up: end.bytesUp,
      down: end.bytesDown,
      connections: end.connections,
    },
    { reason: 'relay-restart', inferred: true, up: 10, down: 10, connections: 1 },
  );
  assert.equal(end.n, eventsAck + 1);
  await second.stop();

  Object.assign(bot.snapshot, { eventsAck: end.n });
  await using third = await runRelay(folder);
  await bot.until('a third hello', (message): message is typeof message => {
    return message.type === 'hello' && bot.connections() === 3;
  });
  assert.equal(bot.events().filter((event) => event.type === 'session.end').length, 1);
  assert.deepEqual(await third.stop(), { code: 0, signal: null });
});

test('a relay with wrong settings names every fault with its line, and does not start', async () => {
  await using folder = await createTemporaryFolder('faulty-relay');
  await writeFile(
    folder.at('relay.yml'),
    [
      'name: EU 1',
      'url: http://relay.acme.test',
      'listen: { port: 70000, tls: { cert: none.pem, key: "${RELAY_KEY_FILE}" } }',
      'data: data',
      'bot: { url: https://sallyport.acme.test, control-key: short }',
      'namespaces: { payments: { allow: ["127.1:5432", "10.20.0.0/16"] } }',
      'limits: { max-sessions: many, max-session: 3 }',
    ].join('\n'),
  );
  await using relay = await startProcess({
    name: 'relay',
    command: process.execPath,
    args: [program, 'relay', '--config', folder.at('relay.yml')],
  });
  assert.equal((await relay.exited).code, 78);
  const output = relay.output('stderr');
  const faults: readonly (readonly [number, string, RegExp])[] = [
    [1, 'name', /lower-case/],
    [2, 'url', /https/],
    [3, 'listen.port', /0 to 65535/],
    [3, 'listen.tls.cert', /none\.pem does not exist/],
    [3, 'listen.tls.key', /RELAY_KEY_FILE is not set/],
    [5, 'bot.control-key', /sallyportd keys control/],
    [6, 'namespaces.payments.allow.0', /host:port/],
    [6, 'namespaces.payments.allow.1', /range:port/],
    [7, 'limits.max-sessions', /whole number from 1/],
    [7, 'limits.max-session', /no such setting/],
  ];
  for (const [line, path, words] of faults) {
    const fault = output.split('\n').find((text) => text.includes(` ${path}: `)) ?? output;
    assert.match(fault, new RegExp(`relay\\.yml:${line}:\\d+ ${path}: `));
    assert.match(fault, words);
  }
});

test('a relay without a key, or with one that others can read, does not start and says what to do', async () => {
  await using folder = await createTemporaryFolder('keyless-relay');
  await using bot = await startScriptedBot(await createAuthority(), {
    name: 'eu-1',
    pin: 'A'.repeat(43),
  });
  const authority = await createAuthority();
  const place = { folder, port: 0, servicePort: 1, bot, ca: authority.caPem };
  await writeSettings(place, await authority.issue(['127.0.0.1']));
  const run = () =>
    startProcess({
      name: 'relay',
      command: process.execPath,
      args: [program, 'relay', '--config', folder.at('relay.yml')],
    });
  await using keyless = await run();
  assert.equal((await keyless.exited).code, 78);
  assert.match(keyless.output('stderr'), /sallyportd relay init --data/);

  await makeKey(folder);
  await chmod(folder.at('data', 'relay.pem'), 0o644);
  await using readable = await run();
  assert.equal((await readable.exited).code, 78);
  assert.match(readable.output('stderr'), /can be read by others/);
});

test('a second signal does not wait for the clients', async () => {
  await using folder = await createTemporaryFolder('hurried-relay');
  await using service = await startService();
  const authority = await createAuthority();
  await using bot = await startScriptedBot(authority, { name: 'eu-1', pin: await makeKey(folder) });
  const port = await reservePort();
  const place = { folder, port, servicePort: service.port, bot, ca: authority.caPem };
  await writeSettings(place, await authority.issue(['127.0.0.1']));
  const settings = await readFile(folder.at('relay.yml'), 'utf8');
  await writeFile(
    folder.at('relay.yml'),
    settings.replace('drain-seconds: 0', 'drain-seconds: 600'),
  );
  await using relay = await runRelay(folder);
  const key = await generateSessionKey();
  const claims = { iss: bot.url, aud: [relayUrl], target, cnf: { jkt: key.jkt } };
  const token = await grantToken(grantClaims(Date.now(), claims), bot.grants);
  const tunnel = await enter({ port, url: relayUrl, ca: authority.caPem, token, key });
  await tunnel.notice('ready');
  relay.signal('SIGTERM');
  await tunnel.notice('draining');
  const refused = connectTcp({ host: '127.0.0.1', port });
  await within(
    3000,
    'no new socket is taken',
    new Promise((resolve) => refused.on('error', resolve)),
  );
  relay.signal('SIGTERM');
  assert.equal(await tunnel.ended(), 'shutdown');
  assert.equal((await relay.exited).code, 0);
});

/** Resolves when the file has a line with the session's figures. */
async function checkpointOf(path: string, session: string): Promise<void> {
  const isThere = async () =>
    (await readFile(path, 'utf8')).includes(
      `"checkpoint","figures":[{"session":"${session}","bytesUp":10`,
    );
  const found = Promise.withResolvers<void>();
  const watcher = watch(path, () => void isThere().then((is) => is && found.resolve()));
  if (await isThere()) found.resolve();
  await within(5000, 'a checkpoint', found.promise).finally(() => watcher.close());
}
