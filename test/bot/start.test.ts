import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql, type Kysely } from 'kysely';
import type { Config } from '../../bot/config.ts';
import { openLog } from '../../bot/log.ts';
import { askOperator } from '../../bot/operator.ts';
import { StartFault } from '../../bot/start-fault.ts';
import { migrations } from '../../bot/store/migrations.ts';
import { openStore } from '../../bot/store/store.ts';
import { configFor, startCompany, template, withoutGitHub, type Company } from './company.ts';

/** What a start with these settings tells the operator to mend. */
async function faultsOf(company: Company, changes?: Partial<Config>): Promise<string> {
  const error = await company.startBot(changes).then(
    () => assert.fail('the bot started'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof StartFault, String(error));
  return error.faults.join('\n');
}

async function stoppedCompany(): Promise<Company> {
  const company = await startCompany();
  await company.stopBot();
  return company;
}

/** Settings from which the relay of the policy was taken out. */
const elsewhere = [{ name: 'us-1', url: 'https://us-1.acme.dev', publicKey: '' }];

/** The same company with a bot that has read nothing yet. */
async function newCompany(): Promise<Company> {
  const company = await stoppedCompany();
  await rm(join(company.dataFolder, 'sallyport.db'));
  return company;
}

test('a faulty policy stops a first start, with every fault at its line', async () => {
  const text = template('sallyport.yml')
    .replace('approvals: 1', 'approvals: none')
    .replace('relays:', 'relais:');
  await using company = await newCompany();
  await company.github.as('olga').putFile('acme/access', 'sallyport.yml', { text });
  const told = await faultsOf(company);
  assert.match(told, /acme\/access\/sallyport\.yml:\d+:\d+ .*relais/);
  assert.match(told, /Expected a number from 1 to 10/);
});

test('a policy that names a relay which the settings do not have stops the start: nobody could connect', async () => {
  await using company = await stoppedCompany();
  assert.match(
    // It was good by the settings of before.
    await faultsOf(company, { relays: elsewhere }),
    /sallyport\.yml:\d+:\d+ namespaces\.payments\.relays\[0\]: .* no relay eu-1/,
  );
});

test('a bot that starts while the policy is faulty goes by the one that was good when it stopped, and tells the faults', async () => {
  const { log, lines } = watchedLog();
  await using company = await startCompany({ log });
  const { github } = company;
  const push = (text: string) =>
    github.as('olga').putFile('acme/access', 'sallyport.yml', { text });
  const good = template('sallyport.yml');
  await push(good.replace('max: 8h', 'max: 2h'));
  await github.settled();
  await company.asked('/connect payments-db 1h');
  await company.stopBot();
  // One that the bot never saw does not count, although it stands in the history of the file.
  await push(good);
  await push(`${good}nonsense: 1\n`);
  for (const start of ['a start', 'the next one']) {
    lines.length = 0;
    await company.startBot();
    assert.match(lines.join(''), /:\d+:\d+ .*nonsense.*the last good one stays in force/, start);
    await company.asked('/connect payments-db 2h');
    const longer = await company.openIssue();
    await github.as('dana').comment('acme/access', longer, '/connect payments-db 3h');
    await company.until(longer, /longer than the 2 h that role/);
    await company.stopBot();
  }
  await push(good);
  await company.startBot();
  await company.asked('/connect payments-db 3h');
});

test('while the policy is faulty and the good one cannot be read, the log has the faults', async () => {
  const { log, lines } = watchedLog();
  await using company = await startCompany({ log });
  const { github } = company;
  await company.stopBot();
  const text = `${template('sallyport.yml')}nonsense: 1\n`;
  await github.as('olga').putFile('acme/access', 'sallyport.yml', { text });
  const route = 'GET /repos/{owner}/{repo}/git/blobs/{file_sha}';
  github.addFault({ kind: 'answer', status: 502, route, times: 1 });
  await company.startBot();
  assert.match(lines.join(''), /nonsense.*the last good one cannot be read now/);
  await company.asked('/connect payments-db 1h');
});

test('with a descriptor file that is broken at a start the owners of before may approve, and what was given lasts', async () => {
  await using company = await startCompany();
  const { github } = company;
  const live = await company.granted('/connect payments-db 1h');
  const waits = await company.asked('/connect payments-db 1h');
  await company.stopBot();
  const text = `${template('org.yaml')}\n---\nkind: [`;
  await github.as('olga').putFile('acme/org', 'catalog-info.yaml', { text });
  await company.startBot();
  await github.as('omar').comment('acme/access', waits, '/approve');
  await company.until(waits, /is granted until/);
  await github.as('dana').comment('acme/access', live, '/status');
  await company.until(live, /\| Request \| Of/);
  assert.ok(company.botComments(live).every((body) => !body.includes(': revoked')));
});

test('a faulty policy does not replace a good one in a running bot', async () => {
  let shiftMs = 0;
  await using company = await startCompany({ now: () => new Date(Date.now() + shiftMs) });
  await company.github.as('olga').putFile('acme/access', 'sallyport.yml', { text: 'version: 2\n' });
  await company.github.settled();
  shiftMs = 60_000;
  await company.asked('/connect payments-db 1h');
});

test('a policy that is too long to be read is as faulty as any other', async () => {
  let shiftMs = 0;
  await using company = await startCompany({ now: () => new Date(Date.now() + shiftMs) });
  const text = `${template('sallyport.yml')}${'# long\n'.repeat(160_000)}`;
  await company.github.as('olga').putFile('acme/access', 'sallyport.yml', { text });
  await company.github.settled();
  shiftMs = 60_000;
  await company.asked('/connect payments-db 1h');
  // What waits may have to be ended: it starts with it, too.
  await company.stopBot();
  await company.startBot();
});

test('with something open a policy that the settings make faulty does not keep the bot from starting: it can be ended, and nothing is given', async () => {
  await using company = await startCompany();
  const { github } = company;
  const issue = await company.granted('/connect payments-db 1h');
  await company.stopBot();
  await company.startBot({ relays: elsewhere });
  await github.as('dana').comment('acme/access', issue, '/revoke');
  await company.until(issue, /: revoked/);
  const other = await company.openIssue();
  await github.as('dana').comment('acme/access', other, '/connect payments-db 1h');
  assert.deepEqual(company.botComments(other), []);
  const text = template('sallyport.yml').replaceAll('[eu-1]', '[us-1]');
  await github.as('olga').putFile('acme/access', 'sallyport.yml', { text });
  await company.until(other, /waiting for approval/);
});

test('ownership follows the catalog: a push changes who may approve', async () => {
  await using company = await startCompany();
  const issue = await company.asked('/connect payments-db 1h');
  const text = template('org.yaml').replace('memberOf: [payments]', 'memberOf: [engineering]');
  await company.github.as('olga').putFile('acme/org', 'catalog-info.yaml', { text });
  await company.github.settled();
  await company.github.as('omar').comment('acme/access', issue, '/approve');
  await company.until(issue, /may not decide/);
});

test('a bot starts while GitHub cannot be reached, serves its relays and ends grants for the operator', async () => {
  await using company = await startCompany();
  const issue = await company.granted('/connect payments-db 1h');
  const [named = ''] = /g_[a-z2-7]{26}/.exec(company.botComments(issue)[0] ?? '') ?? [];
  await company.stopBot();
  await company.startBot(withoutGitHub(company));
  const ready = await fetch(`http://127.0.0.1:${company.port()}/readyz`);
  assert.deepEqual(await ready.json(), {
    ready: false,
    relaysConnected: [],
    relaysMissing: ['eu-1'],
  });
  const live = async () => {
    const reply = await askOperator(company.dataFolder, { command: 'grants' });
    assert.ok(reply.kind === 'answered' && reply.answer.kind === 'grants');
    return reply.answer.grants;
  };
  const [{ id: grant, until: _, ...listed } = assert.fail('nothing is live')] = await live();
  assert.equal(grant, named);
  assert.deepEqual(listed, {
    grantee: 'dana',
    resource: 'resource:payments/payments-db',
    role: 'reader',
    isClaimed: true,
    sessions: 0,
    issue: `${company.github.url}/acme/access/issues/${issue}`,
  });
  const order = { command: 'revoke', grant, reason: 'GitHub is down' } as const;
  const first = await askOperator(company.dataFolder, order);
  assert.deepEqual(first, {
    kind: 'answered',
    answer: { kind: 'revoked', confirmed: [], unconfirmed: ['eu-1'] },
  });
  assert.deepEqual(await live(), []);
  const again = await askOperator(company.dataFolder, order);
  assert.deepEqual(again, {
    kind: 'answered',
    answer: { kind: 'already-ended', state: 'revoked' },
  });
  await company.stopBot();
  await company.startBot();
  const comments = await company.until(issue, /was revoked by `the operator`/);
  assert.match(comments[0] ?? '', /not yet confirmed by `eu-1`/);
});

test('a bot whose App is not installed yet starts, says so, and goes by the policy once it is', async () => {
  const { log, lines } = watchedLog();
  await using company = await startCompany({ log });
  await company.stopBot();
  const { installations } = company.github.seeded.apps['sallyport'] ?? assert.fail();
  company.github.installation.remove(Number(installations['acme']), 'olga');
  await company.startBot();
  assert.match(lines.join(''), /not installed on acme\/access.*nothing is decided until/);
  company.github.installation.add('sallyport', 'acme', 'olga');
  await company.asked('/connect payments-db 1h');
});

function watchedLog() {
  const lines: string[] = [];
  return { lines, log: openLog({ write: (line) => void lines.push(line) }) };
}

test('a key that GitHub does not accept stops the start: waiting would not mend it', async () => {
  await using company = await stoppedCompany();
  const { github } = configFor(company.github, '');
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const told = await faultsOf(company, { github: { ...github, privateKey } });
  assert.match(told, /GitHub does not accept the App's key \(401\)\. Check github\.app-id/);
});

test('a port that is taken stops the start, and the data folder can be used again at once', async () => {
  await using company = await stoppedCompany();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const told = await faultsOf(company, { listen: { host: '127.0.0.1', port } });
  assert.match(told, new RegExp(`Cannot listen on 127\\.0\\.0\\.1:${port} \\(EADDRINUSE\\)`));
  taken.close();
  await company.startBot();
});

test('a data folder that cannot be made, or a database that is none, stops the start', async () => {
  await using company = await stoppedCompany();
  const database = join(company.dataFolder, 'sallyport.db');
  await writeFile(database, 'this was a database once, and is none any more\n'.repeat(20));
  assert.match(await faultsOf(company), /sallyport\.db cannot be used as the database/);
  const dataFolder = join(database, 'folder');
  assert.match(
    await faultsOf(company, { dataFolder }),
    /^data: The folder .* cannot be made: a file is in its way/,
  );
});

/** The database as the next version leaves it. */
async function upgradeDatabase(path: string): Promise<void> {
  const next = {
    async up(db: Kysely<unknown>) {
      await sql.raw('alter table grants add column colour text').execute(db);
    },
  };
  await (
    await openStore(path, { steps: { ...migrations, '9000-colours': next } })
  )[Symbol.asyncDispose]();
}

test('after an upgrade the version before does not start: it names the steps it lacks and the copy, and changes nothing', async () => {
  await using company = await stoppedCompany();
  const database = join(company.dataFolder, 'sallyport.db');
  await upgradeDatabase(database);
  const before = await readFile(database);
  const told = await faultsOf(company);
  assert.match(told, /was written by a newer version: it has 9000-colours/);
  assert.ok(told.includes(`${database}.before-9000-colours`), told);
  assert.deepEqual(await readFile(database), before);
});

test('a second bot on the folder is found out before it opens the database', async () => {
  await using company = await startCompany();
  // Were it opened, this would be the first fault: the database is newer than the bot that starts.
  await upgradeDatabase(join(company.dataFolder, 'sallyport.db'));
  const running = company.port();
  assert.match(await faultsOf(company), /A bot is running on this data folder already/);
  assert.equal((await fetch(`http://127.0.0.1:${running}/healthz`)).status, 200);
});
