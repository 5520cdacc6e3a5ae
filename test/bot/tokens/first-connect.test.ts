// The first claim of a grant that waits, over the real routes: its time begins with the token, and with no other answer.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { runFrom } from '../../../bot/access/grant-time.ts';
import type { Grant } from '../../../bot/access/lifecycle.ts';
import { claimPaths } from '../../../relay/claim.ts';
import {
  answerIn,
  codeFor,
  openTerminal,
  postToken,
  redemption,
  signIn,
  startClaimBot,
  type ClaimBot,
} from './claim-bot.ts';
import { danasGrant, grantId } from './danas-grant.ts';

let bot: ClaimBot;
before(async () => {
  bot = await startClaimBot();
});
after(() => bot[Symbol.asyncDispose]());
beforeEach(() => {
  bot.world.now = new Date();
  delete bot.world.meanwhile;
  bot.world.tokens.length = 0;
  bot.world.refusals.length = 0;
});

/** Two hours, to be used within the next one, or by another moment. */
function waitingGrant(deadline = new Date(bot.world.now.getTime() + 3_600_000)): Grant {
  const { endsAt: endsBy } = runFrom(deadline, 7_200_000);
  const useBy = deadline.toISOString();
  const time = { kind: 'waiting', durationMs: 7_200_000, useBy, endsBy } as const;
  return { ...danasGrant(grantId, bot.world.now), time };
}

async function claim() {
  await using terminal = await openTerminal(bot);
  const form = redemption(terminal, await codeFor(bot, terminal));
  return (await postToken(bot, terminal.key, form)).body;
}

test('the time of a grant that waits begins with the claim, and the page says so before', async () => {
  bot.world.grants.set(grantId, waitingGrant());
  await using terminal = await openTerminal(bot);
  const pages = await signIn(bot.browser(), terminal.link, 'dana');
  const consent = pages.find((page) => page.url.pathname === claimPaths.consent);
  assert.match(consent?.text ?? '', /2 h: your time begins when you approve/);
  bot.world.now = new Date(bot.world.now.getTime() + 30_000);
  const form = redemption(terminal, answerIn(pages).get('code') ?? '');
  const { grant } = (await postToken(bot, terminal.key, form)).body;
  assert.equal(grant?.endsAt, runFrom(bot.world.now, 7_200_000).endsAt);
  assert.deepEqual(
    bot.world.tokens.map(({ isStart, kind }) => [isStart, kind]),
    [[true, 'claim']],
  );
});

test('a second claim at the same moment gets a token of the time that the first one began', async () => {
  const grant = waitingGrant();
  bot.world.grants.set(grantId, grant);
  const time = runFrom(new Date(bot.world.now.getTime() - 10_000), 7_200_000);
  bot.world.meanwhile = () => void bot.world.grants.set(grantId, { ...grant, time });
  assert.equal((await claim()).grant?.endsAt, time.endsAt);
  assert.deepEqual(
    bot.world.tokens.map(({ isStart }) => isStart),
    [false],
  );
});

test('a grant that is revoked while it is claimed for the first time gives no token', async () => {
  const grant = waitingGrant();
  bot.world.grants.set(grantId, grant);
  bot.world.meanwhile = () => void bot.world.grants.set(grantId, { ...grant, state: 'revoked' });
  const body = await claim();
  assert.equal(body.error, 'grant_revoked');
  assert.equal(body.access_token, undefined);
  assert.deepEqual(bot.world.tokens, []);
  assert.deepEqual(bot.reasons(), ['grant-revoked']);
});

test('from its deadline on a grant that nobody used is not claimed any more', async () => {
  const deadline = new Date(bot.world.now.getTime() + 30_000);
  bot.world.grants.set(grantId, waitingGrant(deadline));
  await using terminal = await openTerminal(bot);
  const form = redemption(terminal, await codeFor(bot, terminal));
  // The person signed in in time, and their terminal came back at that very moment.
  bot.world.now = deadline;
  assert.equal((await postToken(bot, terminal.key, form)).body.error, 'grant_expired');
  assert.deepEqual(bot.world.tokens, []);
  assert.deepEqual(bot.reasons(), ['grant-expired']);
});
