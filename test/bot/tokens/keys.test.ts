import assert from 'node:assert/strict';
import { chmod, copyFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { importJWK, type CryptoKey } from 'jose';
import { KeyFileError } from '../../../bot/tokens/key-files.ts';
import { openKeys } from '../../../bot/tokens/keys.ts';
import { createTemporaryFolder } from '../../support/folders.ts';

const now = new Date('2026-11-23T09:00:00Z');

async function newFolder(t: TestContext): Promise<string> {
  const parent = await createTemporaryFolder('keys');
  t.after(() => parent.remove());
  return parent.at('keys');
}

async function refusal(folder: string): Promise<string> {
  const error = await openKeys(folder, now).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof KeyFileError);
  return error.message;
}

test('a later start has the keys of the first', async (t) => {
  const folder = await newFolder(t);
  const first = await openKeys(folder, now);
  const later = await openKeys(folder, new Date('2027-01-01T00:00:00Z'));
  assert.deepEqual(later.published(), first.published());
  assert.equal(later.controlPin(), first.controlPin());
});

test('the published key verifies what the active key signs, and not what the control key signs', async (t) => {
  const keys = await openKeys(await newFolder(t), now);
  const [jwk] = keys.published();
  assert.ok(jwk);
  assert.equal(jwk.kid, keys.active().kid);
  assert.equal(jwk.d, undefined);
  const key = (await importJWK(jwk, 'Ed25519')) as CryptoKey;
  const data = new TextEncoder().encode('a grant');
  const verifies = async (signature: Uint8Array) =>
    crypto.subtle.verify('Ed25519', key, new Uint8Array(signature), data);
  assert.equal(await verifies(await keys.active().sign(data)), true);
  assert.equal(await verifies(await keys.control().sign(data)), false);
});

test('the pin for relay.yml is the control key, which is never published for grants', async (t) => {
  const keys = await openKeys(await newFolder(t), now);
  assert.match(keys.controlPin(), /^[A-Za-z0-9_-]{43}$/);
  assert.ok(keys.published().every((jwk) => jwk.x !== keys.controlPin()));
});

test('every key file is written for the bot alone', async (t) => {
  const folder = await newFolder(t);
  await openKeys(folder, now);
  for (const name of await readdir(folder)) {
    assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name);
  }
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
});

test('a key file that others can read stops the start, and the sentence says how to mend it', async (t) => {
  const folder = await newFolder(t);
  await openKeys(folder, now);
  const control = join(folder, 'control.pem');
  await chmod(control, 0o640);
  await chmod(folder, 0o755);
  const message = await refusal(folder);
  assert.ok(message.includes(`chmod 600 ${control}`));
  assert.ok(message.includes(`chmod 700 ${folder}`));
});

test('a control key that vanished is not replaced by a stranger', async (t) => {
  const folder = await newFolder(t);
  await openKeys(folder, now);
  await rm(join(folder, 'control.pem'));
  assert.match(await refusal(folder), /control\.pem is missing/);
});

test('a grant key swapped for another stops the start', async (t) => {
  const folder = await newFolder(t);
  const keys = await openKeys(folder, now);
  const stranger = await readFile(join(folder, 'control.pem'), 'utf8');
  await writeFile(join(folder, `grant-${keys.active().kid}.pem`), stranger);
  assert.match(await refusal(folder), /another key/);
});

test('a start that a crash cut short is simply done again', async (t) => {
  const folder = await newFolder(t);
  await openKeys(folder, now);
  // What is left when the crash came before the list: keys, a half-written file, no keys.json.
  await rm(join(folder, 'keys.json'));
  await writeFile(join(folder, 'keys.json.1.part'), '{"version"');
  const keys = await openKeys(folder, now);
  assert.equal(keys.published().length, 1);
});

test('a list with no active key, or with two, stops the start', async (t) => {
  const folder = await newFolder(t);
  await openKeys(folder, now);
  const stranger = await newFolder(t);
  const other = await openKeys(stranger, now);
  const name = `grant-${other.active().kid}.pem`;
  await copyFile(join(stranger, name), join(folder, name));
  const path = join(folder, 'keys.json');
  const list = JSON.parse(await readFile(path, 'utf8')) as { grants: object[] };
  const [first] = list.grants;
  const second = { ...first, kid: other.active().kid };
  for (const [active, grants] of [
    [0, [{ ...first, state: 'retiring' }]],
    [2, [first, second]],
  ] as const) {
    await writeFile(path, JSON.stringify({ ...list, grants }));
    assert.match(await refusal(folder), new RegExp(`names ${active} active keys`));
  }
  // It is the number that stops it: with one of the two retiring the same files are fit for use.
  const grants = [first, { ...second, state: 'retiring' }];
  await writeFile(path, JSON.stringify({ ...list, grants }));
  assert.equal((await openKeys(folder, now)).published().length, 2);
});

for (const text of [
  '[]',
  '',
  '{"version":2,"grants":[]}',
  '{"version":1,"grants":[{"kid":"x"}]}',
]) {
  test(`a keys.json that is no list of keys stops the start: ${text || 'an empty file'}`, async (t) => {
    const folder = await newFolder(t);
    await openKeys(folder, now);
    await writeFile(join(folder, 'keys.json'), text);
    assert.match(await refusal(folder), /not a list of keys/);
  });
}
