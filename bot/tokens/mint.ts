// Makes the grant token of a grant and the answer that carries it. Everything in it was decided and recorded before;
// only its times, its name (`jti`) and the key it is bound to are new. A renewal says what the token before it said,
// word for word but for its times: a session goes on under what it began with. A token is recorded before anybody gets
// to see it.

import { createHash, randomBytes } from 'node:crypto';
import type { GrantDisplay, TokenAnswer } from '../../relay/claim.ts';
import { type GrantClaims, grantLimits, signGrant } from '../../relay/grant.ts';
import type { Grant, RunningGrant } from '../access/lifecycle.ts';
import type { SignInProof } from '../access/sign-in.ts';
import type { Keys } from './keys.ts';
import type { Terms } from './standing.ts';

/** A relay as the client reaches it: https origin, and the authority of its certificate (PEM) where that is private. */
interface RelayAddress {
  readonly name: string;
  readonly url: string;
  readonly caPem?: string;
}

/** What is recorded of a token: its hash, never itself. */
export interface TokenRecord {
  /** As the token has it. */
  readonly grant: RunningGrant;
  /** The grant waited for this claim: its time begins with it. */
  readonly isStart: boolean;
  readonly kind: 'claim' | 'renewal';
  readonly jti: string;
  /** SHA-256 of the token, base64url. */
  readonly tokenHash: string;
  readonly jkt: string;
  readonly at: Date;
  readonly expiresAt: Date;
  readonly address: string;
  /** What the sign-in of a claim proved; null for a renewal. */
  readonly signIn: SignInProof | null;
}

export interface MintDeps {
  /** The bot's https origin: the token's issuer. */
  readonly origin: string;
  /** The second from which relays take our tokens; see Position in relay/control.ts. */
  readonly epoch: number;
  readonly keys: Pick<Keys, 'active' | 'published'>;
  /** The relays of the configuration. A grant names those that serve its namespace. */
  readonly relays: readonly RelayAddress[];
  /**
   * Resolves when the record is durable, or the grant no longer waits for its start. Then, and when it rejects, no token
   * leaves.
   */
  recordToken(record: TokenRecord): Promise<'recorded' | 'overtaken'>;
}

export interface TokenOrder {
  readonly grant: Grant;
  readonly terms: Terms;
  /** The claims of the token that is renewed; left out at the first one. */
  readonly renews?: GrantClaims;
  /** What the sign-in proved, and the way of it that was demanded; left out at a renewal. */
  readonly signIn?: SignInProof & { readonly way: string | null };
  readonly jkt: string;
  readonly address: string;
  readonly now: Date;
}

export type Minting =
  | { readonly kind: 'minted'; readonly answer: TokenAnswer }
  | { readonly kind: 'no-relay' }
  /** Another claim began the time of the grant, or it ended. */
  | { readonly kind: 'overtaken' }
  /** Less than a second is left. */
  | { readonly kind: 'too-late' };

/** Signs and records a token. Rejects when it could not be recorded; then nobody has seen it. */
export async function mintToken(deps: MintDeps, order: TokenOrder): Promise<Minting> {
  const relays = servingRelays(deps, order.terms);
  if (relays.length === 0) return { kind: 'no-relay' };
  const { time } = order.terms;
  const grant: RunningGrant = { ...order.grant, time };
  const claims = claimsOf(deps, { ...order, grant }, relays);
  if (claims.exp <= claims.iat) return { kind: 'too-late' };
  const token = await signGrant(claims, deps.keys.active());
  const recorded = await deps.recordToken({
    grant,
    isStart: order.grant.time.kind === 'waiting',
    kind: order.renews === undefined ? 'claim' : 'renewal',
    jti: claims.jti,
    tokenHash: createHash('sha256').update(token).digest('base64url'),
    jkt: order.jkt,
    at: order.now,
    expiresAt: new Date(claims.exp * 1000),
    address: order.address,
    signIn: order.signIn ?? null,
  });
  if (recorded === 'overtaken') return { kind: 'overtaken' };
  const answer: TokenAnswer = {
    access_token: token,
    token_type: 'DPoP',
    expires_in: claims.exp - claims.iat,
    grant: displayOf(grant),
    relays: relays.map(({ url, caPem }) => (caPem === undefined ? { url } : { url, ca: caPem })),
  };
  return { kind: 'minted', answer };
}

function servingRelays(deps: MintDeps, terms: Terms): RelayAddress[] {
  // In the order of the policy: the client tries them in it.
  return terms.relays.flatMap((name) => deps.relays.find((relay) => relay.name === name) ?? []);
}

function claimsOf(
  { origin, epoch }: MintDeps,
  order: TokenOrder & { readonly grant: RunningGrant },
  relays: readonly RelayAddress[],
): GrantClaims {
  // An epoch begins a few seconds after it was opened; a token of those seconds is dated to its beginning.
  const iat = Math.max(Math.floor(order.now.getTime() / 1000), epoch);
  // Rounded down: a token never outlives its grant, not by a fraction of a second.
  const grantEnd = Math.floor(Date.parse(order.grant.time.endsAt) / 1000);
  return {
    ...(order.renews ?? wordsOf(origin, order)),
    aud: relays.map((relay) => relay.url),
    jti: randomBytes(16).toString('base64url'),
    iat,
    nbf: iat,
    exp: Math.min(iat + grantLimits.maxLifetimeSeconds, grantEnd),
  };
}

/** What all tokens of one claim have in common. */
function wordsOf(issuer: string, { grant, terms, signIn, jkt }: TokenOrder) {
  const { sessions, connections, idleSeconds, graceSeconds } = terms.limits;
  const way = signIn?.way ?? null;
  return {
    iss: issuer,
    sub: `github:${grant.grantee.id}`,
    login: grant.grantee.login,
    gid: grant.id,
    cnf: { jkt },
    ns: grant.namespace,
    res: grant.resource,
    target: grant.target,
    proto: grant.protocol,
    role: grant.role,
    lim: { sessions, connections, idleSeconds, graceSeconds },
    req: { digest: grant.digest, url: grant.issue.url },
    apr: grant.approvals.map((approval) => `github:${approval.approver.id}`),
    pol: grant.policyRevision,
    ...(way !== null && { acr: way }),
  };
}

function displayOf(grant: RunningGrant): GrantDisplay {
  return {
    id: grant.id,
    resource: grant.resource,
    role: grant.role,
    protocol: grant.protocol,
    endsAt: grant.time.endsAt,
    issue: grant.issue.url,
    grantee: grant.grantee.login,
  };
}
