// What `sallyportd policy` takes for the catalog: of a repository what the bot reads of it, and files of what a Backstage
// has from elsewhere.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { UsageError } from '../../../bot/cli/command.ts';
import { createTemporaryFolder } from '../../support/folders.ts';
import { cases, people, policy, run, services, templates } from './policy-files.ts';

const service = await readFile(join(templates, 'catalog-info.yaml'), 'utf8');
const org = await readFile(join(templates, 'org.yaml'), 'utf8');
const words = ['--policy', policy, '--catalog', people, '--catalog'];

function location(...targets: readonly string[]): string {
  const head = 'apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: { name: all }\n';
  return `${head}spec:\n  targets: [${targets.join(', ')}]\n`;
}

function named(name: string): string {
  return service
    .replace('name: payments-db', `name: ${name}`)
    .replace('payments-db.internal', `${name}.internal`);
}

/** A folder with these files, texts by path. */
async function checkout(files: Readonly<Record<string, string>>) {
  const folder = await createTemporaryFolder('policy');
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(folder.at(path)), { recursive: true });
    await writeFile(folder.at(path), text);
  }
  return folder;
}

test('a folder is a repository as the bot reads it: the file at its top, and what Locations lead to from there', async () => {
  await using folder = await checkout({
    'catalog-info.yaml': `${named('payments-db')}---\n${location('./led/*.yaml')}`,
    'led/ledger.yaml': named('ledger'),
    'sub/catalog-info.yaml': named('hidden-db'),
    // Defined twice, if it counted.
    'examples/catalog-info.yml': service,
    'node_modules/other/catalog-info.yaml': service,
    'module/.git': '',
    'module/catalog-info.yaml': service,
  });
  const at = `acme/payments-services=${folder.path}`;
  const told = ['examples/catalog-info.yml', 'sub/catalog-info.yaml'].map(
    (path) =>
      `${folder.at(path)}: No Location leads to it from ${folder.at('catalog-info.yaml')}, so that the bot does not read it.`,
  );
  const played = await run('test', cases, ...words, at);
  assert.deepEqual([played.code, played.err.split('\n')], [0, told], played.out);
  const led = await run('explain', 'ledger', '--as', 'dana', ...words, at);
  assert.equal(led.code, 0, led.out);
  const hidden = await run('explain', 'hidden-db', '--as', 'dana', ...words, at);
  assert.equal(hidden.code, 1);
  assert.match(hidden.out, /✗ resource-exists: there is no resource hidden-db/);
  const checked = await run('check', policy, '--catalog', people, '--catalog', at);
  assert.deepEqual([checked.code, checked.err.split('\n')], [0, told]);
});

test('of many files that nothing leads to ten are named, and the others counted', async () => {
  const strays = Array.from({ length: 12 }, (_, at) => `services/${at}/catalog-info.yaml`);
  const files = strays.map((path) => [path, service] as const);
  await using folder = await checkout({
    'catalog-info.yaml': service,
    ...Object.fromEntries(files),
  });
  const { err } = await run('test', cases, ...words, `acme/payments-services=${folder.path}`);
  const lines = err.split('\n');
  assert.equal(lines.length, 11, err);
  assert.equal(lines.at(-1), '… and 2 more that no Location leads to.');
});

test('a group that a person is said to be in, and that is a slip of the pen, is told at the person', async () => {
  await using folder = await checkout({
    'catalog-info.yaml': org.replace(
      'memberOf: [payments]',
      'memberOf: [payments, paymets, choir]',
    ),
  });
  const { code, err } = await run(
    'check',
    ...words.slice(0, 2),
    '--catalog',
    services,
    '--catalog',
    `acme/org=${folder.path}`,
  );
  assert.match(
    err,
    /catalog-info\.yaml:\d+: user:default\/omar: The catalog has no group:default\/paymets that counts\. Did you mean group:default\/payments\?/,
  );
  assert.doesNotMatch(err, /choir/, 'it may be one that the policy lets nobody define');
  assert.equal(code, 0);
});

/** Folders in each other until no system call takes the path of the innermost; not even root can list it by that. */
const nestTooDeep = `
  const { mkdirSync } = require('node:fs');
  for (let depth = 0; depth < 20; depth += 1) {
    mkdirSync('d'.repeat(250));
    process.chdir('d'.repeat(250));
  }`;

test('a folder that cannot be listed whole is read all the same, and says that not all was looked at', async () => {
  await using folder = await checkout({ 'catalog-info.yaml': service });
  execFileSync(process.execPath, ['-e', nestTooDeep], { cwd: folder.path });
  const at = `acme/payments-services=${folder.path}`;
  const { code, err } = await run('test', cases, ...words, at);
  // What takes one path after the other could not take it away again.
  execFileSync('rm', ['-rf', folder.at('d'.repeat(250))]);
  assert.equal(code, 0);
  assert.match(err, /: More descriptor files were not looked for: ENAMETOOLONG: /);
});

test('a folder without the file at its top is an error, and the file that the bot begins with can be named instead', async () => {
  await using folder = await checkout({
    '.git/HEAD': '',
    'backstage/all.yaml': location('/services/*/catalog-info.yaml'),
    'services/db/catalog-info.yaml': service,
  });
  const none = await run('test', cases, ...words, `acme/payments-services=${folder.path}`);
  assert.deepEqual([none.code, none.out], [1, '']);
  assert.equal(
    none.err,
    `${folder.path} has no catalog-info.yaml at its top, where the bot begins to read a repository unless its catalog.path names another file. Name that file itself: --catalog acme/payments-services=FILE.\nNothing was tested.`,
  );
  const at = `acme/payments-services=${folder.at('backstage/all.yaml')}`;
  const found = await run('test', cases, ...words, at);
  assert.deepEqual([found.code, found.err], [0, ''], found.out);
});

test('a folder is the top of its repository, also where it lies in the checkout of another', async () => {
  await using folder = await checkout({
    '.git/HEAD': '',
    'db.yaml': named('elsewhere'),
    'fixtures/services/catalog-info.yaml': location('/db.yaml'),
    'fixtures/services/db.yaml': service,
  });
  const at = `acme/payments-services=${folder.at('fixtures/services')}`;
  const found = await run('test', cases, ...words, at);
  assert.deepEqual([found.code, found.err], [0, ''], found.out);
});

test('a repository is named once, since the bot reads one file of it and what that leads to', async () => {
  const twice = services.replace('acme/', 'Acme/');
  await assert.rejects(run('test', cases, ...words, services, '--catalog', twice), {
    message: /^acme\/payments-services is named 2 times by --catalog\. The bot reads one file of/,
  });
});

test('descriptors count for the repository that they are said to be from', async () => {
  const elsewhere = people.replace('acme/org=', 'mallory/org=');
  const files = ['--policy', policy, '--catalog', elsewhere, '--catalog', services];
  const { code, out, err } = await run('explain', 'payments-db', '--as', 'dana', ...files);
  assert.equal(code, 1);
  assert.match(out, /✗ person-is-known/);
  assert.match(
    err,
    /org\.yaml:\d+: user:default\/dana: Policy does not believe mallory\/org about users\./,
  );
});

test('Locations are followed on the disk as on GitHub, and what is not followed is told with its place', async () => {
  const elsewhere = 'https://github.com/acme/other/blob/main/x.yaml';
  await using folder = await checkout({
    '.git/HEAD': '',
    'all.yaml': location('services/*/db.yaml', elsewhere),
    'services/payments/db.yaml': service,
  });
  const file = folder.at('services/payments/db.yaml');
  const all = `acme/payments-services=${folder.at('all.yaml')}`;
  const found = await run('test', cases, ...words, all);
  assert.equal(found.code, 0, found.out + found.err);
  assert.equal(
    found.err,
    `${folder.at('all.yaml')}:5: "${elsewhere}" is not followed. It is in acme/other, and whoever points at what somebody else wrote chooses which of it counts. Name acme/other in catalog.repositories instead.`,
  );
  await writeFile(file, 'a: 1\nkind: [Resource\n');
  const broken = await run('test', cases, ...words, all);
  assert.equal(broken.code, 1);
  assert.ok(broken.err.startsWith(`${file}:3: `), broken.err);
  assert.match(broken.err, /\nNothing was tested\.$/);
});

/** The policy and the cases that operators start from, with people whom only a Backstage has. */
async function withProvider(names = 'msgraph:default/*') {
  const text = await readFile(policy, 'utf8');
  const folder = await checkout({
    'sallyport.yml': text.replaceAll('[acme/org]', `['${names}']`),
    'people.yaml': org,
  });
  return { folder, rules: ['--policy', folder.at('sallyport.yml'), '--catalog', services] };
}

test('people whom a provider of a Backstage knows are given by the location that the policy names', async () => {
  const { folder, rules } = await withProvider();
  await using files = folder;
  const file = files.at('people.yaml');
  for (const name of ['msgraph:default/*', 'msgraph:default/acme']) {
    const { code, out, err } = await run('test', cases, ...rules, '--catalog', `${name}=${file}`);
    assert.deepEqual([code, err], [0, ''], out);
  }
  const other = await run('test', cases, ...rules, '--catalog', `msgraph:other/acme=${file}`);
  assert.equal(other.code, 1);
  assert.match(other.err, /^The policy trusts msgraph:default\/\*, and no --catalog gives it: /);
  assert.ok(
    other.err.includes(
      `${file}:13: user:default/dana: Policy does not believe msgraph:other/acme about users.`,
    ),
    other.err,
  );
});

test('several files may be of one location, and entities may be lines of JSON as a Backstage has them', async () => {
  const { folder, rules } = await withProvider();
  await using files = folder;
  const login = { annotations: { 'github.com/user-login': 'ann', 'backstage.io/orphan': 'false' } };
  const ann = {
    apiVersion: 'backstage.io/v1beta1',
    kind: 'User',
    metadata: { name: 'ann', uid: '1', ...login },
    spec: { memberOf: ['group:default/engineering'] },
    relations: [],
  };
  await writeFile(files.at('more.yaml'), `--- ${JSON.stringify(ann)}\n--- {"kind": "Domain"}\n`);
  const all = ['people.yaml', 'more.yaml'].flatMap((file) => [
    '--catalog',
    `msgraph:default/*=${files.at(file)}`,
  ]);
  const { code, out, err } = await run('explain', 'payments-db', '--as', 'ann', ...rules, ...all);
  assert.deepEqual([code, err], [0, ''], out);
});

test('what a Backstage has from a file of a repository is given by the location of that file', async () => {
  const place = 'url:https://github.com/Acme/Mono/blob/main/services/*/catalog-info.yaml';
  await using folder = await checkout({
    'sallyport.yml': (await readFile(policy, 'utf8')).replace(
      'catalog: [acme/payments-services]',
      `catalog: ['${place}']`,
    ),
    // A directory's names have an equals sign.
    'ou=db/catalog-info.yaml': service,
  });
  await cp(folder.at('ou=db/catalog-info.yaml'), folder.at('db.yaml'));
  const rules = ['--policy', folder.at('sallyport.yml'), '--catalog', people, '--catalog'];
  for (const name of [place, place.replace('*', 'db')]) {
    const at = `${name}=${folder.at('db.yaml')}`;
    const { code, out, err } = await run('explain', 'payments-db', '--as', 'dana', ...rules, at);
    assert.deepEqual([code, err], [0, ''], out);
    assert.ok(out.includes(`payments-db is in the catalog, from ${name}.`), out);
  }
  // Locations are compared as they are spelled, by the bot as well.
  const folded = `${place.replace('Acme/Mono', 'acme/mono')}=${folder.at('db.yaml')}`;
  const no = await run('explain', 'payments-db', '--as', 'dana', ...rules, folded);
  assert.equal(no.code, 1);
  assert.match(no.err, /Policy does not let url:https:\/\/github\.com\/acme\/mono\/.* define/);
});

test('a Location in a file of a Backstage leads nowhere, and that is told at its line', async () => {
  const { folder, rules } = await withProvider();
  await using files = folder;
  await writeFile(files.at('people.yaml'), `${location('./more.yaml')}---\n${org}`);
  await writeFile(files.at('more.yaml'), 'kind: [User\n');
  const at = `msgraph:default/*=${files.at('people.yaml')}`;
  const { code, out, err } = await run('test', cases, ...rules, '--catalog', at);
  assert.equal(code, 0, out);
  assert.equal(
    err,
    `${files.at('people.yaml')}:5: "./more.yaml" is not followed. A Backstage has what is there from a location of its own: name its file with that one.`,
  );
  const broken = `msgraph:default/*=${files.at('more.yaml')}`;
  const none = await run('test', cases, ...rules, '--catalog', broken);
  assert.deepEqual([none.code, none.out], [1, '']);
  assert.match(none.err, /more\.yaml:2: .*\nNothing was tested\.$/);
});

test('what the bot reads of a repository itself counts once, whatever a Backstage has of the same file', async () => {
  await using folder = await checkout({
    'catalog-info.yaml': location('./services/*.yaml'),
    'services/db.yaml': service,
  });
  const copy = `url:https://github.com/acme/payments-services/blob/main/services/db.yaml=${folder.at('services/db.yaml')}`;
  const both = [`acme/payments-services=${folder.path}`, '--catalog', copy];
  const { code, out, err } = await run('test', cases, ...words, ...both);
  assert.deepEqual([code, err], [0, ''], out);
});

for (const [text, says] of [
  ['org.yaml', /^Expected --catalog ORIGIN=PATH, such as acme\/org=org or 'msgraph:default\/\*=/],
  ['acme/org=', /^Expected --catalog ORIGIN=PATH, .*, found "acme\/org="\.$/],
  ['msgraph=x', /^"msgraph" is no origin for --catalog\. Expected a repository, owner\/name, or a/],
  ['=x', /^"" is no origin for --catalog\. Expected a repository/],
  ['msgraph:default/a*=x', /^"msgraph:default\/a\*" is no origin .* stands for one whole part\.$/],
  ['*:default=x', /is no origin/],
  [
    'url:https://github.com/acme/org/tree/main/catalog-info.yaml=x',
    /catalog-info\.yaml is the file of a repository: policy names it by its repository, and so does --catalog OWNER\/NAME=PATH\.$/,
  ],
  ['url:https://github.com/acme/*/blob/main/catalog-info.yaml=x', /is the file of a repository/],
] as const) {
  test(`an origin that policy cannot name says what may stand there: ${text}`, async () => {
    await assert.rejects(run('test', cases, ...words, text), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, says);
      return true;
    });
  });
}
