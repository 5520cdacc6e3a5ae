// Reads the token that a renewal starts from (RFC 8693 §2.1): a grant token of ours, still good, for a relay of ours.
// It says which grant and whose. Whether that grant still stands, and whether the caller holds its key, is asked
// elsewhere.

import { type GrantClaims, verifyGrant } from '../../relay/grant.ts';
import type { MintDeps } from './mint.ts';

export type SubjectToken =
  | { readonly kind: 'valid'; readonly claims: GrantClaims; readonly personId: number }
  | { readonly kind: 'invalid'; readonly reason: string };

export async function readSubjectToken(
  deps: Pick<MintDeps, 'origin' | 'keys' | 'relays'>,
  token: string,
  now: Date,
): Promise<SubjectToken> {
  const keys = new Map(deps.keys.published().map((jwk) => [String(jwk.kid), jwk]));
  let reason = 'audience';
  // A token is made out to relays, not to the bot: it is good here when it is good at one of them.
  for (const { url } of deps.relays) {
    const verdict = await verifyGrant(token, { keys, issuer: deps.origin, audience: url, now });
    if (verdict.kind === 'valid') {
      const personId = Number(verdict.claims.sub.slice('github:'.length));
      return { kind: 'valid', claims: verdict.claims, personId };
    }
    reason = verdict.reason;
    if (reason !== 'audience') break;
  }
  return { kind: 'invalid', reason };
}
