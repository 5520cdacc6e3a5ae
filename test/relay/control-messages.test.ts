// What may stand in a sealed message. Everything here is well signed: a signature says who wrote it, not that it makes
// sense.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  openBotMessage,
  openRelayMessage,
  sealBotMessage,
  sealRelayMessage,
  type BotMessage,
  type RelayEvent,
  type RelayMessage,
} from '../../relay/control.ts';
import { endReasons } from '../../relay/frames.ts';
import { newGrantId, newKey } from './signing.ts';

const now = new Date('2026-11-24T09:00:00.250Z');
const bot = newKey('bot');
const relay = newKey('relay');
const gid = newGrantId();
const connection = { relay: 'eu-1', bot: 'https://bot.test', conn: 'n'.repeat(22) };
const refused = { kind: 'invalid', reason: 'message' };

const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true });
const anyCount = fc.maxSafeNat();
const anyGid = fc.stringMatching(/^g_[a-z2-7]{26}$/);
const anyText = fc.stringMatching(/^[ -~äß€]{1,80}$/);
const anyKey = fc.constantFrom(bot.publicJwk, relay.publicJwk);

const anyBotMessage: fc.Arbitrary<BotMessage> = fc.oneof(
  record({
    type: fc.constant('challenge' as const),
    nonce: fc.stringMatching(/^[A-Za-z0-9_-]{22}$/),
  }),
  record({
    type: fc.constant('snapshot' as const),
    issuer: fc.constant('https://bot.test'),
    keys: fc.array(anyKey, { maxLength: 3 }),
    revoked: fc.array(record({ gid: anyGid, until: anyCount }), { maxLength: 3 }),
    leaseSeconds: anyCount,
    eventsAck: anyCount,
  }),
  record({ type: fc.constant('keys' as const), keys: fc.array(anyKey, { maxLength: 3 }) }),
  record({ type: fc.constant('revoke' as const), gid: anyGid, until: anyCount, reason: anyText }),
  record({ type: fc.constant('lease' as const), leaseSeconds: anyCount }),
  record({ type: fc.constant('events-ack' as const), n: anyCount }),
);

const stamp = {
  n: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  at: fc
    .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31T00:00:00Z') })
    .map((date) => date.toISOString()),
};
const anyFigures = { bytesUp: anyCount, bytesDown: anyCount, connections: anyCount };
const anyEnd = {
  ...stamp,
  type: fc.constant('session.end' as const),
  session: anyText,
  gid: anyGid,
  reason: fc.constantFrom(...endReasons),
  ...anyFigures,
};
const anyRefusal = {
  ...stamp,
  type: fc.constant('refused' as const),
  reason: anyText,
  address: anyText,
};
const anyEvent: fc.Arbitrary<RelayEvent> = fc.oneof(
  record({
    ...stamp,
    type: fc.constant('session.start' as const),
    session: anyText,
    gid: anyGid,
    jti: anyText,
    sub: anyText,
    run: anyText,
    address: anyText,
  }),
  record(anyEnd),
  record({ ...anyEnd, inferred: fc.constant(true as const) }),
  record(anyRefusal),
  record({ ...anyRefusal, gid: anyGid, sub: anyText }),
);
const anyRelayMessage: fc.Arbitrary<RelayMessage> = fc.oneof(
  record({
    type: fc.constant('hello' as const),
    protocol: fc.constant(1 as const),
    version: anyText,
    url: anyText,
  }),
  record({ type: fc.constant('revoke-ack' as const), gid: anyGid, sessions: anyCount }),
  record({ type: fc.constant('event' as const), event: anyEvent }),
);

test('every message of the bot comes out as it went in', async () => {
  await fc.assert(
    fc.asyncProperty(anyBotMessage, async (message) => {
      assert.deepEqual(read(await fromBot(message)), message);
    }),
  );
});

test('every message of a relay comes out as it went in', async () => {
  await fc.assert(
    fc.asyncProperty(anyRelayMessage, async (message) => {
      assert.deepEqual(read(await fromRelay(message)), message);
    }),
  );
});

test('nonsense is refused or read as what it says it is, and never thrown at the caller', async () => {
  const types = [
    'challenge',
    'snapshot',
    'keys',
    'revoke',
    'lease',
    'events-ack',
    'hello',
    'event',
  ];
  const names = [
    'nonce',
    'gid',
    'until',
    'reason',
    'leaseSeconds',
    'n',
    'keys',
    'revoked',
    'event',
  ];
  const anyMessage = fc.oneof(
    fc.jsonValue(),
    fc.record({
      type: fc.constantFrom(...types),
      ...Object.fromEntries(names.map((name) => [name, fc.jsonValue({ maxDepth: 2 })])),
    }),
  );
  await fc.assert(
    fc.asyncProperty(anyMessage, async (message) => {
      for (const verdict of [await fromBot(message), await fromRelay(message)]) {
        if (verdict.kind === 'invalid') assert.deepEqual(verdict, refused);
        // Only a whole number makes a message of these names, and it is the one that was sent.
        else assert.partialDeepStrictEqual(message, { ...verdict.message });
      }
    }),
  );
});

const badMessages: readonly (readonly [string, unknown])[] = [
  ['an unknown type', { type: 'party' }],
  ['no type', {}],
  ['a list', [{ type: 'lease', leaseSeconds: 30 }]],
  ['null', null],
  ['a lease of half a second', { type: 'lease', leaseSeconds: 0.5 }],
  ['a revocation of no grant', { type: 'revoke', gid: 'g_', until: 1, reason: 'x' }],
  ['a revocation with a line break', { type: 'revoke', gid, until: 1, reason: 'a\nb' }],
  ['a short nonce', { type: 'challenge', nonce: 'n'.repeat(21) }],
  ['a private key', { type: 'keys', keys: [{ ...bot.publicJwk, d: bot.pin }] }],
  ['an RSA key', { type: 'keys', keys: [{ kty: 'RSA', n: 'x', e: 'AQAB', kid: 'k' }] }],
  ['a key for agreement, not for signing', withKey({ crv: 'X25519' })],
  ['a key of another family', withKey({ kty: 'EC' })],
  ['a key without a name', { type: 'keys', keys: [{ ...bot.publicJwk, kid: undefined }] }],
  ['one bad key among good ones', { type: 'keys', keys: [bot.publicJwk, {}] }],
  ['a snapshot without revocations', { ...snapshot([]), revoked: undefined }],
  ['a snapshot with one bad revocation', { ...snapshot([gid]), revoked: [{ gid, until: -1 }] }],
];

for (const [name, msg] of badMessages) {
  test(`from the bot, ${name} is refused whole`, async () => {
    assert.deepEqual(await fromBot(msg), refused);
  });
}

const hello = { type: 'hello', protocol: 1, version: '0.1.0', url: 'https://r.test' };
const event = { n: 1, at: now.toISOString(), type: 'refused', reason: 'idle', address: '::1' };
const figures = { bytesUp: 0, bytesDown: 0, connections: 0 };
const end = { ...event, type: 'session.end', session: 's', gid, reason: 'idle', ...figures };
const badReports: readonly (readonly [string, unknown])[] = [
  ['another protocol', { ...hello, protocol: 2 }],
  ['an event number 0', { type: 'event', event: { ...event, n: 0 } }],
  [
    'an event without milliseconds',
    { type: 'event', event: { ...event, at: '2026-11-24T09:00Z' } },
  ],
  ['an event of an unknown type', { type: 'event', event: { ...event, type: 'party' } }],
  ['an event of a strange grant', { type: 'event', event: { ...event, gid: 'x' } }],
  ['an end that was inferred and not', { type: 'event', event: { ...end, inferred: false } }],
  ['fewer than no sessions cut', { type: 'revoke-ack', gid, sessions: -1 }],
  ['what only the bot says', { type: 'lease', leaseSeconds: 30 }],
];

for (const [name, msg] of badReports) {
  test(`from a relay, ${name} is refused`, async () => {
    assert.deepEqual(await fromRelay(msg), refused);
  });
}

test('a snapshot with ten thousand revocations fits', async () => {
  const opened = await fromBot(snapshot(Array.from({ length: 10_000 }, newGrantId)));
  assert.ok(opened.kind === 'valid' && opened.message.type === 'snapshot');
  assert.equal(opened.message.revoked.length, 10_000);
});

// The sealing functions trust their caller; a writer with a fault or of another version seals anything.
async function fromBot(message: unknown) {
  const envelope = { relay: 'eu-1', epoch: 1, seq: 1, now };
  const text = await sealBotMessage(message as BotMessage, envelope, bot);
  return openBotMessage(text, { key: bot.publicJwk, relay: 'eu-1' });
}

async function fromRelay(message: unknown) {
  const text = await sealRelayMessage(
    message as RelayMessage,
    { ...connection, seq: 1, now },
    relay,
  );
  return openRelayMessage(text, { ...connection, key: relay.publicJwk });
}

function read(verdict: Awaited<ReturnType<typeof fromBot | typeof fromRelay>>) {
  return verdict.kind === 'valid' ? verdict.message : verdict.reason;
}

function withKey(changes: object) {
  return { type: 'keys', keys: [{ ...bot.publicJwk, ...changes }] };
}

function snapshot(gids: readonly string[]): BotMessage & { type: 'snapshot' } {
  const revoked = gids.map((gid) => ({ gid, until: 1_800_000_000 }));
  const issuer = 'https://bot.test';
  return { type: 'snapshot', issuer, keys: [], revoked, leaseSeconds: 30, eventsAck: 0 };
}
