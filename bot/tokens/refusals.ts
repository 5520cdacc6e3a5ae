// Why a claim was refused, as it is recorded. The person outside is told less (relay/claim.ts has those words): what helps
// an auditor would help an attacker as well.

import type { Person } from '../access/request.ts';

export type RefusalReason =
  | 'cancelled'
  | 'sign-in-declined'
  | 'sign-in-unfit'
  | 'provider-unreachable'
  | 'not-linked'
  | 'unknown-grant'
  | 'not-the-grantee'
  | 'grant-revoked'
  | 'grant-expired'
  | 'no-longer-eligible'
  | 'forged-consent'
  | 'unknown-code'
  | 'code-used-again'
  | 'other-key'
  | 'other-verifier'
  | 'other-redirect'
  | 'unfit-token'
  | 'no-relay'
  | 'too-many';

export interface ClaimRefusal {
  readonly reason: RefusalReason;
  /** For the record only: what a check found. Never a token, a code or a key. */
  readonly detail?: string;
  /** The grant's name as it was asked for; it need not exist. */
  readonly grant?: string;
  readonly person?: Person;
  readonly address: string;
  readonly at: Date;
}
