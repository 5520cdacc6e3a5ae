import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import * as oidc from 'openid-client';
import { createBrowser, type Browser } from './browser.ts';
import { createAuthority, trust, type Authority } from './certificates.ts';
import { startIdentityProvider, type IdentityProvider } from './identity-provider.ts';
import { answerForms, type PersonAtBrowser } from './person.ts';

const people = [
  { login: 'dana', subject: '00u-dana', name: 'Dana Developer', claims: { oid: 'oid-dana' } },
  { login: 'omar', subject: '00u-omar', name: 'Omar Owner', password: 'correct horse' },
];
let authority: Authority;
let application: Server;
let provider: IdentityProvider;
let callback: string;
let config: oidc.Configuration;

before(async () => {
  authority = await createAuthority();
  trust(authority);
  const tls = await authority.issue(['127.0.0.1']);
  application = createServer(tls, (_request, response) => void response.end('signed in'));
  await once(application.listen(0, '127.0.0.1'), 'listening');
  callback = `https://127.0.0.1:${(application.address() as AddressInfo).port}/callback`;
  const clients = [
    { clientId: 'bot', clientSecret: 'a secret of the bot', redirectUris: [callback] },
  ];
  provider = await startIdentityProvider({ tls, people, clients });
  const secret = oidc.ClientSecretBasic('a secret of the bot');
  config = await oidc.discovery(new URL(provider.issuer), 'bot', undefined, secret);
});
after(async () => {
  application.close();
  await provider.close();
});

test("the provider signs in a person, and the ID token's sub is their subject", async () => {
  const claims = await signIn(newBrowser(), { login: 'dana' });
  assert.equal(claims?.iss, provider.issuer);
  assert.equal(claims?.sub, '00u-dana');
  assert.equal(claims?.['oid'], 'oid-dana');
});

test('a wrong password is refused, the right one is not', async () => {
  const browser = newBrowser();
  await assert.rejects(signIn(browser, { login: 'omar', password: 'wrong' }), /did not work/);
  const claims = await signIn(browser, { login: 'omar', password: 'correct horse' });
  assert.equal(claims?.sub, '00u-omar');
});

test('a browser that has signed in is not asked again, unless max_age says so', async () => {
  const browser = newBrowser();
  await signIn(browser, { login: 'dana' });
  assert.equal((await signIn(browser, { login: 'omar' }))?.sub, '00u-dana');
  const claims = await signIn(browser, { login: 'dana' }, { max_age: '0' });
  assert.ok(Math.abs((claims?.auth_time as number) - Date.now() / 1000) < 5);
});

test('a provider for a shared browser asks every time', async () => {
  const tls = await authority.issue(['127.0.0.1']);
  const clients = [
    { clientId: 'bot', clientSecret: 'a secret of the bot', redirectUris: [callback] },
  ];
  await using shared = await startIdentityProvider({ tls, people, clients, asksEveryTime: true });
  const secret = oidc.ClientSecretBasic('a secret of the bot');
  const own = await oidc.discovery(new URL(shared.issuer), 'bot', undefined, secret);
  const browser = newBrowser();
  assert.equal((await signIn(browser, { login: 'dana' }, {}, own))?.sub, '00u-dana');
  const omar = { login: 'omar', password: 'correct horse' };
  assert.equal((await signIn(browser, omar, {}, own))?.sub, '00u-omar');
});

test('without PKCE the provider refuses', async () => {
  const url = oidc.buildAuthorizationUrl(config, { redirect_uri: callback, scope: 'openid' });
  const pages = await answerForms(newBrowser(), url.href, { login: 'dana' });
  assert.equal(pages.at(-1)?.url.searchParams.get('error'), 'invalid_request');
});

function newBrowser(): Browser {
  return createBrowser({ ca: authority.caPem });
}

/** Signs a person in as the bot would, with `openid-client`, and gives the claims it has verified. */
async function signIn(
  browser: Browser,
  person: PersonAtBrowser,
  extra: Record<string, string> = {},
  at = config,
) {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const expectedNonce = oidc.randomNonce();
  const url = oidc.buildAuthorizationUrl(at, {
    redirect_uri: callback,
    scope: 'openid profile',
    nonce: expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...extra,
  });
  const pages = await answerForms(browser, url.href, person);
  const last = pages.at(-1);
  if (last?.text !== 'signed in') throw new Error(last?.text);
  const checks = { pkceCodeVerifier, expectedNonce };
  return (await oidc.authorizationCodeGrant(at, last.url, checks)).claims();
}
