import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { claimPaths, clientId } from '../../../relay/claim.ts';
import { generateSessionKey, makeProof } from '../../../relay/proof.ts';
import { post, postToken, proof, startClaimBot, type ClaimBot } from './claim-bot.ts';

let bot: ClaimBot;
before(async () => {
  bot = await startClaimBot();
});
after(() => bot[Symbol.asyncDispose]());
beforeEach(() => {
  bot.world.now = new Date();
});

const form = { grant_type: 'authorization_code', client_id: clientId, code: 'none' };

async function freshNonce(): Promise<string> {
  const { headers } = await post(bot, await proof(bot, await generateSessionKey()), form);
  return headers.get('dpop-nonce') ?? '';
}

test('a proof without our nonce is asked to come again with one', async () => {
  const reply = await post(bot, await proof(bot, await generateSessionKey()), form);
  assert.equal(reply.body.error, 'use_dpop_nonce');
  assert.ok(reply.headers.get('dpop-nonce'));
});

test('a proof is used once', async () => {
  const key = await generateSessionKey();
  const once = await proof(bot, key, await freshNonce());
  assert.equal((await post(bot, once, form)).body.error, 'invalid_grant');
  assert.equal((await post(bot, once, form)).body.error, 'invalid_dpop_proof');
});

test('a nonce is good for a minute', async () => {
  const nonce = await freshNonce();
  bot.world.now = new Date(bot.world.now.getTime() + 62_000);
  const late = await post(bot, await proof(bot, await generateSessionKey(), nonce), form);
  assert.equal(late.body.error, 'use_dpop_nonce');
});

test('a proof made for another address or method is refused', async () => {
  const key = await generateSessionKey();
  const nonce = await freshNonce();
  const now = new Date();
  const url = `${bot.origin}${claimPaths.token}`;
  for (const other of [
    { method: 'POST', url: 'https://relay.acme.test/claim/token' },
    { method: 'GET', url },
  ]) {
    const reply = await post(bot, await makeProof(key, { ...other, now, nonce }), form);
    assert.equal(reply.body.error, 'invalid_dpop_proof');
  }
});

for (const [what, dpop] of [
  ['no proof', ''],
  ['text that is no proof', 'abc.def.ghi'],
  ['a proof of 5 kB', 'a'.repeat(5000)],
] as const) {
  test(`${what} is refused before the form is read`, async () => {
    const reply = await post(bot, dpop, form);
    assert.equal(reply.body.error, 'invalid_dpop_proof');
  });
}

for (const [what, change] of [
  ['another kind of grant', { grant_type: 'password' }],
  ['another client', { client_id: 'other' }],
  ['no client', { client_id: '' }],
] as const) {
  test(`a request with ${what} is refused`, async () => {
    const reply = await postToken(bot, await generateSessionKey(), { ...form, ...change });
    assert.equal(reply.body.error, 'invalid_request');
  });
}

test('a body larger than any form of ours is refused', async () => {
  const reply = await postToken(bot, await generateSessionKey(), {
    ...form,
    more: 'x'.repeat(20_000),
  });
  assert.equal(reply.body.error, 'invalid_request');
});

test('a parameter given twice is refused', async () => {
  const key = await generateSessionKey();
  const answer = await fetch(`${bot.origin}${claimPaths.token}`, {
    method: 'POST',
    headers: {
      dpop: await proof(bot, key, await freshNonce()),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: `${new URLSearchParams(form).toString()}&code=other`,
  });
  assert.equal(((await answer.json()) as { error: string }).error, 'invalid_request');
});

test('an address that asks without end has to wait', async () => {
  await using busy = await startClaimBot();
  const dpop = await proof(busy, await generateSessionKey());
  let reply = await post(busy, dpop, form);
  for (let count = 0; count < 200 && reply.body.error === 'use_dpop_nonce'; count += 1) {
    reply = await post(busy, dpop, form);
  }
  assert.equal(reply.body.error, 'temporarily_unavailable');
  busy.world.now = new Date(busy.world.now.getTime() + 61_000);
  assert.equal((await post(busy, dpop, form)).body.error, 'use_dpop_nonce');
});

test('the metadata is what RFC 8414 asks for and names the endpoints under our origin', async () => {
  const answer = await fetch(`${bot.origin}${claimPaths.metadata}`);
  const metadata = (await answer.json()) as Record<string, unknown>;
  assert.equal(metadata['issuer'], bot.origin);
  assert.equal(metadata['token_endpoint'], `${bot.origin}${claimPaths.token}`);
  assert.deepEqual(metadata['dpop_signing_alg_values_supported'], ['Ed25519']);
});

test('the published keys may be kept for five minutes and hold nothing private', async () => {
  const answer = await fetch(`${bot.origin}${claimPaths.jwks}`);
  assert.match(answer.headers.get('cache-control') ?? '', /max-age=300/);
  const { keys } = (await answer.json()) as { keys: Record<string, unknown>[] };
  assert.equal(keys.length, 1);
  assert.ok(keys.every((key) => !('d' in key)));
});
