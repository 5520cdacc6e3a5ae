import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { claimPaths } from '../../../relay/claim.ts';
import { signInLimits } from '../../../bot/tokens/sign-ins.ts';
import type { Browser, Page } from '../../support/browser.ts';
import {
  answerIn,
  openTerminal,
  signIn,
  startClaimBot,
  type ClaimBot,
  type Terminal,
} from './claim-bot.ts';

let bot: ClaimBot;
before(async () => {
  bot = await startClaimBot();
});
after(() => bot[Symbol.asyncDispose]());
beforeEach(() => {
  bot.world.now = new Date();
  bot.world.refusals.length = 0;
});

/** Signs in as dana and stops at the question. */
async function atConsent(browser: Browser, terminal: Terminal): Promise<Page> {
  const asked = await browser.open(terminal.link);
  const form = asked.forms[0] ?? assert.fail(asked.text);
  const page = await browser.submit(asked, form, { values: { login: 'dana', password: '' } });
  assert.equal(page.url.pathname, claimPaths.consent, page.text);
  return page;
}

function approval(page: Page) {
  const form = page.forms[0] ?? assert.fail(page.text);
  const button = form.buttons.find(({ value }) => value === 'approve') ?? assert.fail();
  return { form, how: { button } };
}

test('a consent without the cookie is refused', async () => {
  await using terminal = await openTerminal(bot);
  const page = await atConsent(bot.browser(), terminal);
  const { form, how } = approval(page);
  const stranger = await bot.browser().submit(page, form, how);
  assert.equal(stranger.status, 400);
  assert.equal(stranger.url.origin, bot.origin);
  const seen = await bot.browser().open(page.url);
  assert.equal(seen.status, 400);
});

test('a consent with another CSRF token is refused, and does not end the sign-in', async () => {
  await using terminal = await openTerminal(bot);
  const browser = bot.browser();
  const page = await atConsent(browser, terminal);
  const { form, how } = approval(page);
  const forged = await browser.submit(page, form, { ...how, values: { csrf: 'guessed' } });
  assert.equal(forged.status, 403);
  assert.equal(bot.world.refusals[0]?.reason, 'forged-consent');
  const honest = await browser.submit(page, form, how);
  assert.ok(honest.url.searchParams.has('code'));
});

test('a consent sent by a page of another origin is refused', async () => {
  await using terminal = await openTerminal(bot);
  const browser = bot.browser();
  const page = await atConsent(browser, terminal);
  const { form, how } = approval(page);
  const { 'content-security-policy': _csp, ...headers } = page.headers;
  const elsewhere = { ...page, url: new URL('https://evil.test/'), headers };
  const action = new URL(claimPaths.consent, bot.origin).href;
  const forged = await browser.submit(elsewhere, { ...form, action }, how);
  assert.equal(forged.status, 403);
  assert.equal(bot.world.refusals[0]?.reason, 'forged-consent');
});

test('a consent is answered once', async () => {
  await using terminal = await openTerminal(bot);
  const browser = bot.browser();
  const page = await atConsent(browser, terminal);
  const { form, how } = approval(page);
  await browser.submit(page, form, how);
  const again = await browser.submit(page, form, how);
  assert.equal(again.status, 400);
  assert.match(again.text, /This sign-in is over/);
});

test('the consent page cannot be framed, runs no script and is not kept', async () => {
  await using terminal = await openTerminal(bot);
  const { headers } = await atConsent(bot.browser(), terminal);
  const policy = String(headers['content-security-policy']);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /script-src|unsafe-inline/);
  assert.equal(headers['x-frame-options'], 'DENY');
  assert.equal(headers['cache-control'], 'no-store');
});

test("the provider's answer is heard only in the browser that asked, and only once", async () => {
  await using terminal = await openTerminal(bot);
  const started = await fetch(terminal.link, { redirect: 'manual' });
  const cookie = started.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const state = new URL(started.headers.get('location') ?? '').searchParams.get('state') ?? '';
  const callback = new URL(claimPaths.signInCallback, bot.origin);
  callback.search = new URLSearchParams({ state, code: 'guessed' }).toString();
  const visit = (headers: Record<string, string>) =>
    fetch(callback, { redirect: 'manual', headers });

  assert.equal((await visit({})).status, 400);
  assert.equal((await visit({ cookie: `${cookie.split('=')[0]}=guessed` })).status, 400);
  assert.equal(bot.world.refusals.length, 0);
  const heard = await visit({ cookie });
  assert.match(heard.headers.get('location') ?? '', /^http:\/\/127\.0\.0\.1:.*error=access_denied/);
  assert.equal(bot.world.refusals[0]?.reason, 'sign-in-unfit');
  assert.equal((await visit({ cookie })).status, 400);
});

test('while one answer of the provider is being looked at, the same answer is not heard again', async () => {
  await using terminal = await openTerminal(bot);
  const started = await fetch(terminal.link, { redirect: 'manual' });
  const cookie = started.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  // The provider sends dana back in a browser without our cookie; the address it ends at is the answer.
  const pages = await signIn(bot.browser(), started.headers.get('location') ?? '', 'dana');
  const answer = pages.at(-1)?.url ?? assert.fail();
  const visit = () => fetch(answer, { redirect: 'manual', headers: { cookie } });
  const held = Promise.withResolvers<void>();
  bot.world.hold = held.promise;
  const answers = [visit(), visit()];
  const early = await Promise.race(answers);
  held.resolve();
  delete bot.world.hold;
  assert.equal(early.status, 400);
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  assert.deepEqual(
    statuses.sort((a, b) => a - b),
    [303, 400],
  );
});

test('the cookie of a sign-in cannot be planted by a neighbour, read by a script, or sent in the clear', async () => {
  await using terminal = await openTerminal(bot);
  const started = await fetch(terminal.link, { redirect: 'manual' });
  const [cookie = ''] = started.headers.getSetCookie();
  assert.match(cookie, /^__Host-sallyport-/);
  for (const attribute of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/', 'Max-Age=600']) {
    assert.ok(cookie.split('; ').includes(attribute), cookie);
  }
  assert.doesNotMatch(cookie, /domain/i);
});

for (const [what, change] of [
  ['elsewhere', { redirect_uri: 'https://evil.test/callback' }],
  ['to another path of the loopback', { redirect_uri: 'http://127.0.0.1:9/other' }],
  ['to localhost by name', { redirect_uri: 'http://localhost:9/callback' }],
  ['past the host', { redirect_uri: 'http://127.0.0.1:9@evil.test/callback' }],
  ['to a look-alike', { redirect_uri: 'http://127.0.0.1.evil.test:9/callback' }],
  ['without PKCE', { code_challenge_method: 'plain' }],
  ['without a key', { dpop_jkt: '' }],
  ['for no grant', { grant: 'g_1' }],
  ['with an endless state', { state: 'x'.repeat(3000) }],
  ['for another client', { client_id: 'other' }],
] as const) {
  test(`a request to be sent ${what} is refused where it was made: on our page, with no redirect`, async () => {
    await using terminal = await openTerminal(bot);
    const link = new URL(terminal.link);
    for (const [name, value] of Object.entries(change)) link.searchParams.set(name, value);
    const answer = await fetch(link, { redirect: 'manual' });
    assert.equal(answer.status, 400);
    assert.equal(answer.headers.get('location'), null);
    assert.deepEqual(answer.headers.getSetCookie(), []);
    assert.match(await answer.text(), /No access was given/);
  });
}

test('a parameter given twice is refused', async () => {
  await using terminal = await openTerminal(bot);
  const link = `${terminal.link}&redirect_uri=https://evil.test/callback`;
  const answer = await fetch(link, { redirect: 'manual' });
  assert.equal(answer.status, 400);
});

test('a sign-in that takes too long is over', async () => {
  await using terminal = await openTerminal(bot);
  const browser = bot.browser();
  const page = await atConsent(browser, terminal);
  bot.world.now = new Date(bot.world.now.getTime() + signInLimits.signInLifetimeMs);
  const { form, how } = approval(page);
  assert.equal((await browser.submit(page, form, how)).status, 400);
});

test('two terminals sign in side by side in one browser', async () => {
  await using one = await openTerminal(bot);
  await using other = await openTerminal(bot);
  const browser = bot.browser();
  const first = await atConsent(browser, one);
  const second = answerIn(await signIn(browser, other.link, 'dana'));
  const { form, how } = approval(first);
  const finished = await browser.submit(first, form, how);
  assert.equal(second.get('state'), other.request.state);
  assert.equal(finished.url.searchParams.get('state'), one.request.state);
});

test('one address cannot take all sign-ins', async () => {
  await using crowded = await startClaimBot();
  await using terminal = await openTerminal(crowded);
  const open = async () => {
    const answer = await fetch(terminal.link, { redirect: 'manual' });
    return new URL(answer.headers.get('location') ?? '').searchParams.get('error');
  };
  for (let count = 0; count < signInLimits.maxSignInsPerAddress; count += 1) {
    assert.equal(await open(), null);
  }
  assert.equal(await open(), 'temporarily_unavailable');
  assert.equal(crowded.world.refusals[0]?.reason, 'too-many');
});
