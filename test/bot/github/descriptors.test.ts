// The descriptors of a repository as GitHub has them: what is read of it, with how many calls, and what a push changes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { openCatalog } from '../../../bot/catalog/source.ts';
import { createApp } from '../../../bot/github/app.ts';
import { readDescriptors } from '../../../bot/github/descriptors.ts';
import { openRepositories } from '../../../bot/github/repositories.ts';
import { openRuleBook } from '../../../bot/github/rules.ts';
import { findTexts, readTexts } from '../../../bot/github/texts.ts';
import { rememberTrees } from '../../../bot/github/trees.ts';
import { openBotMetrics } from '../../../bot/observe/metrics.ts';
import { acmeWith, installationClient, sallyport, startAcme } from '../../github/fixture.ts';
import { makeBlob, makeLink, makeSubmodule, type Blob } from '../../github/git-objects.ts';
import { requireAccount } from '../../github/lookups.ts';
import { commitFiles } from '../../github/repository-actions.ts';
import { findRepository } from '../../github/state.ts';
import { policyOf, policyText, resource } from '../access/world.ts';
import { location } from '../catalog/checkouts.ts';

const { policy } = policyOf(policyText);
const repository = 'acme/payments-services';
const root = 'catalog-info.yaml';
const database = (of: string) => resource({ name: of });
const texts = (files: Readonly<Record<string, string>>) =>
  Object.entries(files).map(([path, text]) => [path, makeBlob(Buffer.from(text))] as const);

/** A repository on a GitHub, and what an App that reads its descriptors asks of it. */
async function openWorld(files: Readonly<Record<string, string>> = {}) {
  const acme = acmeWith({ contents: 'read', metadata: 'read' });
  const [app] = acme.apps ?? [];
  assert.ok(app);
  const seed = {
    ...acme,
    repositories: [
      { owner: 'acme', name: 'access', files: { 'sallyport.yml': policyText } },
      { owner: 'acme', name: 'payments-services' },
    ],
    apps: [{ ...app, installations: [{ account: 'acme' }] }],
  };
  const github = await startAcme({ seed });
  const octokit = installationClient(github);
  const calls: string[] = [];
  octokit.hook.after('request', ({ url }) => {
    if (!url.endsWith('/access_tokens'))
      calls.push(new URL(url).pathname.replace(/^\/api\/v3\/repos\/acme\/[^/]+\//, ''));
  });
  const memory = rememberTrees();
  const catalog = openCatalog([
    { repository, open: () => readDescriptors(octokit, repository, { path: root, memory }) },
  ]);
  const push = (changes: Iterable<readonly [string, Blob | null]>) => {
    const { state } = github.instance;
    const found = findRepository(state, 'acme', 'payments-services');
    assert.ok(found);
    const account = requireAccount(state, 'omar');
    const made = { branch: 'main', message: 'Change', account, changes: new Map(changes) };
    return commitFiles(github.instance, found, made).commit.sha;
  };
  push(texts(files));
  return {
    github,
    octokit,
    push,
    /** Names of resources, faults, and the calls that it took: their kinds. */
    async read() {
      calls.length = 0;
      const faults = await catalog.refresh();
      const { resources } = catalog.snapshot(policy);
      return {
        names: Array.from(resources.values(), ({ name }) => name).toSorted(),
        faults: faults.map(({ place, message }) => `${place.path}:${place.line} ${message}`),
        calls: calls.map((call) => call.replace(/\/[0-9a-f]{40}$/, '/SHA')),
      };
    },
    [Symbol.asyncDispose]: () => github.close(),
  };
}

const unchanged = [`contents/${root}`, 'git/trees/HEAD'];
const graphql = '/api/graphql';

test('a file without Locations costs one call; one with them, two while nothing changes', async () => {
  await using world = await openWorld({ [root]: database('a'), 'b/x.yaml': database('b') });
  assert.deepEqual(await world.read(), { names: ['a'], faults: [], calls: [`contents/${root}`] });
  world.push(texts({ [root]: location('*/x.yaml') }));
  const first = await world.read();
  // What the file itself defined is gone with it, and that is no missing file.
  assert.deepEqual([first.names, first.faults], [['b'], []]);
  assert.deepEqual(first.calls, [...unchanged, 'git/trees/SHA', graphql]);
  assert.deepEqual(await world.read(), { names: ['b'], faults: [], calls: unchanged });
  world.push(texts({ 'c/x.yaml': database('c'), 'other.txt': '' }));
  const more = await world.read();
  assert.deepEqual([more.names, more.calls], [['b', 'c'], first.calls]);
  world.push(texts({ 'other.txt': 'x' }));
  // The tree is another, and nothing of it has to be read.
  assert.deepEqual((await world.read()).calls, [...unchanged, 'git/trees/SHA']);
  world.push([['b/x.yaml', null]]);
  const gone = await world.read();
  assert.deepEqual(gone.names, ['b', 'c']);
  assert.match(gone.faults.join(), /^b\/x\.yaml:1 The file is not there any more/);
});

test('an address leads to the default branch of this GitHub, for one call more', async () => {
  await using world = await openWorld();
  const { url } = world.github;
  const at = (branch: string, host = url) => `${host}/acme/payments-services/blob/${branch}/b.yaml`;
  const targets = [at('main'), at('dev'), at('main', 'https://github.com')];
  world.push(texts({ [root]: location(...targets), 'b.yaml': database('b') }));
  const { names, faults, calls } = await world.read();
  assert.deepEqual(names, ['b']);
  assert.match(faults.join('\n'), /^catalog-info\.yaml:10 .*dev.*\n.*:11 .*Only addresses at http/);
  const asked = '/api/v3/repos/acme/payments-services';
  assert.deepEqual(calls, [...unchanged, asked, graphql]);
});

test('descriptors are read at a commit as they are on the default branch', async () => {
  await using world = await openWorld({ [root]: location('x/*.yaml'), 'x/b.yaml': database('b') });
  const { github, octokit } = world;
  const sha = world.push(texts({ 'x/c.yaml': database('c') }));
  world.push([...texts({ 'x/d.yaml': database('d') }), ['x/b.yaml', null]]);
  const open = () => readDescriptors(octokit, repository, { path: `./${root}`, ref: sha });
  const catalog = openCatalog([{ repository, open }]);
  assert.deepEqual(await catalog.refresh(), []);
  const { resources } = catalog.snapshot(policy);
  assert.deepEqual(
    Array.from(resources.values(), ({ name }) => name),
    ['b', 'c'],
  );
  const missing = await readDescriptors(octokit, repository, { path: 'no.yaml', ref: sha });
  assert.equal(missing, undefined);
  assert.deepEqual(github.unhandled, []);
});

test('1,001 files are read to the thousandth, fifty with a call', async () => {
  const files = Array.from({ length: 1_001 }, (_, i) => [`x/${1_000 + i}.yaml`, `# ${i}`] as const);
  await using world = await openWorld({
    ...Object.fromEntries(files),
    [root]: location('x/*.yaml'),
    'x/1999.yaml': database('last'),
  });
  const { names, faults, calls } = await world.read();
  assert.deepEqual(names, ['last']);
  assert.match(faults.join('\n'), /^catalog-info\.yaml:9 .*1000 files .*x\/2000\.yaml is beyond/);
  assert.equal(calls.filter((call) => call === graphql).length, 20);
  const again = await world.read();
  assert.deepEqual([again.faults, again.calls], [faults, unchanged]);
});

test('a repository that GitHub does not list whole is walked, folder by folder and each once', async () => {
  const one = makeBlob(Buffer.from('x'));
  // Long names: the listing ends at 7 MB.
  const many = Array.from(
    { length: 20_000 },
    (_, n) => [`many/${n}${'x'.repeat(240)}`, one] as const,
  );
  const files = texts({
    [root]: location('s/a/x.yaml', 's/b/x.yaml', 't/**/x.yaml', '**/x.yaml', 'many/*.yaml'),
    's/a/x.yaml': database('a'),
    's/b/x.yaml': database('b'),
    't/c/d/x.yaml': database('c'),
  });
  await using world = await openWorld();
  world.push([...many, ...files]);
  const first = await world.read();
  assert.deepEqual(first.names, ['a', 'b', 'c']);
  const refused =
    /^catalog-info\.yaml:12 .*The repository has more files than GitHub lists.*\n.*:13 .*many has more/;
  assert.match(first.faults.join('\n'), refused);
  // The top, all of it in vain, s, s/a, s/b, and all of t and of many.
  const trees = first.calls.filter((call) => call.startsWith('git/trees/'));
  assert.deepEqual(trees, ['git/trees/HEAD', ...Array.from({ length: 6 }, () => 'git/trees/SHA')]);
  assert.deepEqual((await world.read()).calls, unchanged);
  world.push(texts({ 's/b/x.yaml': database('d') }));
  const { names, calls } = await world.read();
  assert.deepEqual(names, ['a', 'c', 'd']);
  assert.deepEqual(calls, [...unchanged, 'git/trees/SHA', 'git/trees/SHA', graphql]);
  // A branch that anybody pushed may not cost as many calls as it likes.
  const proposed = { path: root, ref: 'main', maxFolders: 2 };
  const tree = await (await readDescriptors(world.octokit, repository, proposed))?.tree();
  assert.ok(await tree?.at('s/a/x.yaml'));
  await assert.rejects(async () => tree?.at('s/b/x.yaml'), /lead into more than 2 folders/);
});

test('links and submodules lead nowhere, and what is no text breaks nothing else', async () => {
  await using world = await openWorld({
    [root]: location('link.yaml', 'vendor/x.yaml', 'a.yaml', 'b.yaml', 'empty.yaml'),
    'a.yaml': database('a'),
    'b.yaml': '\0',
    'empty.yaml': '',
  });
  world.push([
    ['link.yaml', makeLink('a.yaml')],
    ['vendor', makeSubmodule('0123456789abcdef0123456789abcdef01234567')],
  ]);
  const { names, faults } = await world.read();
  assert.deepEqual(names, ['a']);
  assert.deepEqual(
    faults.map((fault) => fault.split(' ', 1)[0]),
    ['b.yaml:1', `${root}:9`, `${root}:10`],
  );
  world.push([
    ['real.yaml', makeBlob(Buffer.from(location('b.yaml')))],
    [root, makeLink('real.yaml')],
  ]);
  const linked = await world.read();
  assert.match(linked.faults[0] ?? '', /catalog-info\.yaml:1 The file is a symbolic link/);
});

test('a text that GitHub cuts off is none', async () => {
  await using world = await openWorld();
  const [long, short] = [makeBlob(Buffer.alloc(512_001, 'x')), makeBlob(Buffer.from('x'))];
  world.push([
    ['long.yaml', long],
    ['short.yaml', short],
  ]);
  const asked = [long, short].map(({ sha, bytes }) => ({ sha, bytes: bytes.length }));
  const texts = await readTexts(world.octokit, repository, asked);
  assert.deepEqual([...texts], [[short.sha, 'x']]);
});

test('a repository is one commit for a whole reading, however often its tree is asked for', async () => {
  await using world = await openWorld({ [root]: database('a') });
  const checkout = await readDescriptors(world.octokit, repository, { path: root });
  assert.ok(checkout);
  const first = await checkout.tree();
  world.push(texts({ 'b.yaml': database('b') }));
  const again = await checkout.tree();
  assert.equal(again.revision, first.revision);
  assert.equal(await again.at('b.yaml'), undefined);
});

test('texts of before are found by their hashes, also long ones, and those that are gone are left out', async () => {
  const long = '# long\n'.repeat(100_000);
  await using world = await openWorld({ 'long.yaml': long, 'short.yaml': 'x' });
  world.push(texts({ 'long.yaml': '', 'short.yaml': '' }));
  const [kept, short, never] = [long, 'x', 'never'].map((text) => makeBlob(Buffer.from(text)).sha);
  assert.ok(kept && short && never);
  const found = await findTexts(world.octokit, repository, [kept, short, never, short]);
  assert.deepEqual(
    [...found].map(([sha, text]) => [sha, text.length]),
    [
      [kept, long.length],
      [short, 1],
    ],
  );
});

test('a GitHub that breaks down in the middle takes nothing away', async () => {
  await using world = await openWorld({ [root]: location('*.yaml'), 'b.yaml': database('b') });
  const { github } = world;
  await world.read();
  world.push(texts({ 'c.yaml': database('c') }));
  for (const route of ['GET /repos/{owner}/{repo}/git/trees/{tree_sha}', 'POST /graphql']) {
    github.addFault({ kind: 'answer', status: 502, route, times: 1 });
    const { names, faults } = await world.read();
    assert.deepEqual(names, ['b'], route);
    assert.match(faults.join(), /The repository could not be read/);
  }
  assert.deepEqual((await world.read()).names, ['b', 'c']);
});

test('a first file that is too long to be read is broken: it defines and leads to what it did before', async () => {
  const good = { [root]: `${location('x.yaml')}\n---\n${database('a')}`, 'x.yaml': database('b') };
  await using world = await openWorld(good);
  await world.read();
  world.push(texts({ [root]: '# long\n'.repeat(160_000), 'x.yaml': database('c') }));
  const { names, faults } = await world.read();
  assert.deepEqual(names, ['a', 'c']);
  const message = `${root} in ${repository} has 1120000 bytes; 1 MB is the most.`;
  assert.deepEqual(faults, [`${root}:1 ${message}`]);
});

/** The rule book of a bot, and what it says in its log about the catalog. */
async function openRules(github: Awaited<ReturnType<typeof openWorld>>['github']) {
  const { appId, privateKey } = sallyport(github);
  const told: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void told.push(line) });
  const silent = pino({ level: 'silent' });
  const app = createApp({ apiUrl: github.apiUrl, appId, privateKey }, silent, openBotMetrics());
  const rules = openRuleBook({
    config: {
      policy: { repository: 'acme/access', path: 'sallyport.yml' },
      catalog: { repositories: [repository], path: root },
      relays: ['eu-1', 'eu-2'].map((name) => ({ name, url: 'https://r.acme.dev', publicKey: '' })),
    },
    repositories: openRepositories(app),
    fileVersions: { of: async () => new Map(), keep: async () => undefined },
    history: { note: async () => new Map() },
    catalogRead: () => undefined,
    log,
    now: () => new Date(0),
  });
  return { rules, told };
}

test('a push to a file that a Location leads to has the rules read again, and one that breaks it is told once, with its line', async () => {
  await using world = await openWorld({ [root]: location('x/b.yaml'), 'x/b.yaml': database('b') });
  const { rules, told } = await openRules(world.github);
  const owned = async () => {
    const { catalog, policyRevision } = await rules.current();
    return [catalog.resources.get('resource:payments/b')?.target, policyRevision] as const;
  };
  const [target, revision] = await owned();
  assert.equal(target, 'b.internal:5432');
  const moved = { 'sallyport.dev/target': 'b2.internal:5432' };
  world.push(texts({ 'x/b.yaml': resource({ name: 'b', annotations: moved }) }));
  assert.deepEqual(await owned(), [target, revision], 'nobody told the bot');
  assert.ok(rules.changed(repository));
  const [after, next] = await owned();
  assert.equal(after, 'b2.internal:5432');
  assert.notEqual(next, revision);

  world.push(texts({ 'x/b.yaml': `${database('b')}\n---\nkind: [` }));
  rules.changed(repository);
  assert.deepEqual(await owned(), [after, next], 'the last good one stays');
  const { fault } = JSON.parse(told.at(-1) ?? '') as { fault: { code: string; place: object } };
  const place = { repository, path: 'x/b.yaml', line: 3 };
  assert.deepEqual([fault.code, fault.place], ['broken-file', place]);
  rules.doubt();
  await owned();
  assert.equal(told.length, 1, 'the log is not told the same again');
});
