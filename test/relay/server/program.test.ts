import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
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
import { enter, type Tunnel } from './tunnel-client.ts';

const program = new URL('../../../bot/cli/sallyportd.ts', import.meta.url).pathname;

/** The relay as an operator runs it: `sallyportd relay`, its own process, its settings in a file. */
function startRelay(folder: TemporaryFolder, settings = 'relay.yml'): Promise<RunningProcess> {
  return startProcess({
    name: 'relay',
    command: process.execPath,
    args: [program, 'relay', '--config', folder.at(settings)],
  });
}

async function runRelay(folder: TemporaryFolder): Promise<RunningProcess> {
  const relay = await startRelay(folder);
  await relay.line((line) => (line.includes('"msg":"ready"') ? true : undefined));
  return relay;
}

/** What a relay that will not start tells the operator. */
async function faultsOf(relay: RunningProcess): Promise<string> {
  const { code } = await within('the relay gives up', relay.exited);
  assert.equal(code, 78);
  return relay.output('stderr');
}

async function makeKey(folder: TemporaryFolder): Promise<string> {
  await using init = await startProcess({
    name: 'relay init',
    command: process.execPath,
    args: [program, 'relay', 'init', '--data', folder.at('data')],
  });
  return await init.line((line) => /\bkey: (\S+)/.exec(line)?.[1]);
}

interface Place extends AsyncDisposable {
  readonly bot: ScriptedBot;
  readonly port: number;
  /** Somebody with a grant comes in. */
  enter(): Promise<Tunnel>;
}

/** A folder with all that a relay needs to run, and the bot that it listens to. */
async function prepare(
  folder: TemporaryFolder,
  options: { readonly servicePort?: number; readonly drainSeconds?: number } = {},
): Promise<Place> {
  const { servicePort = 1, drainSeconds = 0 } = options;
  const authority = await createAuthority();
  const { caPem: ca } = authority;
  const bot = await startScriptedBot(authority, { name: 'eu-1', pin: await makeKey(folder) });
  const port = await reservePort();
  const certificate = await authority.issue(['127.0.0.1']);
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
    `limits: { checkpoint-seconds: 1, drain-seconds: ${drainSeconds} }`,
  ];
  await writeFile(folder.at('relay.yml'), `${lines.join('\n')}\n`);
  const key = await generateSessionKey();
  const claims = { iss: bot.url, aud: [relayUrl], target, cnf: { jkt: key.jkt } };
  return {
    bot,
    port,
    async enter() {
      const token = await grantToken(grantClaims(Date.now(), claims), bot.grants);
      return enter({ port, url: relayUrl, ca, token, key });
    },
    [Symbol.asyncDispose]: () => bot[Symbol.asyncDispose](),
  };
}

test('a relay that was killed reports the sessions it lost, once, with the last figures it wrote down', async () => {
  await using folder = await createTemporaryFolder('killed-relay');
  await using service = await startService();
  await using place = await prepare(folder, { servicePort: service.port });
  const { bot } = place;

  const first = await runRelay(folder);
  const tunnel = await place.enter();
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
  await using relay = await startRelay(folder);
  const output = await faultsOf(relay);
  const faults: readonly (readonly [number, string, RegExp])[] = [
    [1, 'name', /lower-case/],
    [2, 'url', /https/],
    [3, 'listen.port', /0 to 65535/],
    [3, 'listen.tls.cert', /none\.pem does not exist/],
    [3, 'listen.tls.key', /RELAY_KEY_FILE is not set/],
    [5, 'bot.control-key', /sallyportd keys control/],
    [6, 'namespaces.payments.allow[0]', /host:port/],
    [6, 'namespaces.payments.allow[1]', /range:port/],
    [7, 'limits.max-sessions', /whole number from 1/],
    [7, 'limits.max-session', /no such setting/],
  ];
  for (const [line, path, words] of faults) {
    const fault = output.split('\n').find((text) => text.includes(` ${path}: `)) ?? output;
    assert.match(fault, new RegExp(`relay\\.yml:${line}:\\d+ ${RegExp.escape(path)}: `));
    assert.match(fault, words);
  }
});

test('a relay without a key, or with one that others can read, does not start and says what to do', async () => {
  await using folder = await createTemporaryFolder('keyless-relay');
  await using _place = await prepare(folder);
  const path = folder.at('data', 'relay.pem');
  // The group is others as well.
  for (const mode of [0o604, 0o640]) {
    await chmod(path, mode);
    await using readable = await startRelay(folder);
    assert.match(await faultsOf(readable), /can be read by others/, mode.toString(8));
  }

  await rm(path);
  await using keyless = await startRelay(folder);
  assert.match(await faultsOf(keyless), /sallyportd relay init --data/);
});

test('a second start on the same folder changes nothing and says why', async () => {
  await using folder = await createTemporaryFolder('doubled-relay');
  await using place = await prepare(folder);
  place.bot.manners.acknowledges = false;
  await using first = await runRelay(folder);
  const tunnel = await place.enter();
  await tunnel.notice('ready');
  const before = await recordOf(folder);
  // A port of its own makes it no better: what they share is the record.
  const settings = await readFile(folder.at('relay.yml'), 'utf8');
  const moved = settings.replace(/port: \d+/, `port: ${await reservePort()}`);
  await writeFile(folder.at('moved.yml'), moved);
  for (const name of ['relay.yml', 'moved.yml']) {
    await using second = await startRelay(folder, name);
    assert.match(
      await faultsOf(second),
      /data is used by another relay.* Wait until it has ended, or give this one a folder/,
    );
  }
  assert.deepEqual(await recordOf(folder), before);
  assert.equal(tunnel.socket.readyState, tunnel.socket.OPEN);
  await first.stop();
  await using next = await runRelay(folder);
  assert.deepEqual(await next.stop(), { code: 0, signal: null });
});

test('a second signal does not wait for the clients', async () => {
  await using folder = await createTemporaryFolder('hurried-relay');
  await using place = await prepare(folder, { drainSeconds: 600 });
  await using relay = await runRelay(folder);
  const tunnel = await place.enter();
  await tunnel.notice('ready');
  relay.signal('SIGTERM');
  await tunnel.notice('draining');
  const refused = connectTcp({ host: '127.0.0.1', port: place.port });
  await within('no new socket is taken', new Promise((resolve) => refused.on('error', resolve)));
  relay.signal('SIGTERM');
  assert.equal(await tunnel.ended(), 'shutdown');
  assert.equal((await relay.exited).code, 0);
});

/** What has happened, without the figures that a living relay writes down as time goes by. */
async function recordOf(folder: TemporaryFolder): Promise<string[]> {
  const lines = (await readFile(folder.at('data', 'events.jsonl'), 'utf8')).split('\n');
  return lines.filter((line) => !line.includes('"checkpoint"'));
}

/** Resolves when the file has a line with the session's figures. */
async function checkpointOf(path: string, session: string): Promise<void> {
  const isThere = async () =>
    (await readFile(path, 'utf8')).includes(
      `"checkpoint","figures":[{"session":"${session}","bytesUp":10`,
    );
  const found = Promise.withResolvers<void>();
  const watcher = watch(path, () => void isThere().then((is) => is && found.resolve()));
  if (await isThere()) found.resolve();
  await within('a checkpoint', found.promise).finally(() => watcher.close());
}
