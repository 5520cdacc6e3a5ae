// Which website belongs to which API: whoever creates the App is sent there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { siteOf } from '../../../bot/github/site.ts';
import { appsUrl, convertCode, newAppUrl } from '../../../bot/github/registration.ts';
import { openLog } from '../../../bot/log.ts';

const sites: readonly [string, string | undefined][] = [
  ['https://api.github.com', 'https://github.com'],
  ['https://api.acme.ghe.com', 'https://acme.ghe.com'],
  ['https://github.acme.dev/api/v3', 'https://github.acme.dev'],
  ['https://github.acme.dev:8443/api/v3', 'https://github.acme.dev:8443'],
  // A server of that name may be anybody's.
  ['https://api.acme.dev', undefined],
  ['https://api.github.com:444', undefined],
  ['https://api.github.com.evil.dev', undefined],
  ['https://api.ghe.com', undefined],
  ['https://api.a.b.ghe.com', undefined],
  ['https://evilghe.com', undefined],
  ['https://github.acme.dev/api/v4', undefined],
  ['https://gateway.acme.dev/github/api/v3', undefined],
];

for (const [api, site] of sites) {
  test(`the website of ${api} is ${site ?? 'not guessed'}`, () => {
    assert.equal(siteOf(api), site);
  });
}

test('the form leads to the page of the chosen owner, with its state', () => {
  const site = 'https://github.acme.dev';
  const acme = { kind: 'organization', login: 'acme' } as const;
  assert.equal(
    newAppUrl(site, acme, 'a.b'),
    `${site}/organizations/acme/settings/apps/new?state=a.b`,
  );
  assert.equal(newAppUrl(site, { kind: 'personal' }, '~'), `${site}/settings/apps/new?state=%7E`);
  assert.equal(appsUrl(site, acme), `${site}/organizations/acme/settings/apps`);
});

test('where nobody answers the code is not lost', async () => {
  const log = openLog({ write: () => undefined });
  const conversion = await convertCode('https://127.0.0.1:1/api/v3', 'abc', log);
  assert.equal(conversion.kind, 'unreachable');
});
