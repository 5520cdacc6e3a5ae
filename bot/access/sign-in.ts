// What a namespace demands of a sign-in besides that there was one: how long ago at most, and by which of the ways that
// the identity provider can vouch for (OpenID Connect Core §2: `auth_time` and `acr`). Judged by what the verified ID
// token says; what it does not say is not proven.

import { formatDuration } from './duration.ts';

/** Null and empty where nothing is demanded. */
export interface SignInDemand {
  /** How long ago the person may have proved to the provider who they are. */
  readonly maxAgeMs: number | null;
  /** Ways to sign in, as the provider names them, of which one is needed; the most wanted first. */
  readonly acr: readonly string[];
}

/** What the provider vouched for. */
export interface SignInProof {
  /** When the person proved who they are, which may be long before this sign-in; null where it does not say. */
  readonly authTime: Date | null;
  /** How they did; empty where it does not say. */
  readonly acr: readonly string[];
}

/** The sign-in behind an approval, as it is kept with it. */
export interface ConfirmedBy {
  readonly issuer: string;
  readonly subject: string;
  /** When the approver proved who they are, ISO 8601; null where the provider does not say. */
  readonly authTime: string | null;
  readonly acr: readonly string[];
}

/** What a sign-in lacks. `not-dated`: the provider does not say when it was, or says a time that is still to come. */
type SignInLack = 'not-dated' | 'too-old' | 'too-weak';

export type SignInVerdict =
  /** `acr` is the way that met the demand; null where none is demanded. */
  | { readonly kind: 'met'; readonly acr: string | null }
  | { readonly kind: 'unmet'; readonly lacks: readonly SignInLack[]; readonly sentence: string };

/** How far the provider's clock and ours may be apart, either way. */
const clockToleranceMs = 30_000;

/** Whether a sign-in is what is demanded, as of `now`. */
export function judgeSignIn(demand: SignInDemand, proof: SignInProof, now: Date): SignInVerdict {
  const acr = demand.acr.find((each) => proof.acr.includes(each)) ?? null;
  const lacks = ageLacks(demand.maxAgeMs, proof.authTime, now);
  if (demand.acr.length > 0 && acr === null) lacks.push('too-weak');
  if (lacks.length === 0) return { kind: 'met', acr };
  const found = [
    ...(demand.maxAgeMs === null ? [] : [sayAge(proof.authTime, now)]),
    ...(demand.acr.length === 0 ? [] : [sayWays(proof.acr)]),
  ];
  return { kind: 'unmet', lacks, sentence: sentenceOf(demand, lacks, found) };
}

/**
 * Whether the way in which somebody signed in at their claim is one that is demanded today. How long before the claim
 * that was is not asked again.
 */
export function judgeWay({ acr }: SignInDemand, way: string | null): SignInVerdict {
  if (acr.length === 0 || (way !== null && acr.includes(way))) return { kind: 'met', acr: way };
  const lacks = ['too-weak'] as const;
  const found = [sayWays(way === null ? [] : [way])];
  return { kind: 'unmet', lacks, sentence: sentenceOf({ maxAgeMs: null, acr }, lacks, found) };
}

/** Whether anything is demanded. */
export function isDemanding({ maxAgeMs, acr }: SignInDemand): boolean {
  return maxAgeMs !== null || acr.length > 0;
}

/** `a sign-in of at most 15 min ago, by phr`; plain ASCII, as OAuth wants its descriptions (RFC 6749 §5.2). */
export function sayDemand({ maxAgeMs, acr }: SignInDemand): string {
  const age = maxAgeMs === null ? '' : ` of at most ${formatDuration(maxAgeMs)} ago`;
  const way = acr.length === 0 ? '' : ` by ${acr.join(' or ')}`;
  return `a sign-in${age}${age && way && ','}${way}`;
}

function ageLacks(maxAgeMs: number | null, authTime: Date | null, now: Date): SignInLack[] {
  if (maxAgeMs === null) return [];
  const ageMs = authTime === null ? NaN : now.getTime() - authTime.getTime();
  // Written so that an age which is no number is too much.
  if (!(ageMs >= -clockToleranceMs)) return ['not-dated'];
  return ageMs <= maxAgeMs + clockToleranceMs ? [] : ['too-old'];
}

// RFC 9470 §3 has these words for the two cases.
function sentenceOf(
  demand: SignInDemand,
  lacks: readonly SignInLack[],
  found: readonly string[],
): string {
  const what = lacks.includes('too-weak')
    ? 'A different authentication level is required'
    : 'More recent authentication is required';
  return `${what}: ${sayDemand(demand)}. The identity provider vouches for ${found.join(' and ')}.`;
}

function sayAge(authTime: Date | null, now: Date): string {
  if (authTime === null) return 'no time of signing in';
  const ageMs = now.getTime() - authTime.getTime();
  if (ageMs < -clockToleranceMs) return 'a time that is still to come';
  return `one of ${formatDuration(Math.max(ageMs, 0))} ago`;
}

function sayWays(acr: readonly string[]): string {
  return acr.length === 0 ? 'no way of signing in' : `the way ${acr.join(', ')}`;
}
