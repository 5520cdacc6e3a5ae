// A later token, shown inside a live session: same grant, same key, same everything but its times and its name. Pure
// but for the checks of signatures. A token that says anything else is not a renewal, and the session goes on with the
// one it has.

import { verifyGrant, type GrantClaims } from '../grant.ts';
import { checkProof, type ProofFault } from '../proof.ts';
import type { GrantFault } from '../grant.ts';

export type Renewal =
  | { readonly kind: 'renewed'; readonly claims: GrantClaims }
  | {
      readonly kind: 'refused';
      readonly reason: GrantFault | ProofFault | 'other-grant' | 'not-later' | 'over';
    };

export async function judgeRenewal(
  frame: { readonly token: string; readonly proof: string },
  expected: Parameters<typeof verifyGrant>[1] & {
    readonly current: GrantClaims;
    /** What the proof has to name: the tunnel's URL, and the nonce that came with this WebSocket. */
    readonly url: string;
    readonly nonce: string;
  },
): Promise<Renewal> {
  const { current, url, nonce, now } = expected;
  const grant = await verifyGrant(frame.token, expected);
  if (grant.kind === 'invalid') return { kind: 'refused', reason: grant.reason };
  if (!isSameButForTimes(grant.claims, current)) return { kind: 'refused', reason: 'other-grant' };
  // Strictly later, which is also why a proof that is played again here brings nothing.
  if (grant.claims.exp <= current.exp) return { kind: 'refused', reason: 'not-later' };
  const proof = await checkProof(frame.proof, {
    method: 'GET',
    url,
    now,
    token: frame.token,
    isFreshNonce: (given) => given === nonce,
  });
  if (proof.kind === 'invalid') return { kind: 'refused', reason: proof.reason };
  if (proof.jkt !== current.cnf.jkt) return { kind: 'refused', reason: 'key' };
  return { kind: 'renewed', claims: grant.claims };
}

/** Whether a token continues the session that another one opened. */
export function isSameButForTimes(later: GrantClaims, current: GrantClaims): boolean {
  return fixed(later) === fixed(current);
}

// verifyGrant rebuilds the claims in one order, so equal claims make equal texts. `aud` may name other relays besides
// this one by now, which changes nothing here.
function fixed(claims: GrantClaims): string {
  return JSON.stringify({ ...claims, jti: '', iat: 0, nbf: 0, exp: 0, aud: [] });
}
