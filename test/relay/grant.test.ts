import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { grantLimits, signGrant, verifyGrant, type GrantClaims } from '../../relay/grant.ts';
import { grantClaims, issuer, newKey } from './signing.ts';

const now = Date.parse('2026-11-24T10:00:00Z');
const nowSeconds = now / 1000;
const key = newKey();
const header = '{"alg":"Ed25519","typ":"sallyport-grant+jwt","kid":"key-1"}';
const claims = grantClaims(now);
const good = await signGrant(claims, key);
const [head = '', body = '', signature = ''] = good.split('.');

function verify(token: string, at = now) {
  return verifyGrant(token, {
    keys: new Map([[key.kid, key.publicJwk]]),
    issuer,
    audience: 'https://relay.acme.test',
    now: new Date(at),
  });
}

function forged(changes: Record<string, unknown>): string {
  return key.forge(header, JSON.stringify({ ...claims, ...changes }));
}

function hmacWithPublicKey(): string {
  const head = encode('{"alg":"HS256","typ":"sallyport-grant+jwt","kid":"key-1"}');
  const secret = Buffer.from(String(key.publicJwk.x), 'base64url');
  const mac = createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url');
  return `${head}.${body}.${mac}`;
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** The same 64 bytes, written with other bits in the last character that carry nothing. */
function withOtherTrailingBits(token: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = letters.indexOf(token.slice(-1));
  return token.slice(0, -1) + letters[last ^ 1];
}

/** RFC 8032 §5.1.7: S has to be below the group order; S + L signs the same and is another text. */
function withSPlusL(): string {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const bytes = Buffer.from(signature, 'base64url');
  let s = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString('hex')}`) + order;
  for (let index = 32; index < 64; index += 1, s >>= 8n) bytes[index] = Number(s & 255n);
  return `${head}.${body}.${bytes.toString('base64url')}`;
}

test('a grant that the bot signed is taken as it was signed', async () => {
  assert.deepEqual(await verify(good), { kind: 'valid', claims });
});

const stranger = newKey();
const attacks: Readonly<Record<string, readonly [string, string]>> = {
  'no algorithm and no signature': [`${encode('{"alg":"none"}')}.${body}.`, 'characters'],
  'alg none with a signature': [
    key.forge('{"alg":"none","typ":"sallyport-grant+jwt","kid":"key-1"}', JSON.stringify(claims)),
    'algorithm',
  ],
  'HS256 with the public key as the secret': [hmacWithPublicKey(), 'algorithm'],
  'the older name EdDSA': [
    key.forge(header.replace('Ed25519', 'EdDSA'), JSON.stringify(claims)),
    'algorithm',
  ],
  'no kid': [
    key.forge('{"alg":"Ed25519","typ":"sallyport-grant+jwt"}', JSON.stringify(claims)),
    'header',
  ],
  'a kid that is a path': [
    key.forge(header.replace('key-1', '../../dev/null'), JSON.stringify(claims)),
    'unknown-key',
  ],
  'a kid that every object has': [
    key.forge(header.replace('key-1', '__proto__'), JSON.stringify(claims)),
    'unknown-key',
  ],
  'a kid that is not text': [
    key.forge(header.replace('"key-1"', '["key-1"]'), JSON.stringify(claims)),
    'unknown-key',
  ],
  'a key that comes along (jwk)': [
    stranger.forge(
      JSON.stringify({ ...JSON.parse(header), jwk: stranger.publicJwk }),
      JSON.stringify(claims),
    ),
    'header',
  ],
  'an address to fetch keys from (jku)': [
    stranger.forge(header.replace('}', ',"jku":"https://evil.test/keys"}'), JSON.stringify(claims)),
    'header',
  ],
  'an unknown critical header': [
    key.forge(header.replace('}', ',"crit":["x"],"x":1}'), JSON.stringify(claims)),
    'header',
  ],
  'an unencoded payload (b64)': [
    key.forge(header.replace('}', ',"b64":false,"crit":["b64"]}'), JSON.stringify(claims)),
    'header',
  ],
  "somebody else's key under our kid": [
    stranger.forge(header, JSON.stringify(claims)),
    'signature',
  ],
  'another payload under a good signature': [
    `${head}.${encode(JSON.stringify({ ...claims, login: 'eve' }))}.${signature}`,
    'signature',
  ],
  'the signature cut off': [`${head}.${body}.`, 'characters'],
  'a malleated signature (S + L)': [withSPlusL(), 'signature'],
  'typ JWT': [
    key.forge(header.replace('sallyport-grant+jwt', 'JWT'), JSON.stringify(claims)),
    'type',
  ],
  'the typ of a control message': [
    key.forge(header.replace('grant', 'control'), JSON.stringify(claims)),
    'type',
  ],
  'no typ': [key.forge('{"alg":"Ed25519","kid":"key-1"}', JSON.stringify(claims)), 'header'],
  'whitespace inside': [`${head}. ${body}.${signature}`, 'characters'],
  'a newline at the end': [`${good}\n`, 'characters'],
  padding: [`${head}.${body}.${signature}==`, 'characters'],
  'other trailing bits': [withOtherTrailingBits(good), 'encoding'],
  'duplicate members in the payload': [
    key.forge(header, `{"sub":"github:1",${JSON.stringify(claims).slice(1)}`),
    'json',
  ],
  'duplicate members in the header': [
    key.forge(`{"kid":"other",${header.slice(1)}`, JSON.stringify(claims)),
    'json',
  ],
  'a payload that is a list': [key.forge(header, '[]'), 'json'],
  'a payload that is not UTF-8': [
    `${head}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.${signature}`,
    'json',
  ],
  'five megabytes': [`${head}.${'A'.repeat(5_000_000)}.${signature}`, 'too-long'],
  'five parts, as an encrypted one has': ['a.b.c.d.e', 'characters'],
  nothing: ['', 'characters'],
  'another issuer': [forged({ iss: 'https://sallyport.acme.test.evil.test' }), 'issuer'],
  'the issuer with a slash': [forged({ iss: `${issuer}/` }), 'claims'],
  'another relay': [forged({ aud: ['https://relay.acme.test.evil.test'] }), 'audience'],
  'no relay at all': [forged({ aud: [] }), 'claims'],
  'one relay that is not a list': [forged({ aud: 'https://relay.acme.test' }), 'claims'],
  'an end that is text': [forged({ exp: String(nowSeconds + 100) }), 'claims'],
  'no end': [forged({ exp: undefined }), 'claims'],
  'an end in a million years': [forged({ exp: 1e15 }), 'claims'],
  'an end that is not whole': [forged({ exp: nowSeconds + 0.5 }), 'claims'],
  'a life longer than twelve hours': [
    forged({ exp: nowSeconds + grantLimits.maxLifetimeSeconds + 1 }),
    'lifetime',
  ],
  'an end before its start': [forged({ exp: nowSeconds }), 'lifetime'],
  'a start in the future': [forged({ nbf: nowSeconds + 31 }), 'not-yet-valid'],
  'an issue in the future': [forged({ iat: nowSeconds + 31 }), 'not-yet-valid'],
  'no key it is bound to': [forged({ cnf: {} }), 'claims'],
  'a person who is a login': [forged({ sub: 'github:dana' }), 'claims'],
  'a target with a path': [forged({ target: 'db:5432/x' }), 'claims'],
  'a target without a port': [forged({ target: 'payments-db.internal' }), 'claims'],
  'no limit of sessions': [forged({ lim: { ...claims.lim, sessions: Infinity } }), 'claims'],
  'a way of signing in that is no word': [forged({ acr: 'a b' }), 'claims'],
  'several ways of signing in': [forged({ acr: ['phr'] }), 'claims'],
  'a grace of a year': [forged({ lim: { ...claims.lim, graceSeconds: 31_536_000 } }), 'claims'],
};

suite('a grant token is refused with', () => {
  for (const [name, [token, reason]] of Object.entries(attacks)) {
    test(name, async () => {
      assert.deepEqual(await verify(token), { kind: 'invalid', reason });
    });
  }
});

test('a grant ends at its end, without leeway', async () => {
  const end = claims.exp * 1000;
  assert.equal((await verify(good, end - 1)).kind, 'valid');
  assert.deepEqual(await verify(good, end), { kind: 'invalid', reason: 'expired' });
});

test('a clock that tells no time makes no token good', async () => {
  assert.deepEqual(await verify(good, Number.NaN), { kind: 'invalid', reason: 'expired' });
});

test('a grant may start thirty seconds later than our clock says, not more', async () => {
  const leeway = grantLimits.nbfLeewaySeconds * 1000;
  assert.equal((await verify(good, now - leeway)).kind, 'valid');
  const early = await verify(good, now - leeway - 1000);
  assert.deepEqual(early, { kind: 'invalid', reason: 'not-yet-valid' });
});

test('a claim that a newer bot adds does not spoil the others, and is not handed on', async () => {
  assert.deepEqual(await verify(forged({ amr: ['pwd'] })), { kind: 'valid', claims });
});

test('nobody is handed a token that no relay would take', async () => {
  const unfit: Partial<GrantClaims>[] = [
    { gid: 'g_short' },
    { lim: { ...claims.lim, connections: 0 } },
    { apr: Array.from({ length: 33 }, () => 'github:1') },
    { req: { digest: 'd'.repeat(201), url: claims.req.url } },
  ];
  for (const changes of unfit) {
    await assert.rejects(signGrant({ ...claims, ...changes }, key), TypeError);
  }
});

test('a token with one character changed is never taken', async () => {
  const position = fc.integer({ min: 0, max: good.length - 1 });
  const character = fc.constantFrom(...Array.from('ABCxyz019-_. =\u0000é'));
  await fc.assert(
    fc.asyncProperty(position, character, async (at, replacement) => {
      fc.pre(good[at] !== replacement);
      const changed = good.slice(0, at) + replacement + good.slice(at + 1);
      assert.equal((await verify(changed)).kind, 'invalid');
    }),
    { numRuns: 300 },
  );
});
