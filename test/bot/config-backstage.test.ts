import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../bot/config.ts';
import { environment, faultsWith, file, withApp } from './operator-settings.ts';

/** The template with the lines of the Backstage that it has commented out, and these changes of them. */
function withBackstage(changes: Readonly<Record<string, string>> = {}) {
  const on = withApp.replaceAll(/# (?= *(?:backstage:|url: https:\/\/back|sign:|branch:))/g, '');
  const text = Object.entries(changes).reduce((all, [from, to]) => {
    assert.ok(all.includes(from), from);
    return all.replace(from, to);
  }, on);
  return { SALLYPORT_CONFIG: file('with-backstage.yml', text) };
}

test('a Backstage beside the repositories, or in their place, is read as the template has it', () => {
  const catalogOf = (changes: Record<string, string>) => {
    const variables = { ...environment, ...withBackstage(changes) };
    const reading = readConfig({ version: '0.1.0', environment: variables });
    assert.ok(reading.kind === 'valid', JSON.stringify(reading));
    return reading.config.catalog;
  };
  const backstage = {
    url: 'https://backstage.acme.dev',
    token: undefined,
    branch: 'main',
    site: 'https://github.com',
    maxAgeSeconds: 60,
  };
  const repositories = ['acme/org', 'acme/payments-services'];
  assert.deepEqual(catalogOf({}), { repositories, path: 'catalog-info.yaml', backstage });
  const given = catalogOf({
    'repositories: [acme/org, acme/payments-services]': 'repositories: []',
    'sign: true': `token-file: ${file('catalog-token', 'token-of-the-catalog\n')}`,
    'https://backstage.acme.dev': 'http://127.0.0.1:7007/',
  });
  assert.deepEqual(given.repositories, []);
  assert.equal(given.backstage?.url, 'http://127.0.0.1:7007');
  assert.equal(given.backstage?.token, 'token-of-the-catalog');
});

test('a Backstage that could be anybody, or that is told no way in, is refused', () => {
  const either = /catalog\.backstage: Expected either token-file or sign: true\./;
  const https = /catalog\.backstage\.url: Expected an https address; http on this machine alone\./;
  const tokenFile = `token-file: ${file('bad-token', 'two words\n')}`;
  const cases: [Record<string, string>, RegExp][] = [
    [{ 'sign: true': `sign: true\n    ${tokenFile}` }, either],
    [{ 'sign: true': '' }, either],
    [{ 'sign: true': 'sign: false' }, /sign: Expected true, or leave it out\./],
    [{ 'sign: true': tokenFile }, /backstage\.token-file: Expected a token of 8 or more/],
    [{ 'https://backstage.acme.dev': 'http://backstage.acme.dev' }, https],
    [{ 'https://backstage.acme.dev': 'https://me@backstage.acme.dev' }, https],
    [{ 'https://backstage.acme.dev': 'https://:pass@backstage.acme.dev' }, https],
    [{ 'https://backstage.acme.dev': 'https://backstage.acme.dev/?x' }, https],
    [
      { 'branch: main': 'max-age-seconds: 5' },
      /max-age-seconds: Expected a whole number from 10 to 3600/,
    ],
  ];
  for (const [changes, fault] of cases)
    assert.match(faultsWith(withBackstage(changes)).join(), fault);
  assert.match(
    faultsWith({ ...withBackstage(), GITHUB_API_URL: 'https://gateway.acme.dev/github' }).join(),
    /catalog\.backstage: the website of the API that github\.api-url names is not known/,
  );
});

test('a catalog without a source is refused', () => {
  const none = withApp.replace(/repositories: \[acme\/org.*\]/, 'repositories: []');
  assert.match(
    faultsWith({ SALLYPORT_CONFIG: file('no-catalog.yml', none) }).join(),
    /catalog: Expected at least one repository, or backstage\./,
  );
});
