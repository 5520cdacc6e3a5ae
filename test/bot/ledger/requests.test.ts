import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeRequest } from '../../../bot/ledger/closing.ts';
import { Overtaken } from '../../../bot/ledger/ledger.ts';
import { countApproval, openRequest } from '../../../bot/ledger/requests.ts';
import { readRequest } from '../../../bot/store/requests.ts';
import { openStore } from '../../../bot/store/store.ts';
import { factsOf, issue, now, opened, people } from '../access/world.ts';

test('an approval that comes too late is not kept, and does not bring the request back', async () => {
  await using store = await openStore(':memory:');
  const ledger = {
    store,
    now: () => now,
    postingsQueued: () => undefined,
    committed: () => undefined,
  };
  const request = opened(factsOf());
  const asking = { thread: issue, commentId: request.commentId, author: people.dana };
  await openRequest(ledger, asking, { request, missing: [], derivation: [] });
  // Decided while it was pending; by the time it is written, time has ended it.
  await closeRequest(ledger, request, {
    event: 'lapse',
    actor: { kind: 'bot' },
    origin: { kind: 'bot' },
    by: 'the bot',
    reason: '',
    derivation: [],
  });
  const approval = {
    approver: people.omar,
    commentId: 4002,
    at: now.toISOString(),
    digest: request.digest,
    via: 'group:default/payments',
    durationMs: request.durationMs,
  };
  const approving = { thread: issue, commentId: 4002, author: people.omar };
  const late = countApproval(ledger, approving, { request, approval, missing: [], derivation: [] });
  await assert.rejects(late, Overtaken);
  const stored = await readRequest(store.queries, 1);
  assert.deepEqual(
    { state: stored?.request.state, approvals: stored?.approvals },
    { state: 'lapsed', approvals: [] },
  );
});
