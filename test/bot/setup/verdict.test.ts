import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { CreatedApp } from '../../../bot/github/registration.ts';
import { appName, manifestFor, readAppDescription } from '../../../bot/setup/manifest.ts';
import { judgeApp, type UnfitReason } from '../../../bot/setup/verdict.ts';

const description = readAppDescription();
const rsa = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey;
const ed25519 = generateKeyPairSync('ed25519', {
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey;

const good: CreatedApp = {
  id: 17,
  name: 'Sallyport acme',
  owner: 'Acme',
  url: 'https://github.com/apps/sallyport-acme',
  permissions: description.default_permissions,
  events: description.default_events.toReversed(),
  privateKey: rsa,
  webhookSecret: 'f'.repeat(40),
};
const wanted = {
  description,
  owner: { kind: 'organization', login: 'acme' },
  site: 'https://github.com',
} as const;

test('the App that was asked for is fit, in whatever order GitHub lists what it may do', () => {
  assert.deepEqual(judgeApp(good, wanted), []);
  const { metadata: _, ...rest } = good.permissions;
  assert.deepEqual(judgeApp({ ...good, permissions: rest }, wanted), []);
  assert.deepEqual(
    judgeApp({ ...good, owner: 'dana' }, { ...wanted, owner: { kind: 'personal' } }),
    [],
  );
});

const cases: [string, Partial<CreatedApp>, UnfitReason][] = [
  ['whose key is none', { privateKey: 'nothing' }, 'private-key'],
  ['whose key is of another kind', { privateKey: ed25519 }, 'private-key'],
  ['without a webhook secret', { webhookSecret: null }, 'webhook-secret'],
  ['with a short webhook secret', { webhookSecret: 'f'.repeat(31) }, 'webhook-secret'],
  [
    'that may write what it only has to read',
    { permissions: { ...good.permissions, contents: 'write' } },
    'permissions',
  ],
  [
    'that may do one thing more',
    { permissions: { ...good.permissions, actions: 'read' } },
    'permissions',
  ],
  ['that may do one thing less', { permissions: { issues: 'write' } }, 'permissions'],
  ['that is told of more', { events: [...good.events, 'fork'] }, 'events'],
  ['that is told of less', { events: ['push'] }, 'events'],
  ['of somebody else', { owner: 'emca' }, 'owner'],
  ['whose page is elsewhere', { url: 'https://github.com.evil.dev/apps/x' }, 'address'],
];
for (const [what, changes, reason] of cases) {
  test(`an App ${what} is not taken`, () => {
    assert.deepEqual(judgeApp({ ...good, ...changes }, wanted), [reason]);
  });
}

test("the manifest is app.yml's, with the bot's own addresses, and its name fits GitHub's limit", () => {
  const name = appName(description, 'a-company-with-a-very-long-name-indeed');
  assert.equal(name.length, 34);
  const addresses = { webhook: 'https://b/github/webhooks', redirect: 'https://b/setup/created' };
  const manifest = JSON.parse(manifestFor(description, name, addresses)) as object;
  assert.deepEqual(manifest, {
    ...description,
    name,
    hook_attributes: { url: addresses.webhook, active: true },
    redirect_url: addresses.redirect,
  });
});
