// A grant of dana's, and what may be decided about it, for the tests of claims.

import { startTrail, type Refused } from '../../../bot/access/explain.ts';
import { refuseStale } from '../../../bot/access/freshness.ts';
import { runFrom } from '../../../bot/access/grant-time.ts';
import type { RunningGrant } from '../../../bot/access/lifecycle.ts';
import { refuse } from '../../../bot/access/reasons.ts';
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

const noRequester = { login: 'dana', resource: 'resource:payments/payments-db', requesters: [] };
/** It would not be given any more. */
export const ineligible: Refused = startTrail().unmet(
  'requester-is-eligible',
  refuse('not-a-requester', noRequester),
);
/** A Backstage does not answer, so that it is not known whether it would. */
export const stale: Refused = refuseStale({ since: new Date(0), maxAgeMs: 60_000 });
