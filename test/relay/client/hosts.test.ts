// Which hosts are trusted: nobody silently, and a list that others could have written is not believed.

import assert from 'node:assert/strict';
import { chmod, chown, readdir, stat, writeFile } from 'node:fs/promises';
import { test, type TestContext } from 'node:test';
import { readHosts, rememberHost, trustHost } from '../../../relay/client/hosts.ts';
import { createTemporaryFolder } from '../../support/folders.ts';
import { failure } from './failures.ts';

const origin = 'https://sallyport.acme.dev';
const pem = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n';

async function folder(t: TestContext): Promise<string> {
  const made = await createTemporaryFolder('hosts');
  t.after(() => made.remove());
  return made.at('deep', 'hosts.json');
}

test('without a terminal an unknown host is refused', async (t) => {
  await assert.rejects(trustHost(await folder(t), origin), failure('unknown_host'));
});

test('a hostile host name is never trusted silently: the person must type that very name', async (t) => {
  const file = await folder(t);
  await rememberHost(file, origin, {});
  const hostile = 'https://sallyport-acme.dev';
  for (const answer of ['', 'y', 'yes', 'sallyport.acme.dev', 'SALLYPORT-ACME.DEV']) {
    const asked: string[] = [];
    const ask = (question: string): Promise<string> => {
      asked.push(question);
      return Promise.resolve(answer);
    };
    await assert.rejects(trustHost(file, hostile, ask), failure('host_not_confirmed'), answer);
    assert.match(asked.join(''), /^sallyport-acme\.dev is new to this machine/);
  }
});

test('a name typed as asked is confirmed, with its port where it has one', async (t) => {
  const file = await folder(t);
  const trust = await trustHost(file, `${origin}:8443`, () =>
    Promise.resolve(' sallyport.acme.dev:8443\n'),
  );
  assert.deepEqual(trust, { kind: 'confirmed' });
});

test('a remembered host is known by its whole origin and asks no more', async (t) => {
  const file = await folder(t);
  await rememberHost(file, origin, { ca: pem });
  await rememberHost(file, 'https://other.example', {});
  const never = (): Promise<string> => assert.fail('a known host must not ask');
  assert.deepEqual(await trustHost(file, origin, never), { kind: 'known', host: { ca: pem } });
  await assert.rejects(trustHost(file, `${origin}:8443`), failure('unknown_host'));
});

test('the list is written whole, for its owner only, and leaves no draft behind', async (t) => {
  const file = await folder(t);
  await rememberHost(file, origin, {});
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(file.replace('/hosts.json', '')), ['hosts.json']);
});

for (const [who, mode] of [
  ['its group', 0o620],
  ['everybody', 0o602],
] as const) {
  test(`a list that ${who} can write is not believed`, async (t) => {
    const file = await folder(t);
    await rememberHost(file, origin, {});
    await chmod(file, mode);
    await assert.rejects(trustHost(file, origin), failure('hosts_file'));
  });
}

test(
  'a list that belongs to somebody else is not believed',
  { skip: process.getuid?.() === 0 ? false : 'needs root, to give a file away' },
  async (t) => {
    const file = await folder(t);
    await rememberHost(file, origin, {});
    await chown(file, 65_534, 65_534);
    await assert.rejects(trustHost(file, origin), failure('hosts_file'));
  },
);

const broken: readonly [string, string][] = [
  ['is not JSON', '{'],
  ['is of another version', '{"version":2,"hosts":{}}'],
  ['is a list', '[]'],
  ['names an http origin', '{"version":1,"hosts":{"http://a.dev":{}}}'],
  ['names a path', '{"version":1,"hosts":{"https://a.dev/x":{}}}'],
  ['has an entry that is no record', '{"version":1,"hosts":{"https://a.dev":true}}'],
  ['has a certificate that is none', '{"version":1,"hosts":{"https://a.dev":{"ca":"x"}}}'],
];

for (const [name, text] of broken) {
  test(`a list that ${name} is refused, not read in part`, async (t) => {
    const made = await createTemporaryFolder('hosts');
    t.after(() => made.remove());
    await writeFile(made.at('hosts.json'), text, { mode: 0o600 });
    await assert.rejects(readHosts(made.at('hosts.json')), failure('hosts_file'));
  });
}
