import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { claimPaths, clientId, renewalGrantType } from '../../../relay/claim.ts';
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
  const issuedMs = bot.world.now.getTime();
  const answerAfter = async (ms: number) => {
    bot.world.now = new Date(issuedMs + ms);
    const dpop = await proof(bot, await generateSessionKey(), nonce);
    return (await post(bot, dpop, form)).body.error;
  };
  // The proof was good, the code is not.
  assert.equal(await answerAfter(58_000), 'invalid_grant');
  assert.equal(await answerAfter(62_000), 'use_dpop_nonce');
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
  const answer = await fetch(`${bot.origin}/.well-known/oauth-authorization-server`);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
  // All that §2 requires and recommends, but for scopes, which there are none of; and what the client rests on.
  assert.deepEqual(await answer.json(), {
    issuer: bot.origin,
    authorization_endpoint: `${bot.origin}${claimPaths.authorize}`,
    token_endpoint: `${bot.origin}${claimPaths.token}`,
    jwks_uri: `${bot.origin}${claimPaths.jwks}`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', renewalGrantType],
    // Left out, it would mean client_secret_basic; our one client is public.
    token_endpoint_auth_methods_supported: ['none'],
    code_challenge_methods_supported: ['S256'],
    dpop_signing_alg_values_supported: ['Ed25519'], // RFC 9449 §5.1
    authorization_response_iss_parameter_supported: true, // RFC 9207 §3
    sallyport_methods_supported: ['oidc'],
  });
});

test('the published keys may be kept for five minutes and hold nothing private', async () => {
  const answer = await fetch(`${bot.origin}${claimPaths.jwks}`);
  assert.match(answer.headers.get('cache-control') ?? '', /max-age=300/);
  const { keys } = (await answer.json()) as { keys: Record<string, unknown>[] };
  assert.equal(keys.length, 1);
  assert.ok(keys.every((key) => !('d' in key)));
});
