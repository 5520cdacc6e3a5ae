// How a backup is made, and where one is not put back. What a restored bot then does is in restore.test.ts.

import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { sql, type Kysely } from 'kysely';
import { makeBackup } from '../../bot/backup.ts';
import { restoreBackup } from '../../bot/restore.ts';
import { keepCredentials, readCredentials } from '../../bot/setup/credentials.ts';
import { StartFault } from '../../bot/start-fault.ts';
import { migrations } from '../../bot/store/migrations.ts';
import { openStore } from '../../bot/store/store.ts';
import type { Migrations } from '../../bot/store/upgrade.ts';
import { openKeys } from '../../bot/tokens/keys.ts';
import { createTemporaryFolder } from '../support/folders.ts';
import { startMortal } from './mortal.ts';
import { textOf } from './store/release.ts';

async function faultOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => assert.fail('it went well'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof StartFault, String(error));
  return error.message;
}

/** The modes of everything in a folder. */
function filesOf(path: string): Record<string, string> {
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  const modes = names.map((name) => [name, (statSync(join(path, name)).mode & 0o777).toString(8)]);
  return Object.fromEntries(modes) as Record<string, string>;
}

test('a backup is made while the bot runs: the database and the control key, for their user alone, and no grant key', async () => {
  await using mortal = await startMortal();
  const { company, backup } = mortal;
  await company.granted('/connect payments-db 1h');
  const made = await makeBackup(company.dataFolder, { to: backup, now: new Date() });
  assert.ok(made.kind === 'made');
  assert.equal(made.contents.activeGrants, 1);
  if (process.platform !== 'win32') {
    assert.deepEqual(filesOf(backup), {
      'sallyport.db': '600',
      keys: '700',
      [join('keys', 'control.pem')]: '600',
    });
    assert.equal(statSync(backup).mode & 0o777, 0o700);
  }
  await company.granted('/connect payments-db 1h');
});

test('the credentials of the App that the bot made are in the backup, and restored with it', async () => {
  await using mortal = await startMortal();
  const { company, backup } = mortal;
  const app = { appId: 7, privateKey: 'the only one', webhookSecret: 'x'.repeat(64) };
  await keepCredentials(company.dataFolder, app);
  const made = await makeBackup(company.dataFolder, { to: backup, now: new Date() });
  assert.ok(made.kind === 'made' && made.hasApp);
  if (process.platform !== 'win32') {
    assert.equal(filesOf(backup)[join('github-app', 'private-key.pem')], '600');
  }
  await using folder = await createTemporaryFolder('restored');
  const dataFolder = folder.at('data');
  const restored = await restoreBackup(backup, { dataFolder, now: new Date() });
  assert.ok(restored.kind === 'restored' && restored.hasApp);
  assert.deepEqual(await readCredentials(dataFolder), app);

  await using other = await createTemporaryFolder('other');
  await keepCredentials(other.at('data'), { ...app, appId: 8 });
  const mixed = await restoreBackup(backup, { dataFolder: other.at('data'), now: new Date() });
  assert.match(mixed.kind === 'refused' ? mixed.why : '', /another GitHub App than the backup/);
});

test('a backup never takes the place of another, and one that was interrupted is not taken for one', async () => {
  await using mortal = await startMortal();
  const { company, backup } = mortal;
  const options = { to: backup, now: new Date() };
  assert.equal((await makeBackup(company.dataFolder, options)).kind, 'made');
  const before = readFileSync(join(backup, 'sallyport.db'));
  const again = await makeBackup(company.dataFolder, options);
  assert.match(again.kind === 'refused' ? again.why : '', /is there already/);
  assert.deepEqual(readFileSync(join(backup, 'sallyport.db')), before);
  const elsewhere = await makeBackup(mortal.place.at('nobody'), options);
  assert.match(elsewhere.kind === 'refused' ? elsewhere.why : '', /the bot has never run/);
});

test('a backup that was interrupted while it kept the credentials of the App is made anew', async () => {
  await using mortal = await startMortal();
  const { company, backup } = mortal;
  mkdirSync(join(`${backup}.part`, 'github-app.part-abc123'), { recursive: true });
  writeFileSync(join(`${backup}.part`, 'github-app.part-abc123', 'app-id'), '7');
  const made = await makeBackup(company.dataFolder, { to: backup, now: new Date() });
  assert.equal(made.kind, 'made');
  assert.ok(!('github-app.part-abc123' in filesOf(backup)));
});

test('what stands in the way of a backup stays; once it is gone the backup is made, and leaves nothing beside the database', async () => {
  await using mortal = await startMortal();
  const { company, place } = mortal;
  await company.stopBot();
  const before = readdirSync(company.dataFolder);
  // Somebody else's: an interrupted backup leaves no folder of that name.
  const to = place.at('tonight');
  mkdirSync(join(`${to}.part`, 'sallyport.db.part'), { recursive: true });
  await assert.rejects(makeBackup(company.dataFolder, { to, now: new Date() }));
  rmSync(`${to}.part`, { recursive: true });
  const made = await makeBackup(company.dataFolder, { to, now: new Date() });
  assert.equal(made.kind, 'made');
  assert.deepEqual(readdirSync(company.dataFolder), before, 'nor beside the database');
  assert.deepEqual(readdirSync(place.path), ['tonight']);
});

test('nothing is restored into a folder where a bot runs, or over a database, or a second time', async () => {
  await using mortal = await startMortal();
  const { company } = mortal;
  await mortal.backUp();
  assert.match(await faultOf(mortal.restore()), /A bot is running on this data folder already/);
  await company.stopBot();
  const database = join(company.dataFolder, 'sallyport.db');
  const before = readFileSync(database);
  const over = await mortal.restore();
  assert.match(over.kind === 'refused' ? over.why : '', /has a database already/);
  assert.deepEqual(readFileSync(database), before);
  await mortal.lose();
  assert.equal((await mortal.restore()).kind, 'restored');
  assert.equal((await mortal.restore()).kind, 'refused');
});

test('what a database left beside itself stands in the way as well: it would be read into the restored one', async () => {
  await using mortal = await startMortal();
  const { company } = mortal;
  await mortal.backUp();
  await company.stopBot();
  const database = join(company.dataFolder, 'sallyport.db');
  // As after a crash: the journal is still there when the database itself is gone.
  await using _open = await openStore(database);
  rmSync(database);
  const refused = await mortal.restore();
  assert.match(refused.kind === 'refused' ? refused.why : '', /sallyport\.db-wal/);
});

test('a backup of another bot is not mixed with the keys of this one', async () => {
  await using mortal = await startMortal();
  const { company } = mortal;
  await mortal.backUp();
  await mortal.lose();
  await openKeys(join(company.dataFolder, 'keys'), new Date());
  const refused = await mortal.restore();
  assert.match(refused.kind === 'refused' ? refused.why : '', /another control key/);
  assert.ok(!readdirSync(company.dataFolder).includes('sallyport.db'));
});

test('a backup that is only copied into the folder is found out: the bot does not start, and changes nothing', async () => {
  await using mortal = await startMortal();
  const { company, backup } = mortal;
  await mortal.backUp();
  await mortal.lose();
  cpSync(backup, company.dataFolder, { recursive: true });
  const database = join(company.dataFolder, 'sallyport.db');
  const before = readAll(database);
  const told = await faultOf(company.startBot());
  assert.match(told, /sallyport\.db is a backup \(made 20.*sallyportd restore/);
  assert.equal(readAll(database), before);
  renameSync(database, mortal.place.at('moved.db'));
  for (const file of readdirSync(company.dataFolder).filter((name) => /-(wal|shm)$/.test(name)))
    rmSync(join(company.dataFolder, file));
  const restored = await restoreBackup(mortal.place.at('moved.db'), {
    dataFolder: company.dataFolder,
    now: new Date(),
  });
  assert.equal(restored.kind, 'restored');
});

test('a copy of a data folder that was made by hand is restored like a backup', async () => {
  await using mortal = await startMortal();
  const { company } = mortal;
  const issue = await company.granted('/connect payments-db 1h');
  await company.github.settled();
  await company.stopBot();
  const byHand = company.dataFolder;
  await using elsewhere = await createTemporaryFolder('other-machine');
  const restored = await restoreBackup(byHand, { dataFolder: elsewhere.path, now: new Date() });
  assert.ok(restored.kind === 'restored');
  assert.equal(restored.madeAt, null);
  mortal.pass(60_000);
  await company.startBot({ dataFolder: elsewhere.path });
  await company.until(issue, /was revoked by `the bot`/);
});

test('the copy that an upgrade keeps is restored under the keys that are there', async () => {
  await using mortal = await startMortal();
  const { company } = mortal;
  const issue = await company.granted('/connect payments-db 1h');
  await company.github.settled();
  await company.stopBot();
  const database = join(company.dataFolder, 'sallyport.db');
  await (await openStore(database, { steps: next }))[Symbol.asyncDispose]();
  rmSync(database);
  const options = { dataFolder: company.dataFolder, now: new Date() };
  const restored = await restoreBackup(`${database}.before-9000-colours`, options);
  assert.ok(restored.kind === 'restored');
  assert.ok(restored.hasControlKey);
  mortal.pass(60_000);
  await company.startBot();
  await company.until(issue, /was revoked by `the bot`/);
});

test('what an interrupted restore left is no restore, and the next one is whole', async () => {
  await using mortal = await startMortal();
  const { company, backup } = mortal;
  await mortal.backUp();
  await mortal.lose();
  mkdirSync(join(company.dataFolder, 'keys'), { mode: 0o700 });
  cpSync(join(backup, 'keys'), join(company.dataFolder, 'keys'), { recursive: true });
  writeFileSync(join(company.dataFolder, 'sallyport.db.restoring'), 'the first half');
  writeFileSync(join(company.dataFolder, 'sallyport.db.restoring-wal'), 'of another');
  assert.equal((await mortal.restore()).kind, 'restored');
  const left = readdirSync(company.dataFolder).filter((name) => name.includes('restoring'));
  assert.deepEqual(left, []);
  await company.startBot();
});

test('a damaged backup, or one of a newer version, is not restored, and leaves nothing behind', async () => {
  await using mortal = await startMortal();
  const { company, backup } = mortal;
  await mortal.backUp();
  await company.stopBot();
  const newer = mortal.place.at('newer.db');
  cpSync(join(company.dataFolder, 'sallyport.db'), newer);
  await (await openStore(newer, { steps: next }))[Symbol.asyncDispose]();
  await mortal.lose();
  const options = { dataFolder: company.dataFolder, now: new Date() };
  assert.match(await faultOf(restoreBackup(newer, options)), /written by a newer version/);
  const whole = readFileSync(join(backup, 'sallyport.db'));
  writeFileSync(join(backup, 'sallyport.db'), whole.subarray(0, whole.length / 2));
  assert.match(await faultOf(mortal.restore()), /is not a whole database of Sallyport/);
  writeFileSync(join(backup, 'sallyport.db'), 'no database at all');
  assert.match(await faultOf(mortal.restore()), /is not a whole database of Sallyport/);
  assert.deepEqual(readdirSync(company.dataFolder), []);
});

/** Today's steps and one that the next version may bring. */
const next: Migrations = {
  ...migrations,
  '9000-colours': {
    async up(db: Kysely<unknown>) {
      await sql.raw('alter table grants add column colour text').execute(db);
    },
  },
};

/** Everything that the database says, whatever lies beside it. */
function readAll(path: string): string {
  const database = new Database(path, { readonly: true });
  const text = textOf(database);
  database.close();
  return text;
}
