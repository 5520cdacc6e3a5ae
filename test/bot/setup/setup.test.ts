// Creating the App from the bot's own page: what works, and what somebody tries who was not asked.

import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveFigures } from '../../../bot/observe/serve.ts';
import { watchSetup } from '../../../bot/setup/watch.ts';
import type { Page } from '../../support/browser.ts';
import { reservePort } from '../../support/ports.ts';
import { create, credentials, modeOf, press, startSetupBot, wayBack } from './setup-bot.ts';

/** The manifest that the page would post. */
function manifestOn(page: Page): Record<string, unknown> {
  const field = page.forms[0]?.fields.find(({ name }) => name === 'manifest');
  return JSON.parse(field?.value ?? assert.fail(page.text)) as Record<string, unknown>;
}

test('the printed address leads to an App with the least permissions, whose keys are kept for the bot alone', async () => {
  await using bot = await startSetupBot();
  const browser = bot.browser();
  const page = await browser.open(bot.address);
  assert.equal(page.status, 200);
  for (const words of ['Sallyport acme', 'Issues: read and write', 'Contents: read', 'pushes'])
    assert.ok(page.text.includes(words), `${words} in ${page.text}`);
  assert.ok(page.text.includes(`${bot.origin}/github/webhooks`));
  assert.deepEqual(manifestOn(page)['default_permissions'], {
    issues: 'write',
    checks: 'write',
    pull_requests: 'read',
    contents: 'read',
    members: 'read',
    metadata: 'read',
  });
  assert.deepEqual(manifestOn(page)['hook_attributes'], {
    url: `${bot.origin}/github/webhooks`,
    active: true,
  });

  const done = await create(browser, page);
  assert.equal(done.status, 200, done.text);
  assert.match(done.text, /Sallyport acme is created/);
  assert.match(done.text, /acme\/access\s+the policy\s+acme\/org\s+descriptors of the catalog/);
  assert.match(bot.told(), /Install it on acme\/access, acme\/org, acme\/payments-services/);
  assert.ok(done.html.includes(`href="${bot.github.url}/apps/sallyport-acme/installations/new"`));
  assert.equal(await bot.ended(), 'created');

  const app = bot.github.instance.state.apps.values().find((one) => one.slug === 'sallyport-acme');
  assert.equal(app?.owner.login, 'acme');
  assert.equal(app.isPublic, false);
  assert.deepEqual(credentials(bot), ['app-id', 'private-key.pem', 'webhook-secret']);
  const folder = join(bot.dataFolder, 'github-app');
  const read = (name: string) => readFileSync(join(folder, name), 'utf8').trim();
  assert.equal(read('app-id'), String(app.id));
  assert.equal(read('webhook-secret'), app.webhookSecret);
  assert.equal(createPrivateKey(read('private-key.pem')).asymmetricKeyType, 'rsa');
  const modes = credentials(bot).map((name) => modeOf(join(folder, name)));
  assert.deepEqual(
    [modeOf(bot.dataFolder), modeOf(folder), ...modes],
    ['700', '700', '600', '600', '600'],
  );
  assert.deepEqual(readdirSync(bot.dataFolder), ['github-app'], 'nothing half made is left');
});

test('neither the address nor a key ever stands in the log, and the address is told once', async () => {
  await using bot = await startSetupBot();
  const secret = new URL(bot.address).pathname.split('/').at(-1) ?? '';
  assert.equal(secret.length, 43);
  const browser = bot.browser();
  const page = await browser.open(bot.address);
  assert.ok(!page.url.href.includes(secret), 'it does not stay in the address bar');
  await bot.browser().open(bot.address);
  await create(browser, page);
  await bot.ended();
  const { appId, pem, hook } = {
    appId: readFileSync(join(bot.dataFolder, 'github-app', 'app-id'), 'utf8').trim(),
    pem: readFileSync(join(bot.dataFolder, 'github-app', 'private-key.pem'), 'utf8'),
    hook: readFileSync(join(bot.dataFolder, 'github-app', 'webhook-secret'), 'utf8').trim(),
  };
  assert.ok(bot.logged().includes(appId));
  for (const hidden of [secret, hook, pem.split('\n')[1] ?? '', '"code"'])
    assert.ok(!bot.logged().includes(hidden), bot.logged());
  assert.equal(bot.told().split(secret).length, 2, bot.told());
  assert.match(bot.told(), /opened from 127\.0\.0\.1/);
});

test('while there is no App the operator reads that it is missing, where the bot is watched later', async () => {
  const metrics = { host: '127.0.0.1', port: await reservePort() };
  await using bot = await startSetupBot({ changes: { metrics } });
  const read = (path: string) => fetch(`http://127.0.0.1:${metrics.port}${path}`);
  const answer = await read('/readyz');
  assert.equal(answer.status, 503);
  assert.match(await answer.text(), /"app"[^]*there is no App yet: open the address/);
  assert.equal((await read('/healthz')).status, 200);
  const text = await (await read('/metrics')).text();
  assert.match(text, /^sallyport_bot_condition\{condition="app"\} 0$/m);
  assert.match(text, /^sallyport_bot_condition\{condition="store"\} NaN$/m);
  bot.stop();
  await bot.ended();
  await using _next = await serveFigures(metrics, watchSetup(assert.fail));
});

test('a stranger who reaches the port finds nothing to press, and nothing of the bot works', async () => {
  await using bot = await startSetupBot();
  const wrong = bot.address.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
  const attempts: [string, string][] = [
    ['GET', '/'],
    ['GET', new URL(wrong).pathname],
    ['GET', `${new URL(bot.address).pathname}/`],
    ['POST', '/setup'],
    ['POST', '/github/webhooks'],
    ['GET', '/claim/authorize'],
    ['POST', '/claim/token'],
    ['GET', '/.well-known/jwks.json'],
    ['GET', '/readyz'],
  ];
  for (const [method, path] of attempts) {
    const answer = await fetch(bot.origin + path, { method });
    const text = await answer.text();
    assert.equal(answer.status, 503, `${method} ${path}`);
    assert.doesNotMatch(text, /manifest|<form/, path);
  }
  assert.equal((await fetch(`${bot.origin}/healthz`)).status, 200);
  for (const path of ['/setup', '/setup/created?code=abc&state=def']) {
    const page = await bot.browser().open(bot.origin + path);
    assert.equal(page.status, 403, path);
    assert.equal(page.forms.length, 0);
  }
  // And who was meant still gets in.
  assert.equal((await bot.browser().open(bot.address)).status, 200);
});

test('the address works once: whoever comes second is told to stop the bot if it was not them', async () => {
  await using bot = await startSetupBot();
  const browser = bot.browser();
  await browser.open(bot.address);
  const second = await bot.browser().open(bot.address);
  assert.equal(second.status, 410);
  assert.match(second.text, /somebody else did: stop the bot/);
  assert.equal(second.forms.length, 0);
  const again = await browser.open(bot.address);
  assert.equal(again.url.pathname, '/setup', 'in its own browser it leads back to the page');
});

test('what only looks ahead does not spend the address', async () => {
  await using bot = await startSetupBot();
  await fetch(bot.address, { method: 'HEAD' });
  await fetch(bot.address, { headers: { 'sec-purpose': 'prefetch;prerender' } });
  assert.equal((await bot.browser().open(bot.address)).status, 200);
});

test("somebody else's App cannot be planted: an answer with another state, or in another browser, is refused", async () => {
  await using bot = await startSetupBot();
  const browser = bot.browser();
  const page = await browser.open(bot.address);
  const atGitHub = await press(browser, page, /^Create for (?!myself)/);
  const back = await wayBack(bot, atGitHub);
  const state = back.searchParams.get('state') ?? '';
  const forged = [
    state.replace('acme', 'emca'),
    state.replace('acme', '~'),
    state.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    'acme.',
    '.',
    '',
  ];
  for (const other of forged) {
    const url = new URL(back);
    url.searchParams.set('state', other);
    const refused = await browser.open(url);
    assert.equal(refused.status, 403, other);
    assert.match(refused.text, /This answer was not asked for/);
  }
  const elsewhere = await bot.browser().open(back);
  assert.equal(elsewhere.status, 403);
  assert.match(elsewhere.text, /this is not it/);
  assert.deepEqual(credentials(bot), []);
  // What was refused has used nothing up.
  assert.equal((await browser.open(back)).status, 200);
});

test('an App that may do more than was asked for is not taken', async () => {
  await using bot = await startSetupBot();
  const browser = bot.browser();
  const page = await browser.open(bot.address);
  const manifest = manifestOn(page);
  const more = {
    ...manifest,
    default_permissions: { issues: 'write', contents: 'write', members: 'read' },
  };
  const [form, ...others] = page.forms;
  const fields = form?.fields.map((field) => ({ ...field, value: JSON.stringify(more) })) ?? [];
  const changed = { ...page, forms: [{ ...(form ?? assert.fail()), fields }, ...others] };
  const refused = await create(browser, changed);
  assert.equal(refused.status, 502);
  assert.match(refused.text, /it may do something else than was asked for/);
  assert.deepEqual(credentials(bot), []);
});

test('another organisation, or the own account, can own the App', async () => {
  await using bot = await startSetupBot();
  const browser = bot.browser();
  const page = await browser.open(bot.address);
  const [, other] = page.forms;
  const values = { organization: 'emca' };
  const chosen = await browser.submit(page, other ?? assert.fail(), { values });
  assert.match(chosen.text, /Create for emca/);
  assert.equal(manifestOn(chosen)['name'], 'Sallyport emca');
  const odd = await browser.submit(page, other ?? assert.fail(), {
    values: { organization: '../x' },
  });
  assert.equal(odd.status, 400);
  const mine = await press(browser, page, /for myself/i);
  const done = await press(browser, mine, /as dana$/);
  assert.match(done.text, /Install it on dana/);
});
