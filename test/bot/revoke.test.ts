import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRevocations } from '../../bot/relays/revocations.ts';
import { createRevoker } from '../../bot/revoke.ts';
import { addGrant, liveRevocations, moveEnd } from '../../bot/store/grants.ts';
import { addRequest } from '../../bot/store/requests.ts';
import { openStore } from '../../bot/store/store.ts';
import { approve, factsOf, now, opened, people, running } from './access/world.ts';

test('relays remember a revocation until the later end, when the grant is extended at that very moment', async () => {
  const facts = factsOf();
  const request = opened(facts);
  const decision = approve(facts, { request, by: people.omar });
  assert.ok(decision.kind === 'granted');
  const { grant } = decision;
  await using store = await openStore(':memory:');
  const { queries } = store;
  await addRequest(queries, 1, { request, missing: [], told: [] });
  await addGrant(queries, 1, grant);
  const { endsAt: first } = running(grant);
  const later = new Date(Date.parse(first) + 3_600_000).toISOString();

  const relays = openRevocations(
    {
      relays: [],
      now: () => now,
      async liveRevocations() {
        const revoked = await liveRevocations(queries, now.toISOString());
        return revoked.map(({ gid, endsAt }) => ({ gid, until: Date.parse(endsAt) / 1000 }));
      },
    },
    new Map(),
  );
  const told: number[] = [];
  const revoker = createRevoker({
    ledger: { store, now: () => now, postingsQueued: () => undefined, committed: () => undefined },
    async tellRelays(order) {
      told.push(order.until);
      // While the relays are told of the first end, somebody approves more time.
      if (told.length === 1) await moveEnd(queries, grant.id, { from: first, to: later });
      return relays.revoke(order);
    },
  });
  const by = { by: 'operator', actor: { kind: 'operator' }, origin: { kind: 'operator' } } as const;
  await revoker.revoke(grant, { ...by, reason: 'laptop lost', derivation: null });
  const ends = [first, later].map((time) => Date.parse(time) / 1000);
  assert.deepEqual(told, ends);
  assert.deepEqual(await relays.current(), [{ gid: grant.id, until: ends[1] }]);
});
