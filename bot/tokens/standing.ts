// Whether a person may have a token for a grant at this moment. Asked after a sign-in, again when the code is redeemed,
// and at every renewal, because a grant can be revoked between any two of them, the policy may demand more, and a
// sign-in grows old. Somebody else's grant and a grant that does not exist get the same answer, so that nobody can find
// out which grants there are.

import type { ClaimErrorCode } from '../../relay/claim.ts';
import type { GrantLimits } from '../../relay/grant.ts';
import { startTrail, type Derivation } from '../access/explain.ts';
import type { Running } from '../access/grant-time.ts';
import { stateAt, type Grant } from '../access/lifecycle.ts';
import {
  judgeSignIn,
  judgeWay,
  type SignInDemand,
  type SignInProof,
  type SignInVerdict,
} from '../access/sign-in.ts';
import { judgeActive } from '../access/standing.ts';
import type { StepUp } from '../identity/oidc.ts';
import { learn } from '../observe/trail.ts';
import type { RefusalReason } from './refusals.ts';

/** What the domain says of the grant on today's facts (bot/access/standing.ts). */
export type Eligibility =
  | ({ readonly kind: 'eligible' } & Terms)
  | {
      readonly kind: 'refused';
      readonly reason: { readonly code: string };
      readonly derivation: Derivation;
    };

export interface Terms {
  /** The names of the relays that serve the grant, in the order to try them. */
  readonly relays: readonly string[];
  readonly limits: GrantLimits;
  /** How the time of the grant runs with this claim. */
  readonly time: Running;
  /** What the policy demands of the sign-in today. */
  readonly identity: SignInDemand;
}

/** By what the person is known: a sign-in of now, or for a renewal the way in which its claim was signed in. */
export type Proven = SignInProof | { readonly renewing: true; readonly way: string | null };

export interface StandingDeps {
  now(): Date;
  grant(id: string): Promise<Grant | undefined>;
  /**
   * Whether the grantee would still be granted this now. Asked only for a signed-in grantee of an active grant. Refused
   * with `catalog-stale` while that cannot be known.
   */
  eligible(grant: Grant): Promise<Eligibility>;
}

export type Standing =
  | {
      readonly kind: 'entitled';
      readonly grant: Grant;
      readonly terms: Terms;
      /** The way of signing in that met the demand; null where none is demanded. */
      readonly way: string | null;
    }
  | {
      readonly kind: 'refused';
      /** What the person is told. */
      readonly code: ClaimErrorCode;
      /** What is recorded. */
      readonly reason: RefusalReason;
      readonly detail?: string;
      /** How it was decided, where what is refused is the grant and not the person or the sign-in. */
      readonly derivation?: Derivation;
      /** What the person is told in place of the code's own words. */
      readonly description?: string;
      /** What another sign-in would have to be. */
      readonly stepUp?: StepUp;
    };

/** `personId` is the numeric GitHub id that the sign-in led to. */
export async function standingOf(
  deps: StandingDeps,
  grantId: string,
  { personId, proven }: { readonly personId: number; readonly proven: Proven },
): Promise<Standing> {
  const grant = await deps.grant(grantId);
  if (grant === undefined) {
    return { kind: 'refused', code: 'not_grantee', reason: 'unknown-grant' };
  }
  learn({ grant: grant.id, request: grant.requestId });
  if (grant.grantee.id !== personId) {
    return { kind: 'refused', code: 'not_grantee', reason: 'not-the-grantee' };
  }
  const now = deps.now();
  const ended = judgeActive(grant, now, startTrail());
  if (ended) {
    const { derivation } = ended;
    return stateAt(grant, now) === 'revoked'
      ? { kind: 'refused', code: 'grant_revoked', reason: 'grant-revoked', derivation }
      : { kind: 'refused', code: 'grant_expired', reason: 'grant-expired', derivation };
  }
  const eligibility = await deps.eligible(grant);
  if (eligibility.kind === 'refused') return ineligible(eligibility);
  const { identity: demand } = eligibility;
  const verdict = verdictOn(proven, demand, deps.now());
  return verdict.kind === 'met'
    ? { kind: 'entitled', grant, terms: eligibility, way: verdict.acr }
    : insufficient(demand, verdict);
}

function ineligible({
  reason: { code: detail },
  derivation,
}: Extract<Eligibility, { kind: 'refused' }>): Standing {
  const refused = { kind: 'refused', derivation } as const;
  // It says nothing about the person, and passes.
  return detail === 'catalog-stale'
    ? { ...refused, code: 'temporarily_unavailable', reason: detail }
    : { ...refused, code: 'access_denied', reason: 'no-longer-eligible', detail };
}

function verdictOn(proven: Proven, demand: SignInDemand, now: Date): SignInVerdict {
  return 'renewing' in proven ? judgeWay(demand, proven.way) : judgeSignIn(demand, proven, now);
}

function insufficient(
  demand: SignInDemand,
  { lacks, sentence }: Extract<SignInVerdict, { kind: 'unmet' }>,
): Standing {
  return {
    kind: 'refused',
    code: 'insufficient_user_authentication',
    reason: 'sign-in-insufficient',
    detail: sentence,
    description: sentence,
    stepUp: { demand, isTooOld: lacks.includes('too-old') },
  };
}
