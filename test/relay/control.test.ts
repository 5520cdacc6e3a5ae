import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Signer } from '../../relay/grant.ts';
import {
  controlLimits,
  judgePosition,
  openBotMessage,
  openRelayMessage,
  sealBotMessage,
  sealRelayMessage,
  type BotMessage,
  type RelayMessage,
} from '../../relay/control.ts';
import { grantClaims, grantToken, newKey } from './signing.ts';

const now = new Date('2026-11-24T09:00:00.250Z');
const bot = newKey('bot');
const relay = newKey('relay');
const stranger = newKey('bot');
const lease: BotMessage = { type: 'lease', leaseSeconds: 30 };
const hello: RelayMessage = { type: 'hello', protocol: 1, version: '0.1.0', url: 'https://r.test' };
const connection = { relay: 'eu-1', bot: 'https://bot.test', conn: 'n'.repeat(22) };
const botHeader = { alg: 'Ed25519', typ: 'sallyport-control+jwt', kid: 'bot' };
const relayHeader = { alg: 'Ed25519', typ: 'sallyport-relay+jwt', kid: 'relay' };

test('the relay reads what the bot sealed, with its number and time', async () => {
  const text = await sealBotMessage(lease, { ...at(7), epoch: 3 }, bot);
  const iat = now.getTime() / 1000;
  const expected = { kind: 'valid', epoch: 3, seq: 7, iat, message: lease };
  assert.deepEqual(await openFromBot(text), expected);
});

test('the bot reads what the relay sealed, with its number', async () => {
  const text = await sealFromRelay(hello, { seq: 7 });
  assert.deepEqual(await openFromRelay(text), { kind: 'valid', seq: 7, message: hello });
});

test('no text makes either reader throw, and none but a sealed one is read', async () => {
  const anyPart = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.json().map((json) => Buffer.from(json).toString('base64url')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(anyPart, { maxLength: 4 }), async (parts) => {
      const text = parts.join('.');
      const verdicts = [await openFromBot(text), await openFromRelay(text)];
      assert.deepEqual(
        verdicts.map(({ kind }) => kind),
        ['invalid', 'invalid'],
      );
    }),
  );
});

test('another key signs nothing, even under the name of the right one', async () => {
  const text = await sealBotMessage(lease, at(1), stranger);
  assert.deepEqual(await openFromBot(text), refused('signature'));
  const said = await sealFromRelay(hello, {}, stranger);
  assert.deepEqual(await openFromRelay(said), refused('signature'));
});

test('a message to another relay is refused', async () => {
  const text = await sealBotMessage(lease, { ...at(1), relay: 'us-1' }, bot);
  assert.deepEqual(await openFromBot(text), refused('claims'));
});

test('a message from another relay, or to another bot, is refused, even with the right key', async () => {
  for (const other of [{ relay: 'us-1' }, { bot: 'https://other.test' }]) {
    const text = await sealFromRelay(hello, other);
    assert.deepEqual(await openFromRelay(text), refused('claims'));
  }
});

test('what a relay said on an earlier connection is refused on this one', async () => {
  const text = await sealFromRelay(hello, { conn: 'o'.repeat(22) });
  assert.deepEqual(await openFromRelay(text), refused('claims'));
});

test('a message of one direction is none of the other, even where both ends had one key', async () => {
  const fromBot = await sealBotMessage(lease, at(1), bot);
  const asRelay = await openRelayMessage(fromBot, { ...connection, key: bot.publicJwk });
  assert.deepEqual(asRelay, refused('header'));
  const fromRelay = await sealFromRelay(hello, {});
  const asBot = await openBotMessage(fromRelay, { key: relay.publicJwk, relay: 'eu-1' });
  assert.deepEqual(asBot, refused('header'));
});

test('a grant token is no control message, even signed with the key that is expected', async () => {
  const claims = grantClaims(now.getTime());
  assert.deepEqual(await openFromBot(await grantToken(claims, bot)), refused('header'));
  const token = await grantToken(claims, relay);
  assert.deepEqual(await openFromRelay(token), refused('header'));
});

const badClaims: readonly (readonly [string, Record<string, unknown>])[] = [
  ['a seq that is half', { seq: 1.5 }],
  ['a negative seq', { seq: -1 }],
  ['a seq past whole numbers', { seq: 2 ** 53 }],
  ['a seq that is text', { seq: '1' }],
  ['no seq', { seq: undefined }],
  ['a negative time', { iat: -1 }],
  ['a time past the year 9999', { iat: 1e15 }],
  ['a time that is text', { iat: '2026' }],
];

for (const [name, claims] of badClaims) {
  test(`${name} is refused in both directions`, async () => {
    assert.deepEqual(await openFromBot(sealedByBot(claims)), refused('claims'));
    assert.deepEqual(await openFromRelay(sealedByRelay(claims)), refused('claims'));
  });
}

for (const epoch of [-1, 0.5, 2 ** 53, '1', null]) {
  test(`an epoch of ${JSON.stringify(epoch)} is refused`, async () => {
    assert.deepEqual(await openFromBot(sealedByBot({ epoch })), refused('claims'));
  });
}

test('a message past the limit is refused before anything else is looked at', async () => {
  const longest = 'x'.repeat(controlLimits.maxMessageChars);
  assert.deepEqual(await openFromBot(`${longest}x`), refused('too-long'));
  assert.deepEqual(await openFromRelay(`${longest}x`), refused('too-long'));
  assert.deepEqual(await openFromBot(longest), refused('characters'));
});

test('a sealed message has one form: white space, padding and loose bits are refused', async () => {
  const text = await sealBotMessage(lease, at(1), bot);
  const [header = '', payload = '', signature = ''] = text.split('.');
  const forms = [
    ` ${text}`,
    `${text}\n`,
    `${text}=`,
    `${text}==`,
    `${header}.${payload}=.${signature}`,
    `${text}.`,
    `${header}.${payload}..${signature}`,
    `${header}..${signature}`,
    `${header}.${payload}`,
    text.replaceAll('-', '+').replaceAll('_', '/') + '+',
    `${header}.${payload}.${looseBits(signature)}`,
  ];
  for (const form of forms) assert.equal((await openFromBot(form)).kind, 'invalid', form);
  assert.equal((await openFromBot(text)).kind, 'valid');
});

test('JSON with a member twice, or with white space, is refused although well signed', async () => {
  const claims = JSON.stringify(botClaims({}));
  const twice = `{"seq":9,${claims.slice(1)}`;
  assert.deepEqual(await openFromBot(forge(botHeader, twice)), refused('json'));
  assert.deepEqual(await openFromBot(forge(botHeader, ` ${claims}`)), refused('json'));
});

const badHeaders: readonly (readonly [string, object])[] = [
  ['alg none', { ...botHeader, alg: 'none' }],
  ['the older name of the algorithm', { ...botHeader, alg: 'EdDSA' }],
  ['a key of its own', { ...botHeader, jwk: bot.publicJwk }],
  ['an extension', { ...botHeader, crit: ['exp'] }],
  ['no kid', { alg: 'Ed25519', typ: botHeader.typ }],
  ['no typ', { alg: 'Ed25519', kid: 'bot' }],
];

for (const [name, header] of badHeaders) {
  test(`a header with ${name} is refused although well signed`, async () => {
    const text = forge(header, JSON.stringify(botClaims({})));
    assert.deepEqual(await openFromBot(text), refused('header'));
  });
}

test('one changed character anywhere is refused', async () => {
  const text = await sealBotMessage(lease, at(1), bot);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(text.length - 1),
      fc.constantFrom('A', 'a', '0', '_', '-', '.', '=', '€'),
      async (place, other) => {
        fc.pre(text[place] !== other);
        const changed = text.slice(0, place) + other + text.slice(place + 1);
        assert.equal((await openFromBot(changed)).kind, 'invalid');
      },
    ),
  );
});

test('numbers only grow: repeated and lower ones are replays, a missing one inside a connection is a gap', () => {
  const last = { epoch: 3, seq: 10 };
  const table = [
    [{ epoch: 3, seq: 11 }, 'next', 'next'],
    [{ epoch: 3, seq: 12 }, 'gap', 'next'],
    [{ epoch: 3, seq: 10 }, 'replay', 'replay'],
    [{ epoch: 3, seq: 9 }, 'replay', 'replay'],
    [{ epoch: 2, seq: 99 }, 'replay', 'replay'],
    [{ epoch: 4, seq: 1 }, 'gap', 'next'],
    [{ epoch: 4, seq: 11 }, 'gap', 'next'],
  ] as const;
  for (const [next, inside, between] of table) {
    const name = JSON.stringify(next);
    assert.equal(judgePosition(last, next, { first: false }), inside, name);
    assert.equal(judgePosition(last, next, { first: true }), between, name);
  }
});

test('a relay that has never heard the bot takes any first number', () => {
  assert.equal(judgePosition(undefined, { epoch: 7, seq: 4711 }, { first: true }), 'next');
});

function openFromBot(text: string) {
  return openBotMessage(text, { key: bot.publicJwk, relay: 'eu-1' });
}

function openFromRelay(text: string) {
  return openRelayMessage(text, { ...connection, key: relay.publicJwk });
}

function sealFromRelay(message: RelayMessage, changes: object, signer: Signer = relay) {
  return sealRelayMessage(message, { ...connection, seq: 1, now, ...changes }, signer);
}

function refused(reason: string) {
  return { kind: 'invalid', reason };
}

function at(seq: number) {
  return { relay: 'eu-1', epoch: 1, seq, now };
}

// What the sealing functions would never write, signed well: the readers must not rely on the writers.
function sealedByBot(claims: object): string {
  return forge(botHeader, JSON.stringify(botClaims(claims)));
}

function sealedByRelay(claims: object): string {
  const all = { iss: 'eu-1', aud: 'https://bot.test', conn: connection.conn, seq: 1, iat: 1 };
  return relay.forge(
    JSON.stringify(relayHeader),
    JSON.stringify({ ...all, msg: hello, ...claims }),
  );
}

function botClaims(claims: object) {
  return { aud: 'eu-1', epoch: 1, seq: 1, iat: 1, msg: lease, ...claims };
}

function forge(header: object, payload: string): string {
  return bot.forge(JSON.stringify(header), payload);
}

/** The same bytes in another spelling: 64 bytes leave four bits of the last character unused. */
function looseBits(signature: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(signature.at(-1) ?? '');
  return signature.slice(0, -1) + alphabet[last + 1];
}
