import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { openOperator, type OperatorAnswer, type OperatorCommand } from '../../../bot/operator.ts';
import { openStore } from '../../../bot/store/store.ts';
import { botSettings } from '../../../bot/settings.ts';
import { keepCredentials } from '../../../bot/setup/credentials.ts';
import { openKeys } from '../../../bot/tokens/keys.ts';
import { readSettings } from '../../../relay/settings.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../support/folders.ts';

const root = new URL('../../../', import.meta.url);
const program = fileURLToPath(new URL('bot/cli/sallyportd.js', root));
const grant = 'g_abcdefghijklmnopqrstuvwxyz';

const live = {
  id: grant,
  grantee: 'dana',
  resource: 'resource:payments/payments-db',
  role: 'reader',
  until: '2026-11-26T18:15:00.000Z',
  isClaimed: true,
  sessions: 2,
  issue: 'https://github.com/acme/access/issues/7',
};

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the program; a last argument that is no word is added to its environment. */
function sallyportd(...args: (string | NodeJS.ProcessEnv)[]): Promise<Run> {
  const words = args.filter((each) => typeof each === 'string');
  const added = args.filter((each) => typeof each !== 'string');
  const env = Object.assign({}, process.env, ...added) as NodeJS.ProcessEnv;
  return new Promise((done) => {
    const child = execFile(process.execPath, [program, ...words], { env }, (_error, out, err) =>
      done({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

async function botThatAnswers(folder: TemporaryFolder, answer: OperatorAnswer) {
  const commands: OperatorCommand[] = [];
  const operator = await openOperator({
    dataFolder: folder.path,
    async perform(command) {
      commands.push(command);
      return answer;
    },
    report: (error) => assert.fail(String(error)),
  });
  return { commands, [Symbol.asyncDispose]: () => operator.close() };
}

test('a Node that is too old is told so in words, and by which exit code a service is not started again', async () => {
  const manifest = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as {
    devDependencies: { node: string };
  };
  const major = Number(manifest.devDependencies.node.split('.')[0]);
  const old = `Object.defineProperty(process, 'versions', { value: { node: '${major - 1}.9.9' } })`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(old)}`;
  const run = await sallyportd('--version', { NODE_OPTIONS });
  assert.deepEqual([run.code, run.out], [78, '']);
  assert.match(
    run.err,
    new RegExp(`needs Node ${major} or newer, and this is Node ${major - 1}\\.9`),
  );
  assert.equal((await sallyportd('--version')).code, 0);
});

test('revoke without a running bot refuses and says so', async () => {
  await using folder = await createTemporaryFolder('cli');
  const run = await sallyportd('revoke', grant, '--data', folder.path);
  assert.equal(run.code, 69);
  assert.match(run.err, /No bot is running/);
  assert.match(run.err, /Nothing was revoked/);
  assert.equal(run.out, '');
});

test('revoke names the relays that confirmed and those that did not', async () => {
  await using folder = await createTemporaryFolder('cli');
  await using bot = await botThatAnswers(folder, {
    kind: 'revoked',
    confirmed: [{ relay: 'eu-1', sessions: 1, ms: 12.4 }],
    unconfirmed: ['us-1'],
  });
  const words = ['revoke', grant, 'left', 'the company', '--data', folder.path];
  const run = await sallyportd(...words);
  assert.equal(run.code, 2);
  assert.match(run.out, /eu-1: 1 session cut, confirmed after 12 ms/);
  assert.match(run.err, /us-1: not confirmed/);
  assert.deepEqual(bot.commands, [{ command: 'revoke', grant, reason: 'left the company' }]);
});

test('revoke of a grant that does not exist is refused', async () => {
  await using folder = await createTemporaryFolder('cli');
  await using _bot = await botThatAnswers(folder, { kind: 'unknown-grant' });
  const run = await sallyportd('revoke', grant, '--data', folder.path);
  assert.equal(run.code, 1);
  assert.match(run.err, /There is no grant/);
});

test('grants lists what is live, each with the name that revoke takes, and what a terminal would take for an order is shown', async () => {
  await using folder = await createTemporaryFolder('cli');
  const waits = { ...live, grantee: 'o\u001b[31m', isClaimed: false, sessions: 0 };
  const grants = [live, waits];
  await using _bot = await botThatAnswers(folder, { kind: 'grants', grants, more: 3 });
  const run = await sallyportd('grants', '--data', folder.path);
  assert.deepEqual([run.code, run.err], [0, '']);
  const [head, first, second, more] = run.out.split('\n');
  assert.match(head ?? '', /^GRANT +OF +RESOURCE +ROLE +ENDS +SESSIONS +ISSUE$/);
  const resource = 'resource:payments/payments-db  reader';
  const { issue } = live;
  assert.equal(
    first?.replace(/ {3,}/g, '  '),
    `${grant}  dana  ${resource}  2026-11-26T18:15Z  2  ${issue}`,
  );
  assert.match(second ?? '', /  o \[31m  .*  claim by 2026-11-26T18:15Z  0  /);
  assert.equal(more, 'and 3 more that end later');
});

test('whoever reads only the first lines of a list gets no fault of ours', async () => {
  await using folder = await createTemporaryFolder('cli');
  const grants = Array.from({ length: 2_000 }, () => live);
  await using _bot = await botThatAnswers(folder, { kind: 'grants', grants, more: 0 });
  const child = spawn(process.execPath, [program, 'grants', '--data', folder.path]);
  child.stdout.once('data', () => child.stdout.destroy());
  const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  assert.deepEqual([code, err], [0, '']);
});

test('grants says so where nothing is live, and where no bot runs', async () => {
  await using folder = await createTemporaryFolder('cli');
  const alone = await sallyportd('grants', '--data', folder.path);
  assert.equal(alone.code, 69);
  assert.match(alone.err, /No bot is running/);
  await using _bot = await botThatAnswers(folder, { kind: 'grants', grants: [], more: 0 });
  const run = await sallyportd('grants', '--data', folder.path);
  assert.deepEqual([run.code, run.out], [0, 'No grant is live.\n']);
});

test('revoke without --data asks the settings, and says which file it missed', async () => {
  await using folder = await createTemporaryFolder('cli');
  const run = await sallyportd('revoke', grant, { SALLYPORT_CONFIG: folder.at('missing.yml') });
  assert.equal(run.code, 78);
  assert.match(run.err, /missing\.yml/);
  assert.match(run.err, /--data FOLDER/);
});

test("keys control prints the line that pins this bot's control key, the same every time", async () => {
  await using folder = await createTemporaryFolder('cli');
  const first = await sallyportd('keys', 'control', '--data', folder.path);
  const again = await sallyportd('keys', 'control', '--data', folder.path);
  assert.equal(first.code, 0);
  assert.equal(again.out, first.out);
  const keys = await openKeys(folder.at('keys'), new Date());
  assert.equal(first.out, `control-key: ${keys.controlPin()}\n`);
});

test('keys control stops at a key that others can read, and says how to mend it', async () => {
  await using folder = await createTemporaryFolder('cli');
  await mkdir(folder.at('keys'), { mode: 0o700 });
  await writeFile(folder.at('keys', 'control.pem'), '', { mode: 0o600 });
  await chmod(folder.at('keys', 'control.pem'), 0o644);
  const run = await sallyportd('keys', 'control', '--data', folder.path);
  assert.equal(run.code, 78);
  assert.match(run.err, /chmod 600 .*control\.pem/);
});

test('relay init prints an entry for bot.yml that is refused until name and url are put in', async () => {
  await using folder = await createTemporaryFolder('cli');
  const { code, out } = await sallyportd('relay', 'init', '--data', folder.at('relay'));
  assert.equal(code, 0);
  const faultsIn = (text: string) => {
    const reading = readSettings({ text }, botSettings);
    return reading.kind === 'valid' ? [] : reading.faults.map(({ path }) => path);
  };
  const about = (text: string) => faultsIn(text).filter((path) => path.startsWith('relays'));
  assert.deepEqual(about(out), ['relays[0].name', 'relays[0].url']);
  const filled = out
    .replace('name: <name>', 'name: eu-1')
    .replace('url: <url>', 'url: https://eu-1.acme.dev');
  assert.deepEqual(about(filled), []);
});

test('a backup is made and restored on the command line, and each says what comes of it', async () => {
  await using folder = await createTemporaryFolder('cli');
  const data = folder.at('data');
  await openKeys(folder.at('data', 'keys'), new Date());
  await (await openStore(folder.at('data', 'sallyport.db')))[Symbol.asyncDispose]();
  await keepCredentials(data, { appId: 7, privateKey: 'key', webhookSecret: 'x'.repeat(64) });
  const made = await sallyportd('backup', folder.at('tonight'), '--data', data);
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /sallyport\.db: requests 0, live grants 0, audit records 0/);
  assert.match(made.out, /github-app: the credentials of the GitHub App/);
  assert.match(made.out, /Not in it: the keys that sign grants, bot\.yml/);
  const again = await sallyportd('backup', folder.at('tonight'), '--data', data);
  assert.deepEqual([again.code, again.out], [1, '']);
  assert.match(again.err, /is there already.*\nNo backup was made\./);
  const over = await sallyportd('restore', folder.at('tonight'), '--data', data);
  assert.deepEqual([over.code, over.out], [1, '']);
  assert.match(over.err, /has a database already[^]*Nothing was restored\./);
  const other = folder.at('other');
  const restored = await sallyportd('restore', folder.at('tonight'), '--data', other);
  assert.equal(restored.code, 0, restored.err);
  assert.match(restored.out, /relays cut every session of before/);
  assert.match(restored.out, /Make sure that no other bot of this installation runs\./);
  assert.equal(restored.err, '');
});

test('a restore without a control key says that the relays have to pin another', async () => {
  await using folder = await createTemporaryFolder('cli');
  await (await openStore(folder.at('alone.db')))[Symbol.asyncDispose]();
  const run = await sallyportd('restore', folder.at('alone.db'), '--data', folder.at('data'));
  assert.equal(run.code, 0);
  assert.match(run.err, /no control key[^]*sallyportd keys control/);
  assert.match(run.err, /no credentials of a GitHub App[^]*a second App/);
});

test('restore refuses while a bot runs on the folder, and backup where none ever did', async () => {
  await using folder = await createTemporaryFolder('cli');
  await using _bot = await botThatAnswers(folder, { kind: 'unknown-grant' });
  await (await openStore(folder.at('alone.db')))[Symbol.asyncDispose]();
  const restored = await sallyportd('restore', folder.at('alone.db'), '--data', folder.path);
  assert.equal(restored.code, 1);
  assert.match(restored.err, /A bot is running on this data folder already/);
  const made = await sallyportd('backup', folder.at('tonight'), '--data', folder.at('nobody'));
  assert.equal(made.code, 1);
  assert.match(made.err, /the bot has never run/);
  const nothing = await sallyportd('restore', folder.at('nothing'), '--data', folder.at('new'));
  assert.equal(nothing.code, 1);
  assert.match(nothing.err, /There is no .*nothing/);
});

test('the program says its version, and the list of commands says how to ask for it', async () => {
  const { version } = JSON.parse(
    await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  assert.deepEqual(await sallyportd('--version'), { code: 0, out: `${version}\n`, err: '' });
  const help = await sallyportd('help');
  assert.equal(help.code, 0);
  assert.match(help.out, /^ +sallyportd --version/m);
});

test('an unknown command is refused with the list of commands', async () => {
  const run = await sallyportd('revoek', grant);
  assert.equal(run.code, 64);
  assert.match(run.err, /no command "revoek"/);
  for (const name of ['bot', 'relay', 'keys', 'policy', 'grants', 'revoke', 'backup', 'restore']) {
    assert.match(run.err, new RegExp(`^  ${name} `, 'm'));
  }
});

const notUnderstood = [
  [],
  ['revoke'],
  ['keys'],
  ['keys', 'grants'],
  ['revoke', grant, '--forse'],
  ['grants', 'dana'],
  ['backup'],
  ['backup', 'one', 'two'],
  ['restore'],
  ['restore', 'one', 'two'],
  ['policy'],
];
for (const words of notUnderstood) {
  test(`words that are not understood do nothing and exit with 64: ${words.join(' ') || 'none'}`, async () => {
    const run = await sallyportd(...words);
    assert.equal(run.code, 64);
    assert.match(run.err, /Usage: sallyportd/);
    assert.equal(run.out, '');
  });
}

for (const name of ['bot', 'relay', 'keys', 'policy', 'grants', 'revoke', 'backup', 'restore']) {
  test(`${name} --help explains itself and starts nothing`, async () => {
    const run = await sallyportd(name, '--help');
    assert.equal(run.code, 0);
    assert.match(run.out, new RegExp(`^Usage: sallyportd ${name}`));
    assert.equal(run.err, '');
  });
}

for (const [name, settings] of [
  ['bot', 'url: http://bot\nlistne: {}\ngithub: { app-id: none }\n'],
  ['relay', 'name: EU\nbot: { control-key: short }\nnamespaces: {}\n'],
] as const) {
  test(`${name} with wrong settings starts nothing and lists every fault with its line`, async () => {
    await using folder = await createTemporaryFolder('cli');
    const file = folder.at('settings.yml');
    await writeFile(file, settings);
    const words = name === 'relay' ? ['relay', '--config', file] : ['bot'];
    const run = await sallyportd(...words, { SALLYPORT_CONFIG: file });
    assert.equal(run.code, 78);
    const faults = run.err.split('\n').filter((line) => /settings\.yml:\d+:\d+ \S+: \S/.test(line));
    assert.ok(faults.length > 4, run.err);
    assert.ok(run.err.startsWith(`The ${name} cannot start. Mend this and start it again:\n`));
    assert.equal(run.out, '');
  });
}
