import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { destinationOf, type Home } from '../../../bot/catalog/destination.ts';

const home: Home = { repository: 'acme/mono', site: 'https://github.com', branch: 'main' };
const from = 'teams/payments/all.yaml';
const lead = (target: string, at = home) => {
  const found = destinationOf(target, from, at);
  if (found.kind === 'nowhere') return assert.fail(`${target}: ${found.why}`);
  return found.kind === 'file' ? found.path : `pattern ${found.pattern}`;
};
const reason = (target: string, at = home) => {
  const found = destinationOf(target, from, at);
  return found.kind === 'nowhere' ? found.why : assert.fail(`${target} leads somewhere`);
};

test('a target leads to a file of the same repository, by a path or by an address', () => {
  const table: readonly (readonly [string, string])[] = [
    ['x.yaml', 'teams/payments/x.yaml'],
    ['./x.yml', 'teams/payments/x.yml'],
    ['./a/../x.yaml', 'teams/payments/x.yaml'],
    ['../../x.yaml', 'x.yaml'],
    ['/x.yaml', 'x.yaml'],
    ['my%20team/größe.yaml', 'teams/payments/my team/größe.yaml'],
    ['a b/x.yaml', 'teams/payments/a b/x.yaml'],
    ['../*/all.yaml', 'pattern teams/*/all.yaml'],
    ['/**/catalog-info.yaml', 'pattern **/catalog-info.yaml'],
    ['*/../x.yaml', 'teams/payments/x.yaml'],
    ['https://github.com/acme/mono/blob/main/a/x.yaml', 'a/x.yaml'],
    ['https://GitHub.com/Acme/Mono/tree/main/a/x.yaml', 'a/x.yaml'],
    ['https://github.com/acme/mono/edit/main/x.yaml', 'x.yaml'],
    ['https://github.com/acme/mono/raw/HEAD/x.yaml', 'x.yaml'],
    ['https://github.com/acme/mono/blob/main/*/x.yaml', 'pattern */x.yaml'],
  ];
  for (const [target, path] of table) assert.equal(lead(target), path, target);
  const release = { ...home, branch: 'release/2' };
  assert.equal(lead('https://github.com/acme/mono/blob/release/2/x.yaml', release), 'x.yaml');
});

test('on a disk, where neither website nor branch is known, every address of the repository leads to it', () => {
  const disk = { ...home, site: null, branch: null };
  assert.equal(lead('https://git.acme.dev/acme/mono/blob/trunk/a/x.yaml', disk), 'a/x.yaml');
  assert.match(reason('https://github.com/acme/other/blob/main/x.yaml', disk), /acme\/other/);
  assert.match(reason('file:x.yaml', disk), /Only addresses with https/);
});

test('what leads anywhere else leads nowhere, and the reason says what to do', () => {
  const other = 'https://github.com/acme/mono';
  const table: readonly (readonly [string, RegExp])[] = [
    ['../../../x.yaml', /^It leads out of the repository\.$/],
    ['/../x.yaml', /leads out/],
    ['%2e%2e/%2e%2e/%2e%2e/x.yaml', /two ways/],
    ['a%2Fx.yaml', /two ways/],
    ['%2A.yaml', /two ways/],
    ['%2525.yaml', /two ways/],
    ['%.yaml', /begin an encoded character/],
    ['..\\..\\x.yaml', /only \* and \*\*/],
    ['{a,b}.yaml', /only \* and \*\*/],
    ['[ab].yaml', /only \* and \*\*/],
    ['!x.yaml', /only \* and \*\*/],
    ['x?.yaml', /begins with \? or #/],
    ['x.yaml#L3', /begins with \? or #/],
    ['//evil.example/x.yaml', /Expected the path of a file/],
    ['', /Expected the path/],
    ['./services/', /Expected the path/],
    ['x\u202e.yaml', /plain text/],
    [' x.yaml', /plain text/],
    ['x.json', /end in \.yaml or \.yml/],
    ['services/*', /end in \.yaml or \.yml/],
    [`${'**/'.repeat(5)}*.yaml`, /no more than 10 stars/],
    ['.yaml', /end in \.yaml or \.yml/],
    ['x'.repeat(600), /too long/],
    [`${other.replace('mono', 'other')}/blob/main/x.yaml`, /Name acme\/other in catalog\.repos/],
    ['https://github.com/mallory/mono/blob/main/x.yaml', /Name mallory\/mono in catalog\.repos/],
    [`${other}.evil/blob/main/x.yaml`, /Name acme\/mono\.evil in/],
    [`${other}/blob/dev/x.yaml`, /another branch than main/],
    [`${other}/blob/maintenance/x.yaml`, /another branch than main/],
    [`${other}/blob/0123456789abcdef0123456789abcdef01234567/x.yaml`, /another branch/],
    [`${other}/blob/main/../../x.yaml`, /without \. and \.\./],
    [`${other}/blob/main/%2e%2e/x.yaml`, /two ways/],
    [`${other}/commits/main/x.yaml`, /Expected an address such as https:\/\/github\.com\/acme/],
    [`${other}/blob/main`, /end in \.yaml/],
    [other.replace('https', 'http') + '/blob/main/x.yaml', /Only addresses at https:\/\/github/],
    ['https://github.com.evil.example/acme/mono/blob/main/x.yaml', /Only addresses at/],
    ['https://github.com@evil.example/acme/mono/blob/main/x.yaml', /Only addresses at/],
    ['https://github.com:443/acme/mono/blob/main/x.yaml', /Only addresses at/],
    ['https:/github.com/acme/mono/blob/main/x.yaml', /Only addresses at/],
    ['url:https://github.com/acme/mono/blob/main/x.yaml', /Only addresses at/],
    ['file:///etc/x.yaml', /Only addresses at/],
  ];
  for (const [target, why] of table) assert.match(reason(target), why, target);
});

const pieces = [
  'a',
  'b',
  '.',
  '..',
  '%2e',
  '%2E.',
  '%2f',
  '%5c',
  '\\',
  '*',
  '**',
  ' ',
  '?',
  '#',
  '%',
];
const paths = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 4 })), { maxLength: 8 })
  .map((parts) => parts.join('/'));
const targets = fc.oneof(
  paths,
  paths.map((path) => `/${path}.yaml`),
  paths.map((path) => `${path}.yaml`),
  paths.map((path) => `https://github.com/acme/mono/blob/main/${path}.yaml`),
  fc.string({ unit: 'binary' }),
);

test('no target leads out of the repository, whatever it is made of', () => {
  fc.assert(
    fc.property(targets, (target) => {
      const found = destinationOf(target, from, home);
      if (found.kind === 'nowhere') return assert.match(found.why, /\.$/);
      const names = (found.kind === 'file' ? found.path : found.pattern).split('/');
      for (const name of names) assert.ok(!['', '.', '..'].includes(name), target);
      assert.doesNotMatch(names.join('/'), /[\\?#%]|\p{C}/u);
    }),
    { numRuns: 5_000 },
  );
});

test('a target leads where a browser would be led from the page of its file, or nowhere', () => {
  const page = 'https://github.com/acme/mono/blob/main/';
  fc.assert(
    fc.property(targets, (target) => {
      const found = destinationOf(target, from, home);
      if (found.kind === 'nowhere') return;
      const path = found.kind === 'file' ? found.path : found.pattern;
      // Backstage takes what begins with a slash from the top of the repository.
      const [written, base] = target.startsWith('/') ? [`.${target}`, page] : [target, page + from];
      const url = new URL(written, base);
      assert.equal(url.origin + decodeURIComponent(url.pathname), page + path, target);
    }),
    { numRuns: 5_000 },
  );
});
