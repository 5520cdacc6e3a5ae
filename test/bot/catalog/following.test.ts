// Locations from the first file of a repository to all that they lead to, and what of it stays when something breaks.
import assert from 'node:assert/strict';
import test from 'node:test';
import { followingLimits } from '../../../bot/catalog/following.ts';
import { openCatalog } from '../../../bot/catalog/source.ts';
import { policyOf, policyText, resource } from '../access/world.ts';
import { checkoutOf, location, type CheckoutOptions, type Files } from './checkouts.ts';

const { policy } = policyOf(policyText);
const name = 'acme/payments-services';
const root = 'catalog-info.yaml';
const database = (of: string) => resource({ name: of });
const all = (...documents: readonly string[]) => documents.join('\n---\n');

/** A catalog of one repository, whose files a test replaces between two readings. */
function following(first: Files, options: CheckoutOptions = {}) {
  let files = first;
  let more = options;
  let nowMs = 0;
  const reads: string[] = [];
  const open = async () => checkoutOf(name, files, { roots: [root], reads, ...more });
  const catalog = openCatalog([{ repository: name, open }], { now: () => new Date(nowMs) });
  return {
    reads,
    change(next: Files, others: CheckoutOptions = {}) {
      files = { ...files, ...next };
      more = { ...options, ...others };
    },
    remove(path: string) {
      files = Object.fromEntries(Object.entries(files).filter(([each]) => each !== path));
    },
    pass: (ms: number) => void (nowMs += ms),
    /** What can be connected to, by name; then the faults as `code path:line`. */
    async read() {
      const faults = await catalog.refresh();
      const { resources, lacking } = catalog.snapshot(policy);
      return {
        names: Array.from(resources.values(), (each) => each.name).toSorted(),
        faults: faults.map(({ code, place }) => `${code} ${place.path}:${place.line}`),
        messages: faults.map(({ message }) => message),
        isLacking: lacking.has(name),
        place: (of: string) => resources.get(`resource:payments/${of}`)?.place,
      };
    },
  };
}

test('Locations are followed from file to file, and what a file defines is from that file', async () => {
  const { read } = following({
    [root]: all(database('a'), location('teams/all.yaml', 'b.yaml')),
    'b.yaml': database('b'),
    'teams/all.yaml': location('./*/db.yaml', '/c.yaml'),
    'teams/one/db.yaml': database('d'),
    'teams/two/db.yaml': all(database('e'), database('f')),
    'c.yaml': database('c'),
    'teams/three/other.yaml': database('g'),
  });
  const { names, faults, place } = await read();
  assert.deepEqual(names, ['a', 'b', 'c', 'd', 'e', 'f']);
  assert.deepEqual(faults, []);
  assert.deepEqual(place('f'), { repository: name, path: 'teams/two/db.yaml', line: 3 });
});

test('a file counts once, however often it is pointed at, and circles do no harm', async () => {
  const { read, reads } = following({
    [root]: all(location('b.yaml', './b.yaml', '**/*.yaml'), location('b.yaml', root)),
    'b.yaml': all(database('b'), location(root, 'c/c.yaml')),
    'c/c.yaml': all(database('c'), location('../b.yaml', 'c.yaml')),
  });
  const { names, faults } = await read();
  assert.deepEqual([names, faults], [['b', 'c'], []]);
  assert.deepEqual(reads, ['tree', 'b.yaml', 'c/c.yaml']);
});

test('a repository without a Location is not looked at any further', async () => {
  const { read, reads } = following({ [root]: database('a'), 'b.yaml': database('b') });
  assert.deepEqual((await read()).names, ['a']);
  assert.deepEqual(reads, []);
});

test('what has not changed is not read again', async () => {
  const { read, reads, change } = following({
    [root]: location('*/db.yaml'),
    'a/db.yaml': database('a'),
    'b/db.yaml': database('b'),
  });
  await read();
  reads.length = 0;
  assert.deepEqual((await read()).names, ['a', 'b']);
  assert.deepEqual(reads, ['tree']);
  change({ 'b/db.yaml': database('c') });
  assert.deepEqual((await read()).names, ['a', 'c']);
  assert.deepEqual(reads, ['tree', 'tree', 'b/db.yaml']);
});

test('what is not there is a fault at the line that points at it, unless it may be missing', async () => {
  const optional = location('./maybe.yaml', 'some/*.yaml').replace(
    '"targets"',
    '"presence":"optional",$&',
  );
  const { read } = following({
    [root]: all(location('no.yaml', 'a.yaml'), optional),
    'a.yaml': '',
  });
  const { faults, messages, isLacking } = await read();
  assert.deepEqual(faults, [`location-refused ${root}:9`]);
  assert.deepEqual(messages, [
    '"no.yaml" is not followed. There is no such file in the repository.',
  ]);
  assert.equal(isLacking, false);
});

test('a Location of a type that Backstage reads from its own disk is not followed', async () => {
  const file = location('a.yaml').replace('"targets"', '"type":"file",$&');
  const { read } = following({ [root]: file, 'a.yaml': database('a') });
  const { names, messages } = await read();
  assert.deepEqual(names, []);
  assert.match(messages[0] ?? '', /Leave spec\.type out, or write url/);
});

test('a file that breaks keeps what it defined and where it pointed, and all behind it stays up to date', async () => {
  const { read, change, pass } = following({
    [root]: location('b.yaml'),
    'b.yaml': all(database('b'), location('c.yaml')),
    'c.yaml': database('c'),
  });
  await read();
  change({ 'b.yaml': 'kind: [' });
  pass(600_000);
  assert.deepEqual((await read()).names, ['b', 'c']);
  change({ 'c.yaml': database('d') });
  const broken = await read();
  assert.deepEqual(broken.names, ['b', 'd']);
  assert.deepEqual([broken.faults, broken.isLacking], [['broken-file b.yaml:1'], false]);

  change({
    [root]: 'kind: Location\napiVersion: backstage.io/v1alpha1\nspec: { targets: b.yaml }',
  });
  const both = await read();
  assert.deepEqual(both.names, ['b', 'd']);
  assert.deepEqual(both.faults, [`broken-file ${root}:3`, 'broken-file b.yaml:1']);
  change({ [root]: location('b.yaml'), 'b.yaml': location('c.yaml') });
  assert.deepEqual(await read().then(({ names, faults }) => [names, faults]), [['d'], []]);
});

test('behind a file that was never good nothing is known, and nobody loses access because of it', async () => {
  const { read } = following({ [root]: location('b.yaml'), 'b.yaml': '{' });
  const { names, isLacking } = await read();
  assert.deepEqual([names, isLacking], [[], true]);
});

test('a file to which nothing leads any more counts for a minute yet, and so does one that is gone', async () => {
  for (const lose of [
    (world: ReturnType<typeof following>) => world.change({ [root]: location('c.yaml') }),
    (world: ReturnType<typeof following>) => world.remove('b.yaml'),
  ]) {
    const world = following({
      [root]: location('*.yaml'),
      'b.yaml': database('b'),
      'c.yaml': database('c'),
    });
    await world.read();
    lose(world);
    const missed = await world.read();
    assert.deepEqual([missed.names, missed.faults], [['b', 'c'], ['missing-file b.yaml:1']]);
    world.pass(59_999);
    assert.deepEqual((await world.read()).names, ['b', 'c']);
    world.pass(1);
    assert.deepEqual(await world.read().then(({ names, faults }) => [names, faults]), [['c'], []]);
  }
});

test('what was pushed while the repository was being read changes nothing before the next reading', async () => {
  const { read, change } = following({ [root]: location('b.yaml'), 'b.yaml': database('b') });
  await read();
  const before = { [root]: location('b.yaml') };
  change({ [root]: location('c.yaml'), 'c.yaml': database('c') }, { earlier: before });
  const torn = await read();
  assert.deepEqual(torn.names, ['b']);
  assert.match(torn.messages[0] ?? '', /catalog-info\.yaml changed while the repository was read/);
  change({});
  assert.deepEqual((await read()).names, ['b', 'c']);
});

test('a first file that is a symbolic link counts, and its Locations do not', async () => {
  const { read, change } = following({
    [root]: all(database('a'), location('b.yaml')),
    'b.yaml': '',
  });
  const texts = await read();
  assert.deepEqual([texts.names, texts.faults], [['a'], []]);
  // GitHub gives the text of what it leads to; the tree knows better.
  const link = { at: async () => ({ kind: 'link', revision: 'x', bytes: 9 }) as const };
  change({}, { tree: link });
  const { names, faults } = await read();
  assert.deepEqual(
    [names, faults],
    [['a'], [`location-refused ${root}:1`, 'missing-file b.yaml:1']],
  );
});

test('a file that is too long, or no text, is broken, and a good one from before stays', async () => {
  const { read, change } = following({ [root]: location('*.yaml'), 'b.yaml': database('b') });
  await read();
  change({
    'b.yaml': `${database('b')}${' '.repeat(followingLimits.maxFileBytes)}`,
    'c.yaml': '\0',
  });
  const { names, faults, messages, isLacking } = await read();
  assert.deepEqual(names, ['b']);
  assert.deepEqual(faults, [`broken-file ${root}:9`, 'broken-file c.yaml:1']);
  assert.match(messages[0] ?? '', /b\.yaml has 512\d{3} bytes, and 512000 are the most/);
  assert.equal(isLacking, true, 'c.yaml was never good');
});

/** As many files as these, in folders. */
const many = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => {
      const number = String(index).padStart(5, '0');
      return [`many/${number}.yaml`, `# ${number}`];
    }),
  );

test('of more than 1,000 files the rest is left out, a fault says so, and nobody takes it to be absent', async () => {
  const { read, reads } = following({
    ...many(999),
    'z/db.yaml': database('z'),
    [root]: location('many/*.yaml', 'z/*.yaml', 'y/db.yaml'),
    'y/db.yaml': database('y'),
  });
  const { names, faults, messages, isLacking } = await read();
  assert.deepEqual([names, faults], [['z'], [`location-left-out ${root}:11`]]);
  assert.match(
    messages[0] ?? '',
    /^"y\/db\.yaml" is not followed\. .* 1000 files .* like all that comes after it/,
  );
  assert.deepEqual([isLacking, reads.length], [true, 1 + 1_000]);
});

test('text of more than 4 MiB is left out like too many files', async () => {
  const long = (index: number) => `# ${index}${' '.repeat(450_000)}`;
  const files = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`l/${i}.yaml`, long(i)]));
  const { read } = following({ ...files, [root]: location('l/*.yaml') });
  const { faults, isLacking } = await read();
  assert.deepEqual([faults, isLacking], [[`location-left-out ${root}:9`], true]);
});

test('Locations ten deep are followed, and the eleventh is not', async () => {
  const files: Record<string, string> = {};
  for (let depth = 1; depth <= 11; depth += 1) {
    files[`${depth}.yaml`] = all(database(`d${depth}`), location(`${depth + 1}.yaml`));
  }
  const { read } = following({ ...files, [root]: location('1.yaml'), '12.yaml': database('end') });
  const { names, faults, isLacking } = await read();
  assert.equal(names.length, 10);
  assert.deepEqual([faults, isLacking], [['location-left-out 10.yaml:11'], true]);
});

test('of targets and of patterns there is an end as well', async () => {
  for (const [target, most] of [
    ['a.yaml', followingLimits.maxTargets],
    ['*.yaml', followingLimits.maxPatterns],
  ] as const) {
    const targets = Array.from({ length: most + 1 }, () => target);
    const { read } = following({ [root]: location(...targets), 'a.yaml': database('a') });
    const { names, faults, isLacking } = await read();
    assert.deepEqual([names, isLacking], [['a'], true]);
    assert.deepEqual(faults, [`location-left-out ${root}:${9 + most}`]);
  }
});

test('a pattern over more files than can be listed is a fault, and a target by its name is not', async () => {
  const files = {
    [root]: location('**/x.yaml', 'a/*.yaml', 'b/x.yaml'),
    'a/x.yaml': database('a'),
  };
  const isListed = (folder: string) => folder !== '';
  const { read } = following({ ...files, 'b/x.yaml': database('b') }, { isListed });
  const { names, faults, messages, isLacking } = await read();
  assert.deepEqual([names, isLacking], [['a', 'b'], true]);
  assert.deepEqual(faults, [`location-left-out ${root}:9`]);
  assert.match(messages[0] ?? '', /begin the pattern with a smaller folder, or name the files/);
});

test('whoever waits has a turn between two files, and between two patterns', async () => {
  const files = Object.fromEntries(['a', 'b', 'c'].map((each) => [`${each}.yaml`, database(each)]));
  const patterns = location('a*.yaml', 'b*.yaml', 'c*.yaml');
  const { read } = following({ ...files, [root]: patterns });
  let turns = 0;
  const count = () => {
    turns += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  const { names } = await read();
  clearImmediate(next);
  assert.deepEqual(names, ['a', 'b', 'c']);
  assert.ok(turns >= 6, String(turns));
});
