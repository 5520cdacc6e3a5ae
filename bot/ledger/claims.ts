// What becomes of claims: the tokens that were given out, by their hash, and the people who were turned away. A token
// leaves the bot only after its record is on disk.

import type { TokenRecord } from '../tokens/mint.ts';
import type { ClaimRefusal } from '../tokens/refusals.ts';
import { aboutGrant, actorOf, commit, type Ledger } from './ledger.ts';

export async function recordToken(ledger: Ledger, token: TokenRecord): Promise<void> {
  const { grant } = token;
  await commit(ledger, (entry) =>
    entry.record({
      ...aboutGrant(grant),
      actor: actorOf(grant.grantee),
      action: token.kind === 'claim' ? 'grant.claim' : 'grant.renew',
      outcome: 'success',
      origin: { kind: 'claim', address: token.address },
      data: {
        token: token.jti,
        tokenHash: token.tokenHash,
        key: token.jkt,
        expiresAt: token.expiresAt.toISOString(),
      },
    }),
  );
}

export async function recordClaimRefusal(ledger: Ledger, refusal: ClaimRefusal): Promise<void> {
  const { person, grant, reason, detail, address } = refusal;
  await commit(ledger, (entry) =>
    entry.record({
      grant: grant ?? null,
      actor: person ? actorOf(person) : { kind: 'bot' },
      action: 'grant.claim',
      outcome: 'refused',
      reason,
      origin: { kind: 'claim', address },
      data: { detail: detail ?? null },
    }),
  );
}
