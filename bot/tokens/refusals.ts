// Why a claim, or a confirmation, was refused, as it is recorded. The person outside is told less (relay/claim.ts has
// those words): what helps an auditor would help an attacker as well.

import type { Derivation } from '../access/explain.ts';
import type { Person } from '../access/request.ts';

export const refusalReasons = [
  'cancelled',
  'sign-in-declined',
  'sign-in-unfit',
  'sign-in-insufficient',
  'provider-unreachable',
  'not-linked',
  'catalog-stale',
  'unknown-grant',
  'not-the-grantee',
  'grant-revoked',
  'grant-expired',
  'no-longer-eligible',
  'forged-consent',
  'unknown-code',
  'code-used-again',
  'other-key',
  'other-verifier',
  'other-redirect',
  'unfit-token',
  'no-relay',
  'too-many',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];
/** Why somebody who followed the link of a waiting approval did not get as far as confirming it. */
export type ConfirmReason = RefusalReason | 'unknown-confirmation' | 'not-the-approver';

export interface ClaimRefusal {
  readonly reason: RefusalReason;
  /** For the record only: what a check found. Never a token, a code or a key. */
  readonly detail?: string;
  /** How it was decided that the grant gives nothing any more; left out where that was not the reason. */
  readonly derivation?: Derivation;
  /** The grant's name as it was asked for; it need not exist. */
  readonly grant?: string;
  readonly person?: Person;
  readonly address: string;
  readonly at: Date;
}

/** The same of a confirmation. Whether the approval counts was not decided: that is done once it is confirmed. */
export interface ConfirmRefusal extends Omit<ClaimRefusal, 'reason' | 'grant' | 'derivation'> {
  readonly reason: ConfirmReason;
  /** The name of what was to be confirmed; it need not exist. */
  readonly confirmation: string;
}

/** Refusals of people nobody knows yet that are recorded in a minute; more are only counted against this. */
export const maxStrangersRecordedPerMinute = 30;

/**
 * Records every refusal of a known person, and of strangers only so many: a code or a token that was made up costs its
 * maker nothing, and each record is a line in a log that is kept for a year.
 */
export function sparingly<Refusal extends Pick<ClaimRefusal, 'person' | 'at'>>(
  record: (refusal: Refusal) => Promise<void>,
): (refusal: Refusal) => Promise<void> {
  let minute = 0;
  let count = 0;
  return async (refusal) => {
    if (refusal.person === undefined) {
      const current = Math.floor(refusal.at.getTime() / 60_000);
      count = current === minute ? count + 1 : 1;
      minute = current;
      if (count > maxStrangersRecordedPerMinute) return;
    }
    await record(refusal);
  };
}
