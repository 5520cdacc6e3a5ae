// The program as a person runs it: a process, a browser, a port, an exit status.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { openTerminal, eventsIn, type Terminal } from './terminal.ts';
import { authority, openService } from './scripted.ts';
import { openHost, type ScriptedHost } from './scripted-host.ts';
import { carryTo, openRelay, type ScriptedRelay } from './scripted-relay.ts';
import { soon, textFrom } from './soon.ts';

interface Scene {
  host: ScriptedHost;
  relay: ScriptedRelay;
  terminal: Terminal;
}

/** A host, a relay with an echo behind it, and a terminal whose person trusts the host. */
async function openScene(t: TestContext): Promise<Scene> {
  const [host, relay] = await Promise.all([openHost(t), openRelay(t)]);
  relay.serve = carryTo(await openService(t, (socket) => socket.pipe(socket)));
  host.script.relays = [{ url: relay.url, ca: (await authority).caPem }];
  return { host, relay, terminal: await openTerminal(t, host) };
}

test('the pasted line signs in, shows who, what, until when and the line for psql, and carries bytes', async (t) => {
  const { host, relay, terminal } = await openScene(t);
  const run = terminal.run();
  const [, port] = await run.untilErr(/paste {4}psql "host=127\.0\.0\.1 port=(\d+)"/);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('select 1');
  assert.equal(await textFrom(socket), 'select 1');
  socket.end();
  await soon(socket, 'close');
  const tunnel = await relay.tunnel(0);
  const goodbye = soon(tunnel.socket, 'close');
  run.child.kill('SIGINT');
  assert.equal(await run.ended, 0);
  assert.equal((await goodbye)[0], 1000);

  assert.equal(run.out, '', 'standard output is for programs');
  assert.match(run.err, /Sign in to localhost:\d+\.\nA page opens in your browser/);
  assert.match(run.err, new RegExp(`\\n  ${host.origin}/claim/authorize\\?\\S+\\n`));
  assert.match(
    run.err,
    /Approve there only if the page shows [A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}\./,
  );
  assert.match(run.err, /resource:payments\/payments-db as reader, for dana\nuntil .* left\)/);
  assert.match(run.err, /Session closed\. 1 connection, 8 B sent, 8 B received\.\n$/);
  const [form] = host.asked;
  assert.equal(form?.get('grant_type'), 'authorization_code');
  assert.equal(form?.get('code'), 'c0de');
});

test('--json tells the same story as one object a line', async (t) => {
  const { terminal, relay } = await openScene(t);
  const run = terminal.run(['--json']);
  const ready = await run.untilEvent('ready');
  assert.deepEqual(Object.keys(ready), ['event', 'host', 'port', 'line', 'relay', 'session']);
  assert.equal(ready['relay'], relay.url);
  (await relay.tunnel(0)).notice({ kind: 'expiring', inSeconds: 60 });
  await run.untilEvent('expiring');
  (await relay.tunnel(0)).notice({ kind: 'ended', reason: 'revoked' });
  const ended = await run.untilEvent('ended');
  assert.equal(ended['reason'], 'revoked');
  assert.equal(ended['status'], 81);
  assert.match(String(ended['next']), /https:\/\/github\.example\/acme\/it\/issues\/1/);
  assert.equal(await run.ended, 81);
  const names = eventsIn(run.out).map(({ event }) => event);
  assert.deepEqual(names, ['sign-in', 'granted', 'ready', 'expiring', 'ended']);
  assert.doesNotMatch(run.out + run.err, /eyJ/, 'a token was printed');
});

test("--exec exits with the command's status, with PGHOST and PGPORT set and its output alone on standard output", async (t) => {
  const { terminal } = await openScene(t);
  const script =
    `const s = require('net').connect(process.env.PGPORT, process.env.PGHOST);` +
    `s.on('data', (d) => { console.log(String(d)); process.exit(7); }).write('hello');`;
  const run = terminal.run(['--exec', process.execPath, '-e', script]);
  assert.equal(await run.ended, 7);
  assert.equal(run.out, 'hello\n');
});

test('--exec: what the person has set for psql does not lead it to another database', async (t) => {
  const { terminal } = await openScene(t);
  // libpq prefers PGHOSTADDR to PGHOST.
  const elsewhere = { PGHOST: 'db.example', PGHOSTADDR: '192.0.2.1', PGPORT: '5432' };
  Object.assign(terminal.environment, elsewhere, { PGUSER: 'dana' });
  const script = `const { PGHOST, PGHOSTADDR, PGPORT, SALLYPORT_PORT, PGUSER } = process.env;
    console.log(JSON.stringify({ PGHOST, PGHOSTADDR, own: PGPORT === SALLYPORT_PORT, PGUSER }));`;
  const run = terminal.run(['--exec', process.execPath, '-e', script]);
  assert.equal(await run.ended, 0);
  const local = { PGHOST: '127.0.0.1', PGHOSTADDR: '127.0.0.1', own: true };
  assert.deepEqual(JSON.parse(run.out), { ...local, PGUSER: 'dana' });
});

test('--exec passes SIGTERM on and reports the signal as the shell does', async (t) => {
  const { terminal } = await openScene(t);
  const script = `console.log('up'); setInterval(() => {}, 1000);`;
  const run = terminal.run(['--exec', process.execPath, '-e', script]);
  await soon(run.child.stdout ?? assert.fail(), 'data');
  run.child.kill('SIGTERM');
  assert.equal(await run.ended, 143);
});

test('--exec of a command that is not there exits with 127', async (t) => {
  const { terminal } = await openScene(t);
  const run = terminal.run(['--exec', 'no-such-command-anywhere']);
  assert.equal(await run.ended, 127);
  assert.match(run.err, /The command no-such-command-anywhere was not found\./);
});

test('--exec outlives the grant: the end is told, the command is left to notice', async (t) => {
  const { terminal, relay } = await openScene(t);
  const script = `process.stdin.on('end', () => process.exit(3)).resume(); console.log('up');`;
  const run = terminal.run(['--exec', process.execPath, '-e', script]);
  await soon(run.child.stdout ?? assert.fail(), 'data');
  (await relay.tunnel(0)).notice({ kind: 'ended', reason: 'expired' });
  await run.untilErr(/The grant has ended\./);
  run.child.stdin?.end();
  assert.equal(await run.ended, 3);
});

test('--socket serves the same on a Unix socket', async (t) => {
  const { terminal } = await openScene(t);
  const path = terminal.folder.at('private', '.s.PGSQL.5432');
  const run = terminal.run(['--socket', path, '--json']);
  const ready = await run.untilEvent('ready');
  assert.equal(ready['socket'], path);
  assert.equal(ready['line'], `psql -h ${terminal.folder.at('private')} -p 5432`);
  const socket = connect(path);
  socket.write('hi');
  assert.equal(await textFrom(socket), 'hi');
  run.child.kill('SIGTERM');
  assert.equal(await run.ended, 0);
});

test('without a terminal an unknown host is refused before anything is sent to it', async (t) => {
  const { host } = await openScene(t);
  const terminal = await openTerminal(t, host, { trusted: false });
  const run = terminal.run();
  assert.equal(await run.ended, 77);
  assert.match(run.err, /is not among your trusted hosts/);
  assert.equal(host.connections, 0);
});

test('a host whose certificate another authority signed is refused, though the person trusts its name', async (t) => {
  const { host } = await openScene(t);
  const terminal = await openTerminal(t, host);
  delete terminal.environment['SALLYPORT_CA'];
  const known = JSON.stringify({ version: 1, hosts: { [host.origin]: {} } });
  await writeFile(terminal.folder.at('hosts.json'), known);
  const run = terminal.run();
  assert.equal(await run.ended, 77);
  assert.match(run.err, /certificate of localhost:\d+ cannot be verified/);
});

test('NODE_TLS_REJECT_UNAUTHORIZED=0 stops the program', async (t) => {
  const { terminal } = await openScene(t);
  terminal.environment['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  const run = terminal.run();
  assert.equal(await run.ended, 78);
});

test('an interrupt before anybody signed in ends with 130', async (t) => {
  const { terminal } = await openScene(t);
  terminal.environment['BROWSER'] = '/bin/true';
  const run = terminal.run();
  await run.untilErr(/Approve there only/);
  run.child.kill('SIGINT');
  assert.equal(await run.ended, 130);
});

test('a claim that is refused says so in our words, in those of a stranger only made visible', async (t) => {
  const { host, terminal } = await openScene(t);
  const refuseWith = (error: string) => (parameters: URLSearchParams) => {
    parameters.delete('code');
    parameters.set('error', error);
  };
  host.script.redirect = refuseWith('not_grantee');
  const known = terminal.run();
  assert.equal(await known.ended, 77);
  assert.match(known.err, /This grant is not yours\.\n +Ask for access yourself/);

  host.script.redirect = refuseWith('\u001b[2J');
  const unknown = terminal.run();
  assert.equal(await unknown.ended, 77);
  assert.match(unknown.err, /The host refused: \\u\{1b\}\[2J/);
  assert.equal(host.asked.length, 0);
});
