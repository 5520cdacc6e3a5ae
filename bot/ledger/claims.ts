// What becomes of claims: the tokens that were given out, by their hash, and the people who were turned away. A token
// leaves the bot only after its record is on disk, and the first one of a grant that waited begins its time with it.

import type { TokenRecord } from '../tokens/mint.ts';
import type { ClaimRefusal } from '../tokens/refusals.ts';
import { startGrant } from '../store/grants.ts';
import { aboutGrant, actorOf, commit, recorded, recordedTime, type Ledger } from './ledger.ts';
import { showState } from './showing.ts';

/** `overtaken`: the time of the grant was to begin, and has begun or ended meanwhile. Then nothing is written. */
export async function recordToken(
  ledger: Ledger,
  token: TokenRecord,
): Promise<'recorded' | 'overtaken'> {
  const { grant } = token;
  const about = {
    ...aboutGrant(grant),
    actor: actorOf(grant.grantee),
    outcome: 'success',
    origin: { kind: 'claim', address: token.address },
  } as const;
  return commit(ledger, async (entry) => {
    if (token.isStart) {
      const { queries, at } = entry;
      if (!(await startGrant(queries, grant.id, { time: grant.time, at }))) return 'overtaken';
      await entry.record({ ...about, action: 'grant.start', data: recordedTime(grant) });
      await showState(entry, { id: grant.requestId, issue: grant.issue });
    }
    await entry.record({
      ...about,
      action: token.kind === 'claim' ? 'grant.claim' : 'grant.renew',
      data: {
        token: token.jti,
        tokenHash: token.tokenHash,
        key: token.jkt,
        expiresAt: token.expiresAt.toISOString(),
        ...(token.signIn && {
          // As the provider vouched for it, demanded or not.
          authTime: token.signIn.authTime?.toISOString() ?? null,
          acr: [...token.signIn.acr],
        }),
      },
    });
    return 'recorded';
  });
}

export async function recordClaimRefusal(ledger: Ledger, refusal: ClaimRefusal): Promise<void> {
  const { person, grant, reason, detail, derivation, address } = refusal;
  await commit(ledger, (entry) =>
    entry.record({
      grant: grant ?? null,
      actor: person ? actorOf(person) : { kind: 'bot' },
      action: 'grant.claim',
      outcome: 'refused',
      reason,
      origin: { kind: 'claim', address },
      // What is wrong with a sign-in, a code or a key is no decision about access, and has none to derive.
      data: { detail: detail ?? null, derivation: derivation ? recorded(derivation) : null },
    }),
  );
}
