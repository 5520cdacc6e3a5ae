import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { decodeJwt } from 'jose';
import { claimPaths } from '../../../relay/claim.ts';
import { verifyGrant, type GrantClaims } from '../../../relay/grant.ts';
import { runFrom } from '../../../bot/access/grant-time.ts';
import { maxStrangersRecordedPerMinute } from '../../../bot/tokens/refusals.ts';
import { fingerprint, generateSessionKey } from '../../../relay/proof.ts';
import { readExposition } from '../../support/exposition.ts';
import {
  answerIn,
  bea,
  codeFor,
  eligible,
  openTerminal,
  postToken,
  redemption,
  relayUrl,
  signIn,
  startClaimBot,
  type ClaimBot,
} from './claim-bot.ts';
import { dana, danasGrant, grantId, ineligible, stale } from './danas-grant.ts';

let bot: ClaimBot;
before(async () => {
  bot = await startClaimBot();
});
after(() => bot[Symbol.asyncDispose]());
beforeEach(() => {
  const fresh = new Date();
  Object.assign(bot.world, { now: fresh, eligibility: eligible });
  delete bot.world.recordFault;
  bot.world.grants.clear();
  bot.world.grants.set(grantId, danasGrant(grantId, fresh));
  for (const list of [bot.world.tokens, bot.world.refusals, bot.world.asked, bot.world.errors]) {
    list.length = 0;
  }
});

test('the grantee signs in and gets a token bound to their key', async () => {
  await using terminal = await openTerminal(bot);
  const pages = await signIn(bot.browser(), terminal.link, 'dana');
  const answer = answerIn(pages);
  assert.equal(answer.get('state'), terminal.request.state);
  assert.equal(answer.get('iss'), bot.origin);

  const reply = await postToken(bot, terminal.key, redemption(terminal, answer.get('code') ?? ''));
  assert.equal(reply.status, 200);
  assert.equal(reply.body.token_type, 'DPoP');
  assert.equal(reply.headers.get('cache-control'), 'no-store');
  const claims = await believedByRelay(reply.body.access_token ?? '');
  assert.equal(claims.sub, `github:${dana.id}`);
  assert.equal(claims.gid, grantId);
  assert.equal(claims.cnf.jkt, terminal.key.jkt);
  assert.deepEqual(claims.apr, ['github:102']);
  assert.deepEqual(claims.lim, eligible.kind === 'eligible' && eligible.limits);
  assert.equal(reply.body.relays?.[0]?.url, relayUrl);
  assert.equal(reply.body.relays?.[0]?.ca, bot.caPem);
});

test('the consent page shows what is asked, from where, and the fingerprint of the terminal', async () => {
  await using terminal = await openTerminal(bot);
  const pages = await signIn(bot.browser(), terminal.link, 'dana');
  const consent = pages.find((page) => page.url.pathname === claimPaths.consent);
  assert.ok(consent);
  const { time, issue } = danasGrant(grantId, bot.world.now);
  const end = `${time.endsAt.slice(0, 16).replace('T', ' ')} UTC`;
  const shown = ['resource:payments/payments-db', 'reader', end, 'acme/payments#12', '127.0.0.1'];
  for (const text of [...shown, fingerprint(terminal.key.jkt), 'Signed in as dana']) {
    assert.ok(consent.text.includes(text), `${text} is not in\n${consent.text}`);
  }
  assert.ok(consent.html.includes(`href="${issue.url}"`));
});

test('somebody else who signs in gets nothing, and the answer does not say whether the grant exists', async () => {
  const missing = `g_${'b'.repeat(26)}`;
  const answers = [];
  for (const grant of [grantId, missing]) {
    await using terminal = await openTerminal(bot, grant);
    const pages = await signIn(bot.browser(), terminal.link, 'bea');
    const answer = answerIn(pages);
    assert.equal(answer.get('code'), null);
    assert.equal(answer.get('error'), 'not_grantee');
    answers.push([answer.get('error'), answer.get('error_description'), pages.length]);
  }
  assert.deepEqual(answers[0], answers[1]);
  assert.deepEqual(bot.reasons(), ['not-the-grantee', 'unknown-grant']);
  assert.deepEqual(bot.world.refusals[0]?.person, bea);
  // The facts about the grant are for its grantee: nobody else makes the bot look them up.
  assert.ok(!bot.world.asked.some((question) => question.startsWith('eligible')));
});

test('nothing is looked up before somebody has signed in', async () => {
  await using terminal = await openTerminal(bot);
  const page = await bot.browser().open(terminal.link);
  assert.match(page.text, /Dana|login/i);
  assert.deepEqual(bot.world.asked, []);
});

test('a person whom the catalog does not know is told so, whatever the grant', async () => {
  await using terminal = await openTerminal(bot);
  const pages = await signIn(bot.browser(), terminal.link, 'nora');
  assert.equal(answerIn(pages).get('error'), 'not_linked');
  assert.deepEqual(bot.reasons(), ['not-linked']);
});

test('pressing cancel gives the terminal no code', async () => {
  await using terminal = await openTerminal(bot);
  const pages = await signIn(bot.browser(), terminal.link, 'dana', /Cancel/);
  assert.equal(answerIn(pages).get('error'), 'access_denied');
  assert.equal(answerIn(pages).get('code'), null);
  assert.deepEqual(bot.reasons(), ['cancelled']);
});

for (const [state, error, reason] of [
  ['revoked', 'grant_revoked', 'grant-revoked'],
  ['expired', 'grant_expired', 'grant-expired'],
] as const) {
  test(`the grantee of a grant that is ${state} is told so`, async () => {
    bot.world.grants.set(grantId, { ...danasGrant(grantId), state });
    await using terminal = await openTerminal(bot);
    const pages = await signIn(bot.browser(), terminal.link, 'dana');
    assert.equal(answerIn(pages).get('error'), error);
    assert.deepEqual(bot.reasons(), [reason]);
    assert.deepEqual(bot.restsOn(), ['grant-is-active']);
  });
}

test('a grantee who would not be granted it any more gets nothing', async () => {
  bot.world.eligibility = ineligible;
  await using terminal = await openTerminal(bot);
  const pages = await signIn(bot.browser(), terminal.link, 'dana');
  assert.equal(answerIn(pages).get('error'), 'access_denied');
  assert.deepEqual(bot.reasons(), ['no-longer-eligible']);
  assert.equal(bot.world.refusals[0]?.detail, 'not-a-requester');
  assert.deepEqual(bot.restsOn(), ['requester-is-eligible']);
});

test('while it is not known whether it would be granted still, a claim gets nothing and may be tried again', async () => {
  bot.world.eligibility = stale;
  await using terminal = await openTerminal(bot);
  const pages = await signIn(bot.browser(), terminal.link, 'dana');
  assert.equal(answerIn(pages).get('error'), 'temporarily_unavailable');
  bot.world.eligibility = eligible;
  const redeemed = redemption(terminal, await codeFor(bot, terminal));
  bot.world.eligibility = stale;
  const { status, body } = await postToken(bot, terminal.key, redeemed);
  assert.deepEqual([status, body.error], [503, 'temporarily_unavailable']);
  assert.deepEqual(bot.reasons(), ['catalog-stale', 'catalog-stale']);
  assert.deepEqual(bot.restsOn(), ['catalog-is-fresh', 'catalog-is-fresh']);
  assert.equal(bot.world.tokens.length, 0);
});

test('a grant that is revoked between consent and token gives no token', async () => {
  await using terminal = await openTerminal(bot);
  const code = await codeFor(bot, terminal);
  bot.world.grants.set(grantId, { ...danasGrant(grantId), state: 'revoked' });
  const reply = await postToken(bot, terminal.key, redemption(terminal, code));
  assert.equal(reply.body.error, 'grant_revoked');
  assert.deepEqual(bot.world.tokens, []);
});

test('a code works once', async () => {
  await using terminal = await openTerminal(bot);
  const form = redemption(terminal, await codeFor(bot, terminal));
  assert.equal((await postToken(bot, terminal.key, form)).status, 200);
  const again = await postToken(bot, terminal.key, form);
  assert.equal(again.body.error, 'invalid_grant');
  assert.deepEqual(bot.reasons(), ['code-used-again']);
  assert.equal(bot.world.tokens.length, 1);
});

test('a code for another key is refused, and is used up by the attempt', async () => {
  await using terminal = await openTerminal(bot);
  const form = redemption(terminal, await codeFor(bot, terminal));
  const thief = await postToken(bot, await generateSessionKey(), form);
  assert.equal(thief.body.error, 'invalid_grant');
  assert.equal((await postToken(bot, terminal.key, form)).body.error, 'invalid_grant');
  assert.deepEqual(bot.reasons(), ['other-key', 'code-used-again']);
});

for (const [field, value, reason] of [
  ['code_verifier', 'x'.repeat(43), 'other-verifier'],
  ['redirect_uri', 'http://127.0.0.1:1/callback', 'other-redirect'],
] as const) {
  test(`a code with another ${field} is refused`, async () => {
    await using terminal = await openTerminal(bot);
    const form = { ...redemption(terminal, await codeFor(bot, terminal)), [field]: value };
    assert.equal((await postToken(bot, terminal.key, form)).body.error, 'invalid_grant');
    assert.deepEqual(bot.reasons(), [reason]);
  });
}

test('a code is worth nothing after a minute', async () => {
  await using terminal = await openTerminal(bot);
  const code = await codeFor(bot, terminal);
  bot.world.now = new Date(bot.world.now.getTime() + 60_000);
  const reply = await postToken(bot, terminal.key, redemption(terminal, code));
  assert.equal(reply.body.error, 'invalid_grant');
  assert.deepEqual(bot.reasons(), ['unknown-code']);
});

test('no token leaves before it is recorded', async () => {
  await using terminal = await openTerminal(bot);
  const code = await codeFor(bot, terminal);
  bot.world.recordFault = new Error('the disk is full');
  const reply = await postToken(bot, terminal.key, redemption(terminal, code));
  assert.equal(reply.status, 500);
  assert.equal(reply.body.error, 'server_error');
  assert.equal(reply.body.access_token, undefined);
  assert.equal(bot.world.errors[0], bot.world.recordFault);
});

test('the record names the token by its hash and never holds it', async () => {
  await using terminal = await openTerminal(bot);
  const form = redemption(terminal, await codeFor(bot, terminal));
  const token = (await postToken(bot, terminal.key, form)).body.access_token ?? '';
  const [record] = bot.world.tokens;
  assert.equal(record?.jti, decodeJwt(token).jti);
  assert.equal(record?.jkt, terminal.key.jkt);
  assert.ok(!JSON.stringify(bot.world.tokens).includes(token));
});

test('a token never outlives its grant, nor twelve hours', async () => {
  const now = bot.world.now.getTime();
  for (const [endsInMs, livesSeconds] of [
    [90_500, 90],
    [48 * 3_600_000, 12 * 3600],
  ] as const) {
    const time = runFrom(bot.world.now, endsInMs);
    bot.world.grants.set(grantId, { ...danasGrant(grantId), time });
    await using terminal = await openTerminal(bot);
    const form = redemption(terminal, await codeFor(bot, terminal));
    const { body } = await postToken(bot, terminal.key, form);
    const { exp = 0 } = decodeJwt(body.access_token ?? '');
    assert.ok(exp * 1000 <= Date.parse(time.endsAt));
    assert.ok(Math.abs(exp - Math.floor(now / 1000) - livesSeconds) <= 1);
  }
});

async function believedByRelay(token: string): Promise<GrantClaims> {
  const answer = await fetch(`${bot.origin}${claimPaths.jwks}`);
  const { keys } = (await answer.json()) as { keys: { kid: string }[] };
  const verdict = await verifyGrant(token, {
    keys: new Map(keys.map((jwk) => [jwk.kid, jwk])),
    issuer: bot.origin,
    audience: relayUrl,
    now: bot.world.now,
  });
  assert.equal(verdict.kind, 'valid');
  return verdict.kind === 'valid' ? verdict.claims : assert.fail();
}

test('strangers cannot fill the log: beyond a few a minute only known people are recorded', async () => {
  await using flooded = await startClaimBot();
  await using terminal = await openTerminal(flooded);
  const code = await codeFor(flooded, terminal);
  for (let count = 0; count < maxStrangersRecordedPerMinute + 5; count += 1) {
    const made = { ...redemption(terminal, code), code: 'x'.repeat(43) };
    assert.equal((await postToken(flooded, terminal.key, made)).body.error, 'invalid_grant');
  }
  assert.equal(flooded.world.refusals.length, maxStrangersRecordedPerMinute);
  const wrong = { ...redemption(terminal, code), code_verifier: 'x'.repeat(43) };
  await postToken(flooded, terminal.key, wrong);
  assert.equal(flooded.world.refusals.at(-1)?.reason, 'other-verifier');
  const { value } = readExposition(flooded.metrics.text());
  const claims = (outcome: string) => value('sallyport_bot_claims_total', { outcome });
  assert.equal(claims('unknown-code'), maxStrangersRecordedPerMinute + 5, 'all are counted');
  assert.equal(claims('other-verifier'), 1);
});

test('a token that was given is counted as a claim', async () => {
  await using quiet = await startClaimBot();
  await using terminal = await openTerminal(quiet);
  const code = await codeFor(quiet, terminal);
  assert.equal((await postToken(quiet, terminal.key, redemption(terminal, code))).status, 200);
  const { value } = readExposition(quiet.metrics.text());
  assert.equal(value('sallyport_bot_claims_total', { outcome: 'claimed' }), 1);
  assert.equal(value('sallyport_bot_claims_total'), 1);
});
