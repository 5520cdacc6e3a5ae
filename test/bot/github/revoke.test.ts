import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import type { GitHub } from '../../../bot/github/app.ts';
import { revoke } from '../../../bot/github/commands/revoke.ts';
import { addGrant } from '../../../bot/store/grants.ts';
import { addRequest } from '../../../bot/store/requests.ts';
import { openStore } from '../../../bot/store/store.ts';
import { approve, factsOf, issue, now, opened, people } from '../access/world.ts';

/** GitHub. */
const unasked = () => assert.fail('GitHub is asked');

test('grantee and approver end a grant by a comment when neither policy nor catalog can be read', async () => {
  const facts = factsOf();
  const request = opened(facts);
  const decision = approve(facts, { request, by: people.omar });
  assert.ok(decision.kind === 'granted');
  await using store = await openStore(':memory:');
  await addRequest(store.queries, 1, { request, missing: [], told: [] });
  await addGrant(store.queries, 1, decision.grant);

  const revoked: string[] = [];
  const parts = {
    store,
    ledger: { store, now: () => now, postingsQueued: () => undefined, committed: () => undefined },
    log: pino({ level: 'silent' }),
    now: () => now,
    appId: 1,
    newGrantId: () => '',
    newConfirmationId: () => '',
    home: 'acme/access',
    rules: {
      current: () => Promise.reject(new Error('GitHub does not answer')),
      forDecision: () => Promise.reject(new Error('GitHub does not answer')),
      changed: () => false,
      doubt: () => undefined,
      policyReadAt: () => undefined,
      policy: () => assert.fail('the policy alone is not asked for'),
      catalogReadAt: () => new Map(),
    },
    accounts: { standsFor: unasked },
    census: {
      loginOf: unasked,
      belongingTo: unasked,
      team: unasked,
      isInTeam: unasked,
    },
    revoker: {
      async revoke(_grant: object, { by }: { by: object | string }) {
        revoked.push(JSON.stringify(by));
        return { confirmed: [], unconfirmed: [], ended: true };
      },
    },
  };
  // Never asked for anything: what it is asked would fail.
  const github = {} as GitHub;
  const owner = { id: 1, login: 'acme', isPerson: false };
  const rest = { owner, writtenAt: '', viaEmail: false };
  for (const author of [people.dana, people.omar]) {
    const source = { thread: issue, commentId: author.id, author };
    const command = { verb: 'revoke', reason: '' } as const;
    await revoke(parts, { command, source, commentNodeId: 'IC_1', issue, ...rest, github });
  }
  assert.deepEqual(revoked, [JSON.stringify(people.dana), JSON.stringify(people.omar)]);
});
