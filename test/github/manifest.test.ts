// GitHub's manifest flow as the website and the API play it: who may make an App of what, and what the code is worth.
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import { createBrowser, type Page } from '../support/browser.ts';
import { startAcme } from './fixture.ts';
import type { LocalGitHub } from './server.ts';

const manifest = {
  name: 'Doorkeeper',
  url: 'https://doorkeeper.example',
  hook_attributes: { url: 'https://doorkeeper.example/hooks', active: true },
  redirect_url: 'http://127.0.0.1:1/back',
  default_permissions: { issues: 'write', metadata: 'read' },
  default_events: ['issues'],
};

/** Posts a manifest as a page from anywhere does, and gives the page with the button. */
async function bring(github: LocalGitHub, path: string, brought: object): Promise<Page> {
  const browser = createBrowser();
  const page = await browser.open(github.url);
  const fields = [
    { name: 'manifest', value: JSON.stringify(brought), type: 'hidden', checked: false },
  ];
  const action = `${github.url}${path}?state=s1`;
  const elsewhere = { ...page, url: new URL('https://doorkeeper.example/'), headers: {} };
  return browser.submit(elsewhere, { action, method: 'post', fields, buttons: [] });
}

/** Presses the button as this person; the address that the browser is sent back to, or GitHub's refusal. */
async function press(page: Page, login: string, name?: string) {
  const form = page.forms[0] ?? assert.fail(page.text);
  const given = form.fields.map((field): [string, string] => [field.name, field.value]);
  const body = new URLSearchParams([...given, ['as', login]]);
  if (name !== undefined) body.set('name', name);
  const headers = { origin: page.url.origin };
  const url = new URL(form.action, page.url);
  return fetch(url, { method: 'POST', headers, body, redirect: 'manual' });
}

function convert(github: LocalGitHub, code: string): Promise<Response> {
  return fetch(`${github.apiUrl}/app-manifests/${code}/conversions`, { method: 'POST' });
}

async function codeFor(github: LocalGitHub, login = 'olga'): Promise<string> {
  const page = await bring(github, '/organizations/acme/settings/apps/new', manifest);
  const answer = await press(page, login);
  const back = new URL(answer.headers.get('location') ?? assert.fail(await answer.text()));
  assert.equal(`${back.origin}${back.pathname}`, manifest.redirect_url);
  assert.equal(back.searchParams.get('state'), 's1');
  return back.searchParams.get('code') ?? assert.fail(back.href);
}

test("the code is exchanged for the new App's keys, once", async () => {
  await using github = await startAcme();
  const code = await codeFor(github);
  assert.match(code, /^[0-9a-f]{40}$/);
  const answer = await convert(github, code);
  assert.equal(answer.status, 201);
  const made = (await answer.json()) as Record<string, unknown> & { pem: string };
  assert.equal(createPrivateKey(made.pem).asymmetricKeyType, 'rsa');
  assert.match(String(made['webhook_secret']), /^[0-9a-f]{40}$/);
  assert.deepEqual(made['permissions'], { issues: 'write', metadata: 'read' });
  assert.deepEqual(made['events'], ['issues']);
  assert.equal(made['html_url'], `${github.url}/apps/doorkeeper`);
  assert.equal((made['owner'] as { login: string }).login, 'acme');
  assert.equal((await convert(github, code)).status, 404);
});

test('the code is worth nothing after an hour', async () => {
  let now = new Date('2026-01-01T10:00:00Z');
  await using github = await startAcme({ now: () => now });
  const code = await codeFor(github);
  now = new Date('2026-01-01T11:00:00Z');
  assert.equal((await convert(github, code)).status, 404);
});

test("only an organisation's owner makes an App there; for oneself anybody does", async () => {
  await using github = await startAcme();
  const page = await bring(github, '/organizations/acme/settings/apps/new', manifest);
  assert.equal((await press(page, 'dana')).status, 404);
  const own = await bring(github, '/settings/apps/new', manifest);
  assert.equal((await press(own, 'dana')).status, 302);
  const app = github.instance.state.apps.values().find(({ slug }) => slug === 'doorkeeper');
  assert.equal(app?.owner.login, 'dana');
  assert.equal(app.webhookUrl, manifest.hook_attributes.url);
});

test('a name is taken once on the whole of GitHub, and can be changed before the App is made', async () => {
  await using github = await startAcme();
  await codeFor(github);
  const page = await bring(github, '/organizations/acme/settings/apps/new', manifest);
  const taken = await press(page, 'olga');
  assert.equal(taken.status, 422);
  assert.match(await taken.text(), /Name has already been taken/);
  assert.equal((await press(page, 'olga', 'Doorkeeper 2')).status, 302);
});

for (const [what, changes, words] of [
  ['without a homepage', { url: undefined }, /url: /],
  ['whose webhook has no address', { hook_attributes: { active: true } }, /hook_attributes\.url: /],
  [
    'that asks for an event without the permission to read what it is about',
    { default_events: ['push'] },
    /Default events unsupported: push/,
  ],
  ['with a level that does not exist', { default_permissions: { issues: 'all' } }, /issues: /],
] as const) {
  test(`a manifest ${what} is refused`, async () => {
    await using github = await startAcme();
    const page = await bring(github, '/settings/apps/new', { ...manifest, ...changes });
    assert.equal(page.status, 422);
    assert.match(page.text, words);
  });
}

test('the button works on this page alone', async () => {
  await using github = await startAcme();
  const page = await bring(github, '/settings/apps/new', manifest);
  const form = page.forms[0] ?? assert.fail(page.text);
  const url = new URL(form.action, page.url);
  const body = new URLSearchParams({ manifest: JSON.stringify(manifest), name: 'x', as: 'olga' });
  const answer = await fetch(url, {
    method: 'POST',
    headers: { origin: 'https://evil.example' },
    body,
  });
  assert.equal(answer.status, 403);
});

test('a private App is installed on the account that owns it, by an owner, and on no other', async () => {
  await using github = await startAcme();
  await codeFor(github);
  const page = await createBrowser().open(`${github.url}/apps/doorkeeper/installations/new`);
  assert.equal((await press(page, 'dana')).status, 404);
  assert.equal((await press(page, 'olga')).status, 200);
  const { installations } = github.instance.state;
  const made = installations.values().find(({ app }) => app.slug === 'doorkeeper');
  assert.equal(made?.account.login, 'acme');
  assert.throws(() => github.installation.add('doorkeeper', 'stan', 'stan'), /cannot be installed/);
});
