import assert from 'node:assert/strict';
import test from 'node:test';
import { fileAt, isLocation, isNamed, originOf } from '../../../bot/catalog/origin.ts';

const files = { site: 'https://github.com', branch: 'main', path: 'catalog-info.yaml' };
const at = (rest: string) => `url:https://github.com/${rest}`;

test('a repository is its one descriptor file on the one branch, and nothing else in it', () => {
  for (const form of ['blob', 'tree']) {
    const location = at(`Acme/Payments-Services/${form}/main/catalog-info.yaml`);
    assert.equal(originOf(location, files), 'acme/payments-services');
  }
});

test('what is not spelled as expected is never taken for a repository', () => {
  const elsewhere = [
    at('acme/payments-services/blob/my-branch/catalog-info.yaml'),
    // A commit of any fork can be read through the repository it was forked from.
    at('acme/payments-services/blob/0123456789abcdef0123456789abcdef01234567/catalog-info.yaml'),
    at('acme/payments-services/blob/main/docs/catalog-info.yaml'),
    at('acme/payments-services/raw/main/catalog-info.yaml'),
    at('acme/payments-services/blob/main/catalog-info.yaml?x=/blob/main/catalog-info.yaml'),
    at('acme/payments-services/blob/main/../../evil/blob/main/catalog-info.yaml'),
    at('acme/payments-services/blob/main/Catalog-Info.yaml'),
    at('acme//blob/main/catalog-info.yaml'),
    at('/blob/main/catalog-info.yaml'),
    at('blob/main/catalog-info.yaml'),
    at('acme/päyments/blob/main/catalog-info.yaml'),
    'url:https://github.com.evil.example/acme/payments-services/blob/main/catalog-info.yaml',
    'url:https://evil.example/github.com/acme/payments-services/blob/main/catalog-info.yaml',
    'url:http://github.com/acme/payments-services/blob/main/catalog-info.yaml',
    'url:https://acme@github.com/acme/payments-services/blob/main/catalog-info.yaml',
    'url:https://github.com:443/acme/payments-services/blob/main/catalog-info.yaml',
    'file:https://github.com/acme/payments-services/blob/main/catalog-info.yaml',
    ' url:https://github.com/acme/payments-services/blob/main/catalog-info.yaml',
  ];
  for (const location of elsewhere) assert.equal(originOf(location, files), location);
  for (const none of ['acme/payments-services', '', undefined, 7, {}])
    assert.equal(originOf(none, files), 'unknown');
});

test('a star of the policy stands for one whole segment that leads nowhere else', () => {
  const users = ['msgraph:default/*', at('*'), at('orgs/acme/teams/*')];
  const teams = at('orgs/acme/teams/payments');
  for (const origin of ['msgraph:default/5c0d-11', 'msgraph:default/uid%3Ddana', at('dana'), teams])
    assert.ok(isNamed(users, origin), origin);
  const foreign = [
    'msgraph:other/5c0d',
    'msgraph:default/',
    'msgraph:default/a/b',
    'msgraph:default/..',
    'msgraph:default/%2e%2e',
    'msgraph:default/a%2Fb',
    'msgraph:default/a%252Fb',
    'msgraph:default/a%00',
    'msgraph:default/a\\b',
    'msgraph:default/a?b',
    'msgraph:default/a b',
    at('acme/evil/blob/main/catalog-info.yaml'),
    at(''),
    at('orgs/evil/teams/payments'),
    'unknown',
  ];
  for (const origin of foreign) assert.ok(!isNamed(users, origin), origin);
});

test('a repository is named exactly, and no star reaches it', () => {
  assert.ok(isNamed(['acme/org'], 'acme/org'));
  assert.ok(!isNamed(['acme/*', '*', '*/*'], 'acme/org'));
});

test('policy names a location by a type and a fixed beginning', () => {
  const fit = ['msgraph:default/*', at('acme/mono/blob/main/services/*/catalog-info.yaml'), 'x:y'];
  for (const name of fit) assert.ok(isLocation(name), name);
  const unfit = [
    'msgraph:*',
    'url:https://*/acme',
    'url:*',
    'a/b',
    at('ac*'),
    'x:',
    'https://github.com/acme/org',
    'x: y',
    ':x',
  ];
  for (const name of unfit) assert.ok(!isLocation(name), name);
});

test('a location on the branch that counts is a file of its repository', () => {
  const table: readonly (readonly [string, string | undefined])[] = [
    [at('Acme/Mono/blob/main/a/b.yaml'), 'acme/mono a/b.yaml'],
    [at('acme/mono/tree/main/my%20team/x.yaml'), 'acme/mono my team/x.yaml'],
    [at('acme/mono/tree/main/%.yaml'), 'acme/mono %.yaml'],
    [at('acme/mono/blob/dev/a.yaml'), undefined],
    [at('acme/mono/raw/main/a.yaml'), undefined],
    [at('acme/mono'), undefined],
    ['url:https://github.com.evil.example/acme/mono/blob/main/a.yaml', undefined],
    ['msgraph:default/x', undefined],
    ['acme/mono', undefined],
  ];
  for (const [location, file] of table) {
    const found = fileAt(location, files);
    assert.equal(found && `${found.repository} ${found.path}`, file, location);
  }
});
