import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Derivation } from '../../../bot/access/explain.ts';
import type { AuditRecord } from '../../../bot/access/record.ts';
import {
  recordConfirmation,
  recordExpiry,
  recordRevocation,
  type Revocation,
} from '../../../bot/ledger/grants.ts';
import { recordToken } from '../../../bot/ledger/claims.ts';
import type { TokenRecord } from '../../../bot/tokens/mint.ts';
import { addGrant, readGrant, relaysThatCut } from '../../../bot/store/grants.ts';
import { isSettled } from '../../../bot/store/commands.ts';
import { readRecords } from '../../../bot/store/records.ts';
import { addRequest, readRequest } from '../../../bot/store/requests.ts';
import { openStore } from '../../../bot/store/store.ts';
import { approve, factsOf, issue, now, opened, people, running } from '../access/world.ts';
import { takePostings } from './postings.ts';

/** A grant that two relays serve, eu-1 and eu-2, in a ledger that has recorded nothing yet. */
async function openWorld() {
  const facts = factsOf();
  const request = opened(facts);
  const decision = approve(facts, { request, by: people.omar });
  assert.ok(decision.kind === 'granted');
  const { grant } = decision;
  assert.deepEqual(grant.relays, ['eu-1', 'eu-2']);
  const store = await openStore(':memory:');
  const { queries } = store;
  await addRequest(queries, 1, { request, missing: [], told: [] });
  await addGrant(queries, 1, grant);
  const ledger = {
    store,
    now: () => now,
    postingsQueued: () => undefined,
    committed: () => undefined,
  };
  const { id: gid, resource, requestId, digest } = grant;
  return {
    grant,
    /** What every record about the grant carries. */
    about: {
      at: now.toISOString(),
      resource,
      grant: gid,
      request: requestId,
      requestDigest: digest,
    },
    claim: (signIn: TokenRecord['signIn']) =>
      recordToken(ledger, {
        grant: { ...grant, time: running(grant) },
        isStart: false,
        kind: signIn ? 'claim' : 'renewal',
        jti: 'j1',
        tokenHash: 'hash',
        jkt: 'key',
        at: now,
        expiresAt: after(60_000),
        address: '192.0.2.7',
        signIn,
      }),
    expire: () => recordExpiry(ledger, grant, timeIsUp),
    revoke: (changes: Partial<Revocation> = {}, source?: typeof revoking) =>
      recordRevocation(ledger, grant, { ...byOmar, ...changes }, source),
    confirm: (relay: string, sessions = 0) => recordConfirmation(ledger, relay, { gid, sessions }),
    cutBy: () => relaysThatCut(queries, gid),
    async state() {
      const stored = await readGrant(queries, gid);
      return { state: stored?.state, by: stored?.endedBy, why: stored?.endedReason };
    },
    ending: async () => (await readRequest(queries, 1))?.ending ?? null,
    isSettled: (commentId: number) => isSettled(queries, commentId),
    async records() {
      return (await readRecords(queries)).map((body) => JSON.parse(body) as AuditRecord);
    },
    /** What was queued for the issue since the last time, and is due. */
    posted: (at = now) => takePostings(queries, at),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** The comment by which omar revokes. */
const revoking = { thread: issue, commentId: 4100, author: people.omar };
const origin = { kind: 'comment', repositoryId: 22, issue: 7, commentId: 4100 } as const;
const omar = { kind: 'person', id: people.omar.id, login: 'omar' } as const;
/** How it was decided is kept as it comes: what it says is for those who decide. */
const mayRevoke: Derivation = [
  { rule: 'person-may-revoke', fact: { as: 'approver' }, satisfied: true, suppliers: [] },
];
const timeIsUp: Derivation = [
  { rule: 'grant-is-active', fact: { state: 'expired' }, satisfied: false, suppliers: [] },
];
const byOmar: Revocation = {
  by: people.omar,
  actor: omar,
  origin,
  reason: 'the ledger is mended',
  derivation: mayRevoke,
  confirmed: [],
  unconfirmed: ['eu-1', 'eu-2'],
};

const after = (ms: number) => new Date(now.getTime() + ms);
const shown = ['r1:card', '22#7:label'];

test('a revocation is on record with who, from where, why, and which relays had cut by then', async () => {
  await using world = await openWorld();
  const confirmed = [{ relay: 'eu-1', sessions: 2, ms: 12.5 }];
  assert.equal(await world.revoke({ confirmed, unconfirmed: ['eu-2'] }, revoking), true);
  assert.deepEqual(await world.records(), [
    {
      ...world.about,
      seq: 0,
      actor: omar,
      action: 'grant.revoke',
      outcome: 'success',
      reason: null,
      origin,
      data: {
        words: 'the ledger is mended',
        derivation: mayRevoke,
        confirmed,
        unconfirmed: ['eu-2'],
      },
    },
  ]);
  const why = 'the ledger is mended';
  assert.deepEqual(await world.state(), { state: 'revoked', by: people.omar, why });
  assert.deepEqual(await world.ending(), { by: 'omar', reason: why, at: world.about.at });
  assert.deepEqual(await world.cutBy(), ['eu-1']);
  assert.deepEqual(await world.posted(), ['4100:rocket', ...shown, 'r1:revoked']);
});

test('a revocation that no person ordered names the operator or the bot', async () => {
  for (const kind of ['operator', 'bot'] as const) {
    await using world = await openWorld();
    await world.revoke({ by: kind, actor: { kind }, origin: { kind }, reason: '' });
    assert.equal((await world.ending())?.by, `the ${kind}`);
    assert.deepEqual(await world.state(), { state: 'revoked', by: kind, why: '' });
    const [record] = await world.records();
    assert.deepEqual([record?.actor, record?.origin], [{ kind }, { kind }]);
    assert.deepEqual(await world.posted(), [...shown, 'r1:revoked']);
  }
});

test('a claim is on record with what the sign-in proved, a renewal without', async () => {
  await using world = await openWorld();
  await world.claim({ authTime: now, acr: ['phr'] });
  await world.claim({ authTime: null, acr: [] });
  await world.claim(null);
  const token = {
    token: 'j1',
    tokenHash: 'hash',
    key: 'key',
    expiresAt: after(60_000).toISOString(),
  };
  assert.deepEqual(
    (await world.records()).map(({ action, data }) => [action, data]),
    [
      ['grant.claim', { ...token, authTime: now.toISOString(), acr: ['phr'] }],
      ['grant.claim', { ...token, authTime: null, acr: [] }],
      ['grant.renew', token],
    ],
  );
});

test('an expiry is on record as what the bot did at the end of the grant, and nobody is told by a comment', async () => {
  await using world = await openWorld();
  await world.expire();
  assert.deepEqual(await world.records(), [
    {
      ...world.about,
      seq: 0,
      actor: { kind: 'bot' },
      action: 'grant.expire',
      outcome: 'success',
      reason: null,
      origin: { kind: 'bot' },
      data: { endsAt: running(world.grant).endsAt, derivation: timeIsUp },
    },
  ]);
  assert.deepEqual(await world.state(), { state: 'expired', by: undefined, why: undefined });
  assert.deepEqual(await world.posted(), ['22#7:label']);
  assert.deepEqual(await world.posted(after(500)), ['r1:card'], 'with what else the relays report');
});

test('a confirmation that comes before the revocation is recorded is kept by that record, not before', async () => {
  await using world = await openWorld();
  await world.confirm('eu-1', 2);
  assert.deepEqual(await world.records(), []);
  assert.deepEqual(await world.cutBy(), []);
  assert.deepEqual(await world.posted(), []);
  const confirmed = [{ relay: 'eu-1', sessions: 2, ms: 3 }];
  await world.revoke({ confirmed, unconfirmed: ['eu-2'] });
  assert.deepEqual(await world.cutBy(), ['eu-1']);
  // What the relay says again when it comes back is what the record has already.
  await world.confirm('eu-1', 0);
  const actions = (await world.records()).map(({ action }) => action);
  assert.deepEqual(actions, ['grant.revoke']);
});

test('a confirmation that comes later is a record of its own, and the card shows it', async () => {
  await using world = await openWorld();
  await world.revoke();
  await world.posted();
  await world.confirm('eu-2', 1);
  assert.deepEqual((await world.records()).slice(1), [
    {
      ...world.about,
      seq: 1,
      actor: { kind: 'relay', name: 'eu-2' },
      action: 'relay.confirm',
      outcome: 'success',
      reason: null,
      origin: { kind: 'bot' },
      data: { sessions: 1 },
    },
  ]);
  assert.deepEqual(await world.cutBy(), ['eu-2']);
  assert.deepEqual(await world.posted(), ['22#7:label']);
  assert.deepEqual(await world.posted(after(500)), ['r1:card'], 'with what else the relays report');
});

test('a confirmation that comes while the revocation is being written is not lost', async () => {
  await using world = await openWorld();
  await Promise.all([world.revoke(), world.confirm('eu-2', 1)]);
  const actions = (await world.records()).map(({ action }) => action);
  assert.deepEqual(actions, ['grant.revoke', 'relay.confirm']);
  assert.deepEqual(await world.cutBy(), ['eu-2']);
});

test('a confirmation that comes twice is kept once, also when both come at one moment', async () => {
  await using world = await openWorld();
  await world.revoke();
  await world.posted();
  await Promise.all([world.confirm('eu-2', 1), world.confirm('eu-2', 0)]);
  await world.confirm('eu-2', 0);
  const told = (await world.records()).filter(({ action }) => action === 'relay.confirm');
  assert.deepEqual(
    told.map(({ data }) => data),
    [{ sessions: 1 }],
  );
  await world.posted();
  await world.confirm('eu-2', 0);
  assert.deepEqual(await world.posted(), []);
});

test('a relay that the grant does not name confirms nothing', async () => {
  await using world = await openWorld();
  await world.revoke();
  await world.posted();
  await world.confirm('ap-1', 3);
  assert.deepEqual(await world.cutBy(), []);
  assert.equal((await world.records()).length, 1);
  assert.deepEqual(await world.posted(), []);
});

test('a grant that expired is not confirmed as cut', async () => {
  await using world = await openWorld();
  await world.expire();
  await world.posted();
  await world.confirm('eu-1', 1);
  assert.deepEqual(await world.cutBy(), []);
  assert.equal((await world.records()).length, 1);
  assert.deepEqual(await world.posted(), []);
});

test('a grant that was revoked does not expire', async () => {
  await using world = await openWorld();
  await world.revoke();
  await world.posted();
  const before = await world.state();
  await world.expire();
  assert.deepEqual(await world.state(), before);
  assert.equal((await world.records()).length, 1);
  assert.deepEqual(await world.posted(), []);
});

test('a grant that expired is not revoked: its card stays, and who asked is shown that it was too late', async () => {
  await using world = await openWorld();
  await world.expire();
  await world.posted();
  const confirmed = [{ relay: 'eu-1', sessions: 0, ms: 3 }];
  assert.equal(await world.revoke({ confirmed }, revoking), false);
  assert.equal((await world.state()).state, 'expired');
  assert.equal(await world.ending(), null);
  assert.deepEqual(await world.cutBy(), []);
  assert.equal((await world.records()).length, 1);
  assert.deepEqual(await world.posted(), ['4100:-1']);
  assert.equal(await world.isSettled(revoking.commentId), true, 'and never acts again');
});

test('a grant ends once, however many ends come at one moment', async () => {
  await using world = await openWorld();
  const [first, , second] = await Promise.all([
    world.revoke({ reason: 'first' }),
    world.expire(),
    world.revoke({ reason: 'second' }),
    world.expire(),
  ]);
  assert.deepEqual([first, second], [true, false]);
  assert.deepEqual(await world.state(), { state: 'revoked', by: people.omar, why: 'first' });
  assert.equal((await world.records()).length, 1);
});
