// What the operator's commands do to the running bot. Revoking from the command line works while GitHub does not.

import { hasEnded } from './access/grant-time.ts';
import type { OperatorAnswer, OperatorCommand } from './operator.ts';
import type { Revoker } from './revoke.ts';
import { readGrant } from './store/grants.ts';
import type { Store } from './store/store.ts';

export interface OperateParts {
  readonly store: Store;
  readonly revoker: Revoker;
  now(): Date;
}

export function operate({ store, revoker, now }: OperateParts) {
  return async ({ grant: id, reason }: OperatorCommand): Promise<OperatorAnswer> => {
    const grant = await readGrant(store.queries, id);
    if (!grant) return { kind: 'unknown-grant' };
    if (grant.state !== 'active') return { kind: 'already-ended', state: grant.state };
    if (hasEnded(grant, now())) return { kind: 'already-ended', state: 'expired' };
    const { confirmed, unconfirmed, ended } = await revoker.revoke(grant, {
      by: 'operator',
      actor: { kind: 'operator' },
      origin: { kind: 'operator' },
      reason,
    });
    if (!ended) return { kind: 'already-ended', state: 'revoked' };
    return { kind: 'revoked', confirmed: [...confirmed], unconfirmed: [...unconfirmed] };
  };
}
