// A grant of dana's, for the tests of claims.

import { runFrom } from '../../../bot/access/grant-time.ts';
import type { RunningGrant } from '../../../bot/access/lifecycle.ts';
import type { Person } from '../../../bot/access/request.ts';

export const dana: Person = { id: 101, login: 'dana' };
export const grantId = `g_${'a'.repeat(26)}`;

/** An active grant of dana's that ends in two hours. */
export function danasGrant(id: string, now = new Date()): RunningGrant {
  const approval = {
    approver: { id: 102, login: 'omar' },
    commentId: 2,
    at: now.toISOString(),
    digest: 'sha-256:abc',
    via: 'group:default/payments',
    durationMs: 7_200_000,
  };
  return {
    id,
    requestId: 'r1',
    grantee: dana,
    state: 'active',
    grantedAt: now.toISOString(),
    time: runFrom(now, 7_200_000),
    resource: 'resource:payments/payments-db',
    namespace: 'payments',
    target: 'payments-db.internal:5432',
    protocol: 'postgres',
    role: 'reader',
    relays: ['eu-1'],
    digest: 'sha-256:abc',
    approvals: [approval],
    issue: {
      installationId: 1,
      repositoryId: 2,
      owner: 'acme',
      repo: 'payments',
      number: 12,
      nodeId: 'I_1',
      url: 'https://github.test/acme/payments/issues/12',
    },
    policyRevision: 'abc123',
    reviewBy: null,
  };
}
