import assert from 'node:assert/strict';
import { posix } from 'node:path';
import test from 'node:test';
import * as fc from 'fast-check';
import { folderOf, matcherOf } from '../../../bot/catalog/pattern.ts';

const fits = (pattern: string, path: string) => matcherOf(pattern)(path);

test('a pattern stands for the paths that Backstage takes it for', () => {
  const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['*.yaml', ['a.yaml', 'a.b.yaml'], ['.yaml', 'a/b.yaml', 'a.yml', '.a.yaml']],
    [
      '*/catalog-info.yaml',
      ['a/catalog-info.yaml'],
      ['catalog-info.yaml', 'a/b/catalog-info.yaml'],
    ],
    ['**/x.yaml', ['x.yaml', 'a/x.yaml', 'a/b/x.yaml'], ['ax.yaml', '.a/x.yaml', 'a/.b/x.yaml']],
    ['a/**/b/*.yaml', ['a/b/c.yaml', 'a/x/y/b/c.yaml', 'a/b/b/c.yaml'], ['a/c.yaml', 'b/c.yaml']],
    ['a/.*/x.yaml', ['a/.b/x.yaml'], ['a/b/x.yaml']],
    ['a*b*c.yaml', ['abc.yaml', 'a-b-b-c.yaml'], ['acb.yaml', 'ab.yaml']],
    ['*a*a.yaml', ['aa.yaml', 'xaxa.yaml'], ['a.yaml']],
    ['a**b.yaml', ['ab.yaml', 'axb.yaml'], ['a/b.yaml']],
    ['**/**/x.yaml', ['x.yaml', 'a/b/x.yaml'], ['a/y.yaml']],
  ];
  for (const [pattern, fit, unfit] of table) {
    for (const path of fit) assert.ok(fits(pattern, path), `${pattern} ${path}`);
    for (const path of unfit) assert.ok(!fits(pattern, path), `${pattern} ${path}`);
  }
});

test('a pattern for descriptor files fits what it fits for Backstage’s matcher, which Node has as well', () => {
  const name = (parts: readonly string[]) =>
    fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 5 }).map((all) => all.join(''));
  const pathOf = (parts: readonly string[]) =>
    fc
      .array(name(parts), { minLength: 1, maxLength: 5 })
      // These are no names.
      .filter((names) => names.every((each) => !/^\.{1,2}$/.test(each)))
      .map((names) => `${names.join('/')}.yaml`);
  fc.assert(
    fc.property(
      pathOf(['a', 'b', '.', '*', '**']),
      fc.array(pathOf(['a', 'b', '.']), { minLength: 1, maxLength: 3 }),
      (pattern, paths) => {
        // Behind two `**` that matcher says no to a name with a dot, behind one it does not.
        fc.pre(!/\*\*\/.*\*\*\/(.*\/)?\./.test(pattern));
        const isFit = matcherOf(pattern);
        for (const path of paths) {
          assert.equal(isFit(path), posix.matchesGlob(path, pattern), `${pattern} ${path}`);
        }
      },
    ),
    { numRuns: 5_000 },
  );
});

test('no pattern takes long, whatever path it is compared with', () => {
  const path = `${'a'.repeat(250)}/`.repeat(20);
  // Tried one after the other, the ways in which they might fit would never come to an end.
  assert.ok(!fits(`**/${'*a'.repeat(200)}b.yaml`, path));
  assert.ok(!fits('**/'.repeat(100) + 'b.yaml', path));
});

test('a deep folder with many files is gone through once', () => {
  const folder = 'a/'.repeat(1_500);
  const isFit = matcherOf(`**/${'a/'.repeat(200)}**/*.yaml`);
  // Every name of each path compared with every name of the pattern takes longer than a test may.
  for (let nth = 0; nth < 30_000; nth += 1) assert.ok(isFit(`${folder}${nth}.yaml`));
});

test('what a pattern can stand for lies below the folder that it begins with', () => {
  assert.equal(folderOf('services/*/catalog-info.yaml'), 'services');
  assert.equal(folderOf('a/b/c*.yaml'), 'a/b');
  assert.equal(folderOf('**/catalog-info.yaml'), '');
});
