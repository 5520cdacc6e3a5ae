import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import {
  checkProof,
  createNonces,
  createReplayGuard,
  fingerprint,
  generateSessionKey,
  makeProof,
} from '../../relay/proof.ts';
import { sha256, thumbprintOf } from '../../relay/jws.ts';
import { newKey } from './signing.ts';

const now = new Date('2026-11-24T10:00:00Z');
const seconds = now.getTime() / 1000;
const url = 'https://relay.acme.test/tunnel';
const token = 'the.grant.token';
const nonces = createNonces(new Uint8Array(32).fill(7));
const isFreshNonce = (nonce: string) => nonces.isFresh(nonce, now);
const expected = { method: 'GET', url, now, token, isFreshNonce };
const session = await generateSessionKey();

const attacker = newKey();
const { x } = attacker.publicJwk;
const jwk = { kty: 'OKP', crv: 'Ed25519', x: String(x) };
const jkt = thumbprintOf(jwk);
const payload = {
  jti: 'abcdefghijklmnopqrstuv',
  htm: 'GET',
  htu: url,
  iat: seconds,
  ath: sha256(token),
  nonce: nonces.issue(now),
};

function forged(changes: object, headerChanges: object = {}): string {
  const header = { alg: 'Ed25519', typ: 'dpop+jwt', jwk, ...headerChanges };
  return attacker.forge(JSON.stringify(header), JSON.stringify({ ...payload, ...changes }));
}

test('a proof holds for the request it was made for and names its key', async () => {
  const proof = await makeProof(session, { method: 'GET', url, now, token, nonce: payload.nonce });
  const verdict = await checkProof(proof, expected);
  assert.equal(verdict.kind, 'valid');
  assert.equal(verdict.kind === 'valid' && verdict.jkt, session.jkt);
});

test('the key of a session cannot be taken out of its process', async () => {
  assert.equal(session.privateKey.extractable, false);
  await assert.rejects(crypto.subtle.exportKey('pkcs8', session.privateKey));
});

test('the forger of this table can also make a good one, so that each row fails for its own reason', async () => {
  assert.deepEqual(await checkProof(forged({}), expected), {
    kind: 'valid',
    jkt,
    jti: payload.jti,
  });
});

const attacks: Readonly<Record<string, readonly [string, string]>> = {
  'another method': [forged({ htm: 'POST' }), 'method'],
  'the method in small letters': [forged({ htm: 'get' }), 'method'],
  "another relay's address": [forged({ htu: 'https://relay.evil.test/tunnel' }), 'url'],
  'the address with a query': [forged({ htu: `${url}?x` }), 'url'],
  'the address without https': [forged({ htu: url.replace('https', 'http') }), 'url'],
  'another token': [forged({ ath: sha256('other') }), 'token'],
  'no token': [forged({ ath: undefined }), 'token'],
  'no nonce': [forged({ nonce: undefined }), 'nonce'],
  'a nonce of its own making': [forged({ nonce: 'A'.repeat(32) }), 'nonce'],
  'a nonce that has aged': [
    forged({ nonce: nonces.issue(new Date(now.getTime() - 61_000)) }),
    'nonce',
  ],
  'a nonce from the future': [
    forged({ nonce: nonces.issue(new Date(now.getTime() + 1000)) }),
    'nonce',
  ],
  'no name of its own': [forged({ jti: undefined }), 'claims'],
  'a name too short to be unique': [forged({ jti: 'abc' }), 'claims'],
  'a name of a megabyte': [forged({ jti: 'a'.repeat(1_000_000) }), 'too-long'],
  'no time': [forged({ iat: undefined }), 'claims'],
  'typ JWT': [forged({}, { typ: 'JWT' }), 'type'],
  'alg none': [forged({}, { alg: 'none' }), 'algorithm'],
  'alg HS256': [forged({}, { alg: 'HS256' }), 'algorithm'],
  'a private key in it': [forged({}, { jwk: { ...jwk, d: 'A'.repeat(43) } }), 'key'],
  'an elliptic key': [forged({}, { jwk: { kty: 'EC', crv: 'P-256', x } }), 'key'],
  'a key of the wrong length': [forged({}, { jwk: { ...jwk, x: 'AAAA' } }), 'key'],
  "the victim's key and another's signature": [forged({}, { jwk: session.publicJwk }), 'signature'],
  'a key by address': [forged({}, { jku: 'https://evil.test' }), 'header'],
  'no key': [forged({}, { jwk: undefined }), 'header'],
  'not a token at all': ['hello', 'characters'],
};

suite('a proof is refused with', () => {
  for (const [name, [proof, reason]] of Object.entries(attacks)) {
    test(name, async () => {
      assert.deepEqual(await checkProof(proof, expected), { kind: 'invalid', reason });
    });
  }
});

test('without a nonce a proof is good for a minute on either side of our clock', async () => {
  const plain = { method: 'GET', url, now };
  for (const [offset, kind] of [
    [-60, 'valid'],
    [60, 'valid'],
    [-61, 'invalid'],
    [61, 'invalid'],
  ] as const) {
    const verdict = await checkProof(forged({ iat: seconds + offset }), plain);
    assert.equal(verdict.kind, kind, `${offset} s`);
  }
});

test('with a nonce the clock of the laptop does not matter', async () => {
  const verdict = await checkProof(forged({ iat: seconds - 7_000_000 }), expected);
  assert.equal(verdict.kind, 'valid');
});

test('two programs take each other’s nonces only when they share the key', () => {
  const nonce = nonces.issue(now);
  assert.equal(createNonces(new Uint8Array(32).fill(7)).isFresh(nonce, now), true);
  assert.equal(createNonces(new Uint8Array(32).fill(8)).isFresh(nonce, now), false);
});

test('no text but our own is a fresh nonce, and none makes the check throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.base64String({ minLength: 32, maxLength: 32 })),
      (text) => {
        assert.equal(nonces.isFresh(text, now), false);
      },
    ),
  );
});

test('a proof is taken once, until its time is over', () => {
  const guard = createReplayGuard(120);
  const at = (offset: number) => new Date(now.getTime() + offset * 1000);
  assert.equal(guard.firstUse('one', at(0)), true);
  assert.equal(guard.firstUse('one', at(0)), false);
  assert.equal(guard.firstUse('one', at(119)), false);
  assert.equal(guard.firstUse('one', at(Number.NaN)), false, 'a broken clock forgets nothing');
  assert.equal(guard.firstUse('one', at(120)), true);
});

test('a full memory refuses new proofs rather than forget old ones', () => {
  const guard = createReplayGuard(120, 2);
  assert.equal(guard.firstUse('one', now), true);
  assert.equal(guard.firstUse('two', now), true);
  assert.equal(guard.firstUse('three', now), false);
  assert.equal(guard.firstUse('one', now), false);
});

test('the fingerprint is twelve letters in three groups and follows the key', async () => {
  const other = await generateSessionKey();
  assert.match(fingerprint(session.jkt), /^[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}$/);
  assert.equal(fingerprint(session.jkt), fingerprint(session.jkt));
  assert.notEqual(fingerprint(session.jkt), fingerprint(other.jkt));
});

test('the thumbprint is that of RFC 8037 appendix A.3', () => {
  const key = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
  assert.equal(thumbprintOf(key), 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
});
