import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { decodeJwt } from 'jose';
import { claimPaths, clientId, renewalGrantType } from '../../../relay/claim.ts';
import type { GrantClaims } from '../../../relay/grant.ts';
import type { SignInDemand } from '../../../bot/access/sign-in.ts';
import type { Page } from '../../support/browser.ts';
import {
  answerIn,
  codeFor,
  eligible,
  openTerminal,
  postToken,
  redemption,
  signIn,
  startClaimBot,
  type ClaimBot,
  type Terminal,
} from './claim-bot.ts';
import { dana, danasGrant, grantId } from './danas-grant.ts';

let bot: ClaimBot;
before(async () => {
  bot = await startClaimBot();
});
after(() => bot[Symbol.asyncDispose]());
beforeEach(() => {
  bot.provider.backdate(0);
  Object.assign(bot.world, { now: new Date(), eligibility: eligible });
  bot.world.grants.set(grantId, danasGrant(grantId));
  bot.world.tokens.length = 0;
  bot.world.refusals.length = 0;
});

const minuteMs = 60_000;

function demand(identity: Partial<SignInDemand>): void {
  const whole = { maxAgeMs: null, acr: [], ...identity };
  bot.world.eligibility = { ...eligible, identity: whole } as typeof eligible;
}

/** A browser in which dana signed in to something else, some time ago. */
async function browserOf(agoSeconds: number) {
  const browser = bot.browser();
  bot.provider.backdate(agoSeconds);
  await using terminal = await openTerminal(bot, `g_${'z'.repeat(26)}`);
  await signIn(browser, terminal.link, 'dana');
  bot.provider.backdate(0);
  bot.world.refusals.length = 0;
  return browser;
}

/** How often the provider asked who it is. */
function askings(pages: readonly Page[]): number {
  return pages.filter(({ url }) => url.origin === bot.provider.issuer).length;
}

async function redeem(terminal: Terminal, pages: readonly Page[]) {
  const form = redemption(terminal, answerIn(pages).get('code') ?? '');
  return postToken(bot, terminal.key, form);
}

test('a session at the provider that is too old for the policy is signed in anew', async () => {
  demand({ maxAgeMs: 15 * minuteMs });
  const browser = await browserOf(3600);
  await using terminal = await openTerminal(bot);
  const pages = await signIn(browser, terminal.link, 'dana');
  assert.equal(askings(pages), 1);
  const reply = await redeem(terminal, pages);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  const { signIn: proven } = bot.world.tokens[0] ?? assert.fail();
  assert.ok(Math.abs((proven?.authTime?.getTime() ?? 0) - Date.now()) < 30_000);
});

test('a session that is young enough is not asked again', async () => {
  demand({ maxAgeMs: 15 * minuteMs });
  const browser = await browserOf(600);
  await using terminal = await openTerminal(bot);
  const pages = await signIn(browser, terminal.link, 'dana');
  assert.equal(askings(pages), 0);
  assert.equal((await redeem(terminal, pages)).status, 200);
});

test('a policy without a demand takes a session of any age and way', async () => {
  const browser = await browserOf(3600);
  await using terminal = await openTerminal(bot);
  const pages = await signIn(browser, terminal.link, 'dana');
  assert.equal(askings(pages), 0);
  const reply = await redeem(terminal, pages);
  assert.equal(claimsOf(reply.body.access_token).acr, undefined);
  assert.deepEqual(bot.world.tokens[0]?.signIn?.acr, ['pwd'], 'it is on record all the same');
});

test('a way to sign in that the policy demands is asked for, proven in the token and on record', async () => {
  demand({ acr: ['hwk', 'phr'] });
  const browser = await browserOf(0);
  await using terminal = await openTerminal(bot);
  const pages = await signIn(browser, terminal.link, 'dana');
  assert.equal(askings(pages), 1);
  const reply = await redeem(terminal, pages);
  assert.equal(claimsOf(reply.body.access_token).acr, 'phr');
  assert.deepEqual(bot.world.tokens[0]?.signIn?.acr, ['phr']);
});

test('a provider that ignores the demand ends in a refusal that says what was demanded and what came', async () => {
  demand({ acr: ['hwk'] });
  await using terminal = await openTerminal(bot);
  const answer = answerIn(await signIn(bot.browser(), terminal.link, 'dana'));
  assert.equal(answer.get('code'), null);
  assert.equal(answer.get('error'), 'insufficient_user_authentication');
  const sentence =
    'A different authentication level is required: a sign-in by hwk. The identity provider vouches for the way pwd.';
  assert.equal(answer.get('error_description'), sentence);
  assert.deepEqual(bot.reasons(), ['sign-in-insufficient']);
  assert.equal(bot.world.refusals[0]?.detail, sentence);
  assert.deepEqual(bot.world.refusals[0]?.person, dana);
});

test('a provider that says itself that it cannot ends in a refusal with the demand', async () => {
  demand({ acr: ['phrh'] });
  await using terminal = await openTerminal(bot);
  const answer = answerIn(await signIn(bot.browser(), terminal.link, 'dana'));
  assert.equal(answer.get('error'), 'insufficient_user_authentication');
  assert.equal(
    answer.get('error_description'),
    'The identity provider cannot sign you in as it is demanded here: a sign-in by phrh.',
  );
  const { detail } = bot.world.refusals[0] ?? assert.fail();
  assert.equal(detail, 'the provider answered unmet_authentication_requirements');
});

test('whoever only knows the name of a grant does not learn what its policy demands', async () => {
  demand({ maxAgeMs: 15 * minuteMs, acr: ['phr'] });
  await using terminal = await openTerminal(bot);
  const first = await fetch(terminal.link, { redirect: 'manual' });
  assert.doesNotMatch(first.headers.get('location') ?? '', /max_age|acr_values|claims=|prompt=/);
  const pages = await signIn(bot.browser(), terminal.link, 'bea');
  assert.equal(askings(pages), 1);
  assert.equal(answerIn(pages).get('error'), 'not_grantee');
});

test('a sign-in that grows too old on the consent page gives nothing', async () => {
  demand({ maxAgeMs: 5 * minuteMs });
  await using terminal = await openTerminal(bot);
  const browser = bot.browser();
  const asked = await browser.open(terminal.link);
  const [who = assert.fail()] = asked.forms;
  const consent = await browser.submit(asked, who, { values: { login: 'dana', password: '' } });
  assert.equal(consent.url.pathname, claimPaths.consent);
  bot.world.now = new Date(bot.world.now.getTime() + 6 * minuteMs);
  const [form = assert.fail()] = consent.forms;
  const button = form.buttons.find(({ value }) => value === 'approve') ?? assert.fail();
  const answer = answerIn([await browser.submit(consent, form, { button })]);
  assert.equal(answer.get('error'), 'insufficient_user_authentication');
  assert.match(answer.get('error_description') ?? '', /^More recent authentication is required: /);
});

test('a sign-in that was enough at the consent and is not any more gives no token', async () => {
  demand({ acr: ['pwd'] });
  await using terminal = await openTerminal(bot);
  const code = await codeFor(bot, terminal);
  demand({ acr: ['phr'] });
  const reply = await postToken(bot, terminal.key, redemption(terminal, code));
  assert.equal(reply.body.error, 'insufficient_user_authentication');
  assert.match(reply.body.error_description ?? '', /a sign-in by phr\. .* the way pwd\./);
  assert.deepEqual(bot.world.tokens, []);
});

test('a renewal needs no new sign-in, but its claim must have been by a way that is demanded today', async () => {
  demand({ maxAgeMs: 5 * minuteMs, acr: ['phr'] });
  await using terminal = await openTerminal(bot);
  const claimed = await redeem(terminal, await signIn(bot.browser(), terminal.link, 'dana'));
  const renew = () =>
    postToken(bot, terminal.key, {
      grant_type: renewalGrantType,
      client_id: clientId,
      subject_token: claimed.body.access_token ?? '',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    });
  bot.world.now = new Date(bot.world.now.getTime() + 60 * minuteMs);
  const renewed = await renew();
  assert.equal(renewed.status, 200, JSON.stringify(renewed.body));
  assert.equal(claimsOf(renewed.body.access_token).acr, 'phr');
  assert.equal(bot.world.tokens.at(-1)?.signIn, null);
  demand({ acr: ['hwk'] });
  const refused = await renew();
  assert.equal(refused.body.error, 'insufficient_user_authentication');
  assert.match(refused.body.error_description ?? '', /by hwk\. .* the way phr\./);
});

function claimsOf(jwt = ''): GrantClaims {
  return decodeJwt(jwt);
}
