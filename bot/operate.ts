// What the operator's commands do to the running bot. They work while GitHub does not: what is live can be listed, and
// ended by its name.

import { expiresAt, hasEnded } from './access/grant-time.ts';
import { stateAt } from './access/lifecycle.ts';
import { decideOperatorRevoke } from './access/standing.ts';
import type { AnswerTo, LiveGrant, OperatorAnswer, OperatorCommand } from './operator.ts';
import type { Revoker } from './revoke.ts';
import { activeGrants, openSessions, readGrant } from './store/grants.ts';
import type { Store } from './store/store.ts';

export interface OperateParts {
  readonly store: Store;
  readonly revoker: Revoker;
  now(): Date;
}

/** Grants that are listed at most, those that end first. */
const maxListed = 1_000;

export function operate(parts: OperateParts) {
  return async (command: OperatorCommand): Promise<OperatorAnswer> =>
    command.command === 'grants' ? listGrants(parts) : revoke(parts, command);
}

async function revoke(
  { store, revoker, now }: OperateParts,
  { grant: id, reason }: OperatorCommand & { command: 'revoke' },
): Promise<AnswerTo<'revoke'>> {
  const grant = await readGrant(store.queries, id);
  if (!grant) return { kind: 'unknown-grant' };
  const at = now();
  const decision = decideOperatorRevoke(grant, at);
  if (decision.kind === 'refused') return { kind: 'already-ended', state: stateAt(grant, at) };
  const { confirmed, unconfirmed, ended } = await revoker.revoke(grant, {
    by: 'operator',
    actor: { kind: 'operator' },
    origin: { kind: 'operator' },
    reason,
    derivation: decision.derivation,
  });
  if (!ended) return { kind: 'already-ended', state: 'revoked' };
  return { kind: 'revoked', confirmed: [...confirmed], unconfirmed: [...unconfirmed] };
}

async function listGrants({ store, now }: OperateParts): Promise<AnswerTo<'grants'>> {
  const live = (await activeGrants(store.queries)).filter((grant) => !hasEnded(grant, now()));
  const sessions = await openSessions(store.queries);
  const inOrder = live.toSorted((one, other) => expiresAt(one).localeCompare(expiresAt(other)));
  const grants = inOrder.slice(0, maxListed).map((grant): LiveGrant => {
    const { id, grantee, resource, role, time, issue } = grant;
    return {
      id,
      grantee: grantee.login,
      resource,
      role,
      until: expiresAt(grant),
      isClaimed: time.kind === 'running',
      sessions: sessions.get(id) ?? 0,
      issue: issue.url,
    };
  });
  return { kind: 'grants', grants, more: live.length - grants.length };
}
