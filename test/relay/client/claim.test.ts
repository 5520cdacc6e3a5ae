// The claim from the client's side: what it takes from a host, and what it refuses whoever sends it.

import assert from 'node:assert/strict';
import { get, type IncomingMessage } from 'node:http';
import { test, type TestContext } from 'node:test';
import { discoverHost } from '../../../relay/client/discovery.ts';
import { exits } from '../../../relay/client/failure.ts';
import { openLoopback } from '../../../relay/client/loopback.ts';
import { claimFailure, readAnswer } from '../../../relay/client/sign-in.ts';
import { openTokenDesk, type TokenDesk } from '../../../relay/client/token.ts';
import { generateSessionKey } from '../../../relay/proof.ts';
import { failure } from './failures.ts';
import { authority, grantId, listen, originOf } from './scripted.ts';
import { openHost, type ScriptedHost } from './scripted-host.ts';
import { soon } from './soon.ts';

const key = await generateSessionKey();
const { signal } = new AbortController();
const origin = 'https://bot.example';

test('an answer with another iss is refused, as is one with none or with two', () => {
  const good = { code: 'c', state: 's' };
  for (const iss of ['https://evil.example', `${origin}/`, 'https://bot.example.evil', '']) {
    assert.throws(
      () => readAnswer(new URLSearchParams({ ...good, iss }), origin),
      failure('foreign_answer'),
    );
  }
  assert.throws(() => readAnswer(new URLSearchParams(good), origin), failure('foreign_answer'));
  const two = new URLSearchParams({ ...good, iss: origin });
  two.append('iss', origin);
  assert.throws(() => readAnswer(two, origin), failure('foreign_answer'));
  assert.equal(readAnswer(new URLSearchParams({ ...good, iss: origin }), origin), 'c');
});

test('an error from another iss is not believed either', () => {
  const answer = new URLSearchParams({ error: 'not_grantee', iss: 'https://evil.example' });
  assert.throws(() => readAnswer(answer, origin), failure('foreign_answer'));
});

test('an answer without exactly one code is refused', () => {
  assert.throws(
    () => readAnswer(new URLSearchParams({ iss: origin }), origin),
    failure('foreign_answer'),
  );
  const two = new URLSearchParams({ iss: origin, code: 'a' });
  two.append('code', 'b');
  assert.throws(() => readAnswer(two, origin), failure('foreign_answer'));
});

const refusals: readonly [string, number][] = [
  ['not_grantee', 77],
  ['not_linked', 77],
  ['access_denied', 77],
  ['grant_expired', 80],
  ['grant_revoked', 81],
  ['insufficient_user_authentication', 77],
  ['temporarily_unavailable', 69],
  ['server_error', 69],
  ['something_new', 77],
  ['constructor', 77],
];

for (const [code, status] of refusals) {
  test(`a claim refused with ${code} exits with ${status} and says what to do`, () => {
    const failed = claimFailure(code, '');
    assert.equal(exits[failed.exit].status, status);
    assert.notEqual(failed.next, '');
  });
}

test('what a sign-in lacks is told in the words of the host, and of every other refusal in ours', () => {
  const told = 'A different authentication level is required: a sign-in by phr.';
  const lacking = claimFailure('insufficient_user_authentication', told);
  assert.equal(lacking.message, told);
  assert.match(lacking.next, /Run the line again and sign in as it is demanded/);
  assert.match(claimFailure('insufficient_user_authentication', '').message, /the policy demands/);
  assert.equal(
    claimFailure('insufficient_user_authentication', 'x'.repeat(9000)).message.length,
    2000,
  );
  assert.doesNotMatch(claimFailure('not_grantee', told).message, /phr/);
});

async function visit(
  url: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; text: string; headers: object }> {
  const request = get(url, { headers, method, agent: false });
  const [response] = (await soon(request, 'response')) as [IncomingMessage];
  const chunks = await response.toArray();
  return {
    status: response.statusCode ?? 0,
    text: Buffer.concat(chunks as Buffer[]).toString(),
    headers: response.headers,
  };
}

test('the loopback page takes the one answer that carries the state, and shows nothing of what it was sent', async (t) => {
  const loopback = await openLoopback('right');
  t.after(() => loopback.close());
  assert.match(loopback.redirectUri, /^http:\/\/127\.0\.0\.1:\d+\/callback$/);
  const answer = loopback.answer(signal);
  const { redirectUri } = loopback;

  const wrong: readonly [string, Record<string, string>?, string?][] = [
    [`${redirectUri}?code=evil&state=wrong`],
    [`${redirectUri}?code=evil`],
    [`${redirectUri}?code=evil&state=right&state=wrong`],
    [`${redirectUri}/x?code=evil&state=right`],
    [`${redirectUri}?code=evil&state=right`, { host: 'evil.example' }],
    [`${redirectUri}?code=evil&state=right`, {}, 'POST'],
  ];
  for (const [url, headers, method] of wrong)
    assert.equal((await visit(url, headers, method)).status, 404);

  const page = await visit(`${redirectUri}?code=good&state=right&iss=${origin}`);
  assert.equal((await answer).get('code'), 'good');
  assert.equal(page.status, 200);
  assert.match(page.text, /You can close this tab/);
  assert.doesNotMatch(page.text, /good|right|bot\.example/);
  assert.match(JSON.stringify(page.headers), /default-src 'none'/);
});

test('waiting at the loopback page ends when it is given up', async (t) => {
  const loopback = await openLoopback('s');
  t.after(() => loopback.close());
  const giveUp = new AbortController();
  const answer = loopback.answer(giveUp.signal);
  giveUp.abort(new Error('given up'));
  await assert.rejects(answer, /given up/);
});

const liars: readonly [string, Record<string, unknown>][] = [
  ['names another issuer', { issuer: 'https://evil.example' }],
  [
    'sends the sign-in elsewhere',
    { authorization_endpoint: 'https://evil.example/claim/authorize' },
  ],
  ['takes the code elsewhere', { token_endpoint: 'https://evil.example/claim/token' }],
  ['hides a user name in an endpoint', { token_endpoint: 'https://x@localhost/claim/token' }],
  ['does not know S256', { code_challenge_methods_supported: ['plain'] }],
  ['takes proofs of another kind only', { dpop_signing_alg_values_supported: ['ES256'] }],
];

for (const [name, metadata] of liars) {
  test(`a host that ${name} is refused`, async (t) => {
    const host = await openHost(t);
    host.script.metadata = metadata;
    const ca = [(await authority).caPem];
    await assert.rejects(
      discoverHost({ origin: host.origin, ca, signal }),
      failure('not_sallyport'),
    );
  });
}

test('a host that answers more than 256 KiB is cut off', async (t) => {
  const server = await listen(t, (_request, response) => response.end('x'.repeat(262_145)));
  const ca = [(await authority).caPem];
  await assert.rejects(discoverHost({ origin: originOf(server), ca, signal }), (error) => {
    assert.match(String(error), /the answer is longer than 262144 bytes/);
    return failure('unreachable')(error);
  });
});

async function deskOf(t: TestContext): Promise<{ host: ScriptedHost; desk: TokenDesk }> {
  const host = await openHost(t);
  host.script.relays = [{ url: 'https://relay.example' }];
  const ca = [(await authority).caPem];
  const discovered = await discoverHost({ origin: host.origin, ca, signal });
  const desk = openTokenDesk({
    host: discovered,
    grant: grantId,
    key,
    ca,
    signal,
    nowMs: Date.now,
  });
  return { host, desk };
}

const signedIn = { code: 'c0de', verifier: 'v', redirectUri: 'http://127.0.0.1:1/callback' };

test("a code becomes a token with the host's nonce, and the token becomes a later one", async (t) => {
  const { host, desk } = await deskOf(t);
  const claimed = await desk.redeem(signedIn);
  assert.deepEqual(claimed.relays, [{ url: 'https://relay.example' }]);
  assert.equal(claimed.grant.grantee, 'dana');
  await desk.renew(claimed);
  const [first, second] = host.asked;
  assert.deepEqual(Object.fromEntries(first ?? []), {
    grant_type: 'authorization_code',
    code: 'c0de',
    code_verifier: 'v',
    redirect_uri: signedIn.redirectUri,
    client_id: 'sallyport',
  });
  assert.equal(second?.get('grant_type'), 'urn:ietf:params:oauth:grant-type:token-exchange');
  assert.equal(second?.get('subject_token'), claimed.token);
});

test('times left are counted from what the host says, not from a clock that may be wrong', async (t) => {
  const { host, desk } = await deskOf(t);
  const exp = Math.floor(Date.now() / 1000) + 600;
  host.script.claims = { exp };
  host.script.display = { endsAt: new Date((exp + 300) * 1000).toISOString() };
  const claimed = await desk.redeem(signedIn);
  assert.ok(Math.abs(claimed.endsAtMs - claimed.receivedAtMs - 600_000) <= 1000);
  assert.equal(claimed.grantEndsAtMs - claimed.endsAtMs, 300_000);
});

const unfit: readonly [string, (script: ScriptedHost['script']) => void][] = [
  ['that is not bound to a key', (script) => (script.answer = { token_type: 'Bearer' })],
  ['that does not say how long it lasts', (script) => (script.answer = { expires_in: undefined })],
  ['that lasts no time', (script) => (script.answer = { expires_in: 0 })],
  ['for another key', (script) => (script.claims = { cnf: { jkt: 'A'.repeat(43) } })],
  ['for another grant', (script) => (script.claims = { gid: `g_${'b'.repeat(26)}` })],
  ['from another issuer', (script) => (script.claims = { iss: 'https://evil.example' })],
  [
    'with a relay that it does not name',
    (script) => (script.claims = { aud: ['https://other.example'] }),
  ],
  ['with a relay without TLS', (script) => (script.relays = [{ url: 'http://relay.example' }])],
  [
    'with a relay that has a path',
    (script) => (script.relays = [{ url: 'https://relay.example/x' }]),
  ],
  ['without a relay', (script) => (script.relays = [])],
  ['with nothing where a relay should be', (script) => (script.relays = [null as never])],
  ['without a readable end', (script) => (script.display = { endsAt: 'tomorrow' })],
];

for (const [name, spoil] of unfit) {
  test(`a token ${name} is refused`, async (t) => {
    const { host, desk } = await deskOf(t);
    host.script.claims = { aud: ['https://relay.example'] };
    spoil(host.script);
    await assert.rejects(desk.redeem(signedIn), failure('unfit_token'));
  });
}

test('a host that asks for a nonce for ever is asked twice', async (t) => {
  const { host, desk } = await deskOf(t);
  host.script.refuse = { status: 400, error: 'use_dpop_nonce' };
  await assert.rejects(desk.redeem(signedIn), failure('use_dpop_nonce'));
  assert.equal(host.asked.length, 1);
});
