import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import {
  openOidc,
  type AcrClaim,
  type Oidc,
  type PendingSignIn,
} from '../../../bot/identity/oidc.ts';
import { createBrowser } from '../../support/browser.ts';
import { createAuthority, type Authority } from '../../support/certificates.ts';
import { startIdentityProvider, type IdentityProvider } from '../../support/identity-provider.ts';
import { reservePort } from '../../support/ports.ts';
import { answerForms } from '../../support/person.ts';

const people = [
  { login: 'dana', subject: '00u-dana', name: 'Dana Developer', claims: { oid: 'oid-dana' } },
];
const clientSecret = 'a secret of the bot';
let authority: Authority;
let provider: IdentityProvider;
let application: ReturnType<typeof createServer>;
let callback: string;

before(async () => {
  authority = await createAuthority();
  setDefaultCACertificates([...getCACertificates(), authority.caPem]);
  const tls = await authority.issue(['127.0.0.1']);
  application = createServer(tls, (_request, response) => void response.end('arrived'));
  await once(application.listen(0, '127.0.0.1'), 'listening');
  callback = `https://127.0.0.1:${(application.address() as AddressInfo).port}/callback`;
  provider = await startIdentityProvider({ tls, people, clients: [client()] });
});
after(async () => {
  application.close();
  application.closeAllConnections();
  await provider.close();
});

function client() {
  return { clientId: 'bot', clientSecret, redirectUris: [callback] };
}

function oidcAt(issuer: string, subjectClaim = 'sub', acrClaim: AcrClaim = 'acr'): Oidc {
  return openOidc({ issuer, clientId: 'bot', clientSecret, subjectClaim, acrClaim });
}

async function started(oidc: Oidc): Promise<{ url: URL; pending: PendingSignIn }> {
  const start = await oidc.begin(callback);
  assert.equal(start.kind, 'started', JSON.stringify(start));
  return start.kind === 'started' ? start : assert.fail();
}

/** Where dana's browser is when the provider has sent it back. */
async function signedIn(url: URL): Promise<URL> {
  const browser = createBrowser({ ca: authority.caPem });
  const pages = await answerForms(browser, url.href, { login: 'dana' });
  return pages.at(-1)?.url ?? assert.fail();
}

test('whoever signs in is known by the issuer and their stable subject', async () => {
  const oidc = oidcAt(provider.issuer);
  const { url, pending } = await started(oidc);
  const end = await oidc.finish(await signedIn(url), pending);
  assert.ok(end.kind === 'signed-in', JSON.stringify(end));
  const { issuer, subject, proof } = end;
  assert.deepEqual({ issuer, subject }, { issuer: provider.issuer, subject: '00u-dana' });
  assert.ok(Math.abs((proof.authTime?.getTime() ?? 0) - Date.now()) < 30_000);
});

test('the stable subject may be another claim, as at Entra ID', async () => {
  const oidc = oidcAt(provider.issuer, 'oid');
  const { url, pending } = await started(oidc);
  const end = await oidc.finish(await signedIn(url), pending);
  assert.equal(end.kind === 'signed-in' && end.subject, 'oid-dana');
});

test('a token without the stable subject signs nobody in', async () => {
  const oidc = oidcAt(provider.issuer, 'employee_number');
  const { url, pending } = await started(oidc);
  const end = await oidc.finish(await signedIn(url), pending);
  assert.equal(end.kind === 'failed' && end.reason, 'unfit');
});

for (const part of ['state', 'nonce', 'codeVerifier'] as const) {
  test(`an answer that does not fit the ${part} of its sign-in signs nobody in`, async () => {
    const oidc = oidcAt(provider.issuer);
    const { url, pending } = await started(oidc);
    const { pending: other } = await started(oidc);
    const end = await oidc.finish(await signedIn(url), { ...pending, [part]: other[part] });
    assert.equal(end.kind === 'failed' && end.reason, 'unfit');
  });
}

test('an answer from another issuer signs nobody in', async () => {
  const oidc = oidcAt(provider.issuer);
  const { url, pending } = await started(oidc);
  const current = await signedIn(url);
  current.searchParams.set('iss', 'https://evil.test');
  const end = await oidc.finish(current, pending);
  assert.equal(end.kind === 'failed' && end.reason, 'unfit');
});

for (const [error, reason] of [
  ['access_denied', 'declined'],
  ['temporarily_unavailable', 'unreachable'],
] as const) {
  test(`the provider's answer ${error} is told as ${reason}`, async () => {
    const oidc = oidcAt(provider.issuer);
    const { pending } = await started(oidc);
    const current = new URL(callback);
    const { state } = pending;
    current.search = new URLSearchParams({ error, state, iss: provider.issuer }).toString();
    const end = await oidc.finish(current, pending);
    assert.equal(end.kind === 'failed' && end.reason, reason);
  });
}

for (const error of ['unmet_authentication_requirements', 'login_required']) {
  test(`the provider's answer ${error} is told as unmet, by its name`, async () => {
    const oidc = oidcAt(provider.issuer);
    const { pending } = await started(oidc);
    const current = new URL(callback);
    const { state } = pending;
    current.search = new URLSearchParams({ error, state, iss: provider.issuer }).toString();
    const end = await oidc.finish(current, pending);
    assert.deepEqual(end, {
      kind: 'failed',
      reason: 'unmet',
      detail: `the provider answered ${error}`,
    });
  });
}

const maxAgeMs = 900_000;
for (const [what, claim, stepUp, expected] of [
  ['nothing at first', 'acr', undefined, {}],
  ['how recent', 'acr', { demand: { maxAgeMs, acr: [] }, isTooOld: false }, { max_age: '900' }],
  [
    'to sign in anew, where it is known to be too long ago',
    'acr',
    { demand: { maxAgeMs, acr: [] }, isTooOld: true },
    { max_age: '900', prompt: 'login' },
  ],
  [
    'for the ways, the most wanted first',
    'acr',
    { demand: { maxAgeMs: null, acr: ['phr', 'phrh'] }, isTooOld: false },
    { acr_values: 'phr phrh' },
  ],
  [
    'Entra ID for an authentication context',
    'acrs',
    { demand: { maxAgeMs: null, acr: ['c1'] }, isTooOld: false },
    { claims: '{"id_token":{"acrs":{"essential":true,"value":"c1"}}}' },
  ],
  [
    'Entra ID for one of several',
    'acrs',
    { demand: { maxAgeMs: null, acr: ['c1', 'c2'] }, isTooOld: false },
    { claims: '{"id_token":{"acrs":{"essential":true,"values":["c1","c2"]}}}' },
  ],
] as const) {
  test(`the provider is asked ${what}`, async () => {
    const start = await oidcAt(provider.issuer, 'sub', claim).begin(callback, stepUp);
    assert.ok(start.kind === 'started');
    const names = new Set(['max_age', 'prompt', 'acr_values', 'claims']);
    const asked = [...start.url.searchParams].filter(([name]) => names.has(name));
    assert.deepEqual(Object.fromEntries(asked), expected);
  });
}

for (const [what, acrClaim, claims, proof] of [
  [
    'acr and auth_time',
    'acr',
    { auth_time: 1_772_442_000, acr: 'phr', acrs: ['c1'] },
    { authTime: new Date('2026-03-02T09:00:00Z'), acr: ['phr'] },
  ],
  [
    'the list acrs',
    'acrs',
    { acr: 'phr', acrs: ['c1', 'c25'] },
    { authTime: null, acr: ['c1', 'c25'] },
  ],
  ['nothing of them', 'acr', {}, { authTime: null, acr: [] }],
  [
    'what is no way',
    'acrs',
    { acrs: ['a b', 7, '', 'x"y', 'x'.repeat(129)] },
    { authTime: null, acr: [] },
  ],
  ['a time that no calendar has', 'acr', { auth_time: 1e300 }, { authTime: null, acr: [] }],
] as const) {
  test(`of an ID token with ${what} only what has the right form is taken as proven`, async () => {
    await using forger = await startForger({ claims });
    const oidc = oidcAt(forger.issuer, 'sub', acrClaim);
    const { pending } = await started(oidc);
    forger.nonce = pending.nonce;
    const current = new URL(callback);
    current.search = new URLSearchParams({ code: 'any', state: pending.state }).toString();
    const end = await oidc.finish(current, pending);
    assert.deepEqual(end.kind === 'signed-in' && end.proof, proof, JSON.stringify(end));
  });
}

test('a provider that is down fails the sign-in, and the next one works when it is back', async () => {
  const port = await reservePort();
  const oidc = oidcAt(`https://127.0.0.1:${port}`);
  const down = await oidc.begin(callback);
  assert.equal(down.kind === 'failed' && down.reason, 'unreachable');
  const tls = await authority.issue(['127.0.0.1']);
  await using _back = await startIdentityProvider({ tls, people, clients: [client()], port });
  await started(oidc);
});

test('a provider that calls itself otherwise is not believed', async () => {
  await using impostor = await startForger({ calledItself: 'https://login.test/common/v2.0' });
  const start = await oidcAt(impostor.issuer).begin(callback);
  assert.equal(start.kind, 'failed');
});

test('an ID token is believed only when a published key signed it', async () => {
  for (const [signedBy, kind] of [
    ['published', 'signed-in'],
    ['unpublished', 'failed'],
  ] as const) {
    await using forger = await startForger({ signedBy });
    const oidc = oidcAt(forger.issuer);
    const { pending } = await started(oidc);
    forger.nonce = pending.nonce;
    const current = new URL(callback);
    current.search = new URLSearchParams({ code: 'any', state: pending.state }).toString();
    const end = await oidc.finish(current, pending);
    assert.equal(end.kind, kind, JSON.stringify(end));
  }
});

interface Forgery {
  readonly calledItself?: string;
  readonly signedBy?: 'published' | 'unpublished';
  readonly claims?: JWTPayload;
}

/** A provider that gives an ID token for dana to anybody who asks, signed by one key or another. */
async function startForger({ calledItself, signedBy = 'published', claims = {} }: Forgery) {
  const keys = {
    published: await generateKeyPair('RS256'),
    unpublished: await generateKeyPair('RS256'),
  };
  const published = { ...(await exportJWK(keys.published.publicKey)), kid: '1', alg: 'RS256' };
  const server = createServer(await authority.issue(['127.0.0.1'])).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const forger = {
    issuer,
    nonce: '',
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  async function idToken(): Promise<string> {
    return new SignJWT({ ...claims, nonce: forger.nonce })
      .setProtectedHeader({ alg: 'RS256', kid: '1' })
      .setIssuer(issuer)
      .setAudience('bot')
      .setSubject('00u-dana')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(keys[signedBy].privateKey);
  }
  async function answer(path: string): Promise<object> {
    if (path === '/jwks') return { keys: [published] };
    if (path === '/token') {
      return { access_token: 'x', token_type: 'Bearer', id_token: await idToken() };
    }
    return {
      issuer: calledItself ?? issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
  }
  server.on('request', (request, response) => {
    void answer(request.url ?? '').then((body) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  return forger;
}
