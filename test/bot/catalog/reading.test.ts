// What a catalog that has just been opened makes of files that are broken: their last good version stands in for them.
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
const broken = 'kind: Resource\nmetadata: {';

/** A catalog of one repository that nothing is held of yet. */
function reading(files: Files, options: CheckoutOptions) {
  const reads: string[] = [];
  let now = files;
  const checkout = () => checkoutOf(name, now, { roots: [root], reads, ...options });
  const catalog = openCatalog([{ repository: name, open: async () => checkout() }]);
  return {
    catalog,
    checkout,
    become: (next: Files) => void (now = next),
    /** What can be connected to as `name file`; the faults; and whose history was looked into. */
    async read() {
      reads.length = 0;
      const faults = await catalog.refresh();
      const { resources, lacking } = catalog.snapshot(policy);
      return {
        names: Array.from(resources.values(), (each) => `${each.name} ${each.place.path}`),
        faults: faults.map(({ code, place }) => `${code} ${place.path}:${place.line}`),
        isLacking: lacking.has(name),
        past: reads.filter((each) => each.startsWith('past of ')),
      };
    },
  };
}

test('after a start the last good version of a broken file counts, with all that it leads to, and the faults are told', async () => {
  const { read } = reading(
    { [root]: broken, 'b.yaml': broken, 'c.yaml': database('c') },
    {
      past: {
        [root]: [broken, '{', location('b.yaml', 'c.yaml'), location('d.yaml')],
        'b.yaml': [broken, database('b'), database('older')],
      },
    },
  );
  const faults = [`broken-file ${root}:2`, 'broken-file b.yaml:2'];
  const first = await read();
  assert.deepEqual(first.names.toSorted(), ['b b.yaml', 'c c.yaml']);
  assert.deepEqual([first.faults, first.isLacking], [faults, false]);
  assert.deepEqual(first.past, [`past of ${root}`, 'past of b.yaml']);
  const again = await read();
  assert.deepEqual(again, { ...first, past: [] }, 'it is held from then on');
});

test('a file that was never good has no entities, and its history is looked into once', async () => {
  const { read } = reading({ [root]: broken }, { past: { [root]: [broken, '{'] } });
  const none = { names: [], faults: [`broken-file ${root}:2`], isLacking: true };
  assert.deepEqual(await read(), { ...none, past: [`past of ${root}`] });
  assert.deepEqual(await read(), { ...none, past: [] });
});

test('what another file defines now counts, and not what a broken one defined', async () => {
  const { read } = reading(
    { [root]: location('a.yaml', 'b.yaml'), 'a.yaml': broken, 'b.yaml': database('x') },
    { past: { 'a.yaml': [database('x')] } },
  );
  assert.deepEqual((await read()).names, ['x b.yaml']);
});

test('a version that was too long to be read was never good', async () => {
  const long = `${database('a')}\n#${'x'.repeat(followingLimits.maxFileBytes)}`;
  const { read } = reading(
    { [root]: location('a.yaml'), 'a.yaml': broken },
    { past: { 'a.yaml': [broken, long] } },
  );
  assert.deepEqual((await read()).names, []);
});

test('the history of fifty files of a repository is looked into, and of no more', async () => {
  const paths = Array.from({ length: 51 }, (_, n) => `x/${100 + n}.yaml`);
  const { read, become } = reading(
    { [root]: location('x/*.yaml'), ...Object.fromEntries(paths.map((path) => [path, broken])) },
    { past: Object.fromEntries(paths.map((path, n) => [path, [database(`d${n}`)]])) },
  );
  const first = await read();
  assert.deepEqual([first.names.length, first.past.length, first.isLacking], [50, 50, true]);
  become({ [root]: location('y.yaml'), 'y.yaml': broken });
  assert.deepEqual((await read()).past, []);
});

test('for what is only proposed no history is looked into', async () => {
  const { catalog, checkout, read, become } = reading(
    { [root]: database('a') },
    { past: { [root]: [database('b')], 'b.yaml': [database('b')] } },
  );
  await read();
  become({ [root]: location('b.yaml'), 'b.yaml': broken });
  const tried = await catalog.tryOut(name, checkout());
  assert.equal(catalog.snapshot(policy, tried).resources.size, 0);
});
