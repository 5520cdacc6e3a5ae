import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { decodeJwt } from 'jose';
import { runFrom } from '../../../bot/access/grant-time.ts';
import { clientId, renewalGrantType } from '../../../relay/claim.ts';
import type { GrantClaims } from '../../../relay/grant.ts';
import { generateSessionKey, type SessionKey } from '../../../relay/proof.ts';
import {
  codeFor,
  eligible,
  openTerminal,
  postToken,
  redemption,
  startClaimBot,
  type ClaimBot,
} from './claim-bot.ts';
import { danasGrant, grantId, ineligible } from './danas-grant.ts';

let bot: ClaimBot;
let key: SessionKey;
let token: string;
const start = new Date();
const hourMs = 3_600_000;

before(async () => {
  bot = await startClaimBot();
  bot.world.now = start;
  // A grant for two days: more than one token can carry.
  bot.world.grants.set(grantId, longGrant());
  await using terminal = await openTerminal(bot);
  key = terminal.key;
  const form = redemption(terminal, await codeFor(bot, terminal));
  token = (await postToken(bot, key, form)).body.access_token ?? '';
});
after(() => bot[Symbol.asyncDispose]());
beforeEach(() => {
  Object.assign(bot.world, { now: later(11), eligibility: eligible });
  bot.world.grants.set(grantId, longGrant());
  bot.world.refusals.length = 0;
});

function longGrant() {
  return { ...danasGrant(grantId, start), time: runFrom(start, 48 * hourMs) };
}

function later(hours: number): Date {
  return new Date(start.getTime() + hours * hourMs);
}

function claimsOf(jwt = ''): GrantClaims {
  return decodeJwt(jwt);
}

function renew(by = key, subject = token) {
  return postToken(bot, by, {
    grant_type: renewalGrantType,
    client_id: clientId,
    subject_token: subject,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  });
}

test('a renewed token differs only in its times and its name', async () => {
  const renewed = await renew();
  assert.equal(renewed.status, 200);
  const { iat, nbf, exp, jti, ...same } = claimsOf(renewed.body.access_token);
  const { iat: _iat, nbf: _nbf, exp: oldExp, jti: oldJti, ...old } = claimsOf(token);
  assert.deepEqual(same, old);
  assert.notEqual(jti, oldJti);
  assert.equal(iat, Math.floor(later(11).getTime() / 1000));
  assert.equal(nbf, iat);
  assert.ok(exp > oldExp);
  assert.equal(bot.world.tokens.at(-1)?.kind, 'renewal');
});

test('a renewed token keeps the limits it began with, although policy has others by now', async () => {
  const limits = { sessions: 1, connections: 1, idleSeconds: 60, graceSeconds: 0 };
  bot.world.eligibility = { ...eligible, limits } as typeof eligible;
  const renewed = await renew();
  assert.deepEqual(claimsOf(renewed.body.access_token).lim, claimsOf(token).lim);
});

test('renewal is refused when no relay serves the grant any more', async () => {
  bot.world.eligibility = { ...eligible, relays: [] } as typeof eligible;
  assert.equal((await renew()).body.error, 'server_error');
  assert.deepEqual(bot.reasons(), ['no-relay']);
});

test('renewal is refused after revocation', async () => {
  bot.world.grants.set(grantId, { ...longGrant(), state: 'revoked' });
  const reply = await renew();
  assert.equal(reply.body.error, 'grant_revoked');
  assert.equal(reply.body.access_token, undefined);
  assert.deepEqual(bot.reasons(), ['grant-revoked']);
});

test('renewal is refused to a grantee who would not be granted it any more', async () => {
  bot.world.eligibility = ineligible;
  assert.equal((await renew()).body.error, 'access_denied');
  assert.deepEqual(bot.reasons(), ['no-longer-eligible']);
  assert.deepEqual(bot.restsOn(), ['requester-is-eligible']);
});

test('a stolen token cannot be renewed without its key', async () => {
  const reply = await renew(await generateSessionKey());
  assert.equal(reply.body.error, 'invalid_grant');
  assert.deepEqual(bot.reasons(), ['other-key']);
});

test('a token that has expired cannot be renewed', async () => {
  bot.world.now = later(13);
  assert.equal((await renew()).body.error, 'invalid_grant');
  assert.equal(bot.world.refusals[0]?.detail, 'expired');
});

test('a token with a changed claim cannot be renewed', async () => {
  const [header = '', , signature = ''] = token.split('.');
  const claims = { ...claimsOf(token), role: 'writer' };
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  const reply = await renew(key, [header, payload, signature].join('.'));
  assert.equal(reply.body.error, 'invalid_grant');
  assert.equal(bot.world.refusals[0]?.detail, 'signature');
});
