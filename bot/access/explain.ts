// How a decision came about: the rules in the order they were asked, the fact each one met, and who could change
// the answer. Every decision carries one, yes or no, so that it can be shown, recorded, and argued with.

import type { Json } from './canonical.ts';
import type { Approver, Missing, Refusal } from './reasons.ts';

export const rules = [
  'catalog-is-fresh',
  'person-is-known',
  'resource-exists',
  'namespace-has-policy',
  'requester-is-eligible',
  'roles-are-left-out',
  'role-exists',
  'role-is-recorded',
  'cloud-role-is-permitted',
  'duration-is-allowed',
  'request-is-pending',
  'request-has-not-lapsed',
  'request-is-intact',
  'asking-comment-stands',
  'issue-stands',
  'entity-is-unchanged',
  'rule-is-unchanged',
  'approver-is-not-the-requester',
  'approver-is-entitled',
  'approver-is-new',
  'approval-was-given',
  'duration-is-not-longer',
  'card-is-as-shown',
  'approvals-suffice',
  'policy-approves',
  'stewards-confirm',
  'sign-in-is-recent',
  'sign-in-is-strong',
  'approvers-sign-in',
  'approving-comment-stands',
  'approval-is-confirmed',
  'hours-are-open',
  'hours-open-later',
  'starts-with-first-connection',
  'person-is-the-requester',
  'grant-is-active',
  'person-may-revoke',
  'target-is-unchanged',
  'person-is-the-grantee',
  'grant-can-be-extended',
  'grant-has-started',
  'extension-is-allowed',
  'person-may-break-glass',
  'reason-is-given',
  'place-is-allowed',
  'comment-is-fresh',
  'no-other-glass-is-open',
  'somebody-can-review',
  'review-is-open',
  'issue-is-gone',
  'reviewer-is-not-the-grantee',
] as const;
export type RuleName = (typeof rules)[number];

/** Those that may be unmet without a refusal: the decision waits for whoever can supply what is missing. */
export const waitingRules = ['approvals-suffice'] as const satisfies readonly RuleName[];

export interface Step {
  readonly rule: RuleName;
  /** What the rule looked at: plain data, for a template and for the record. */
  readonly fact: { readonly [name: string]: Json };
  readonly satisfied: boolean;
  /** Who could supply what is missing; empty where nobody but the person who asked can. */
  readonly suppliers: readonly Approver[];
}

export type Derivation = readonly Step[];

/** The last step of a decision that waits for approvals: which are missing, and who could give them. */
export function approvalsMissing(missing: readonly Missing[]): Step {
  return {
    rule: 'approvals-suffice',
    // Demands are plain data, as a refusal's are.
    fact: { missing } as unknown as Step['fact'],
    satisfied: false,
    suppliers: missing.flatMap(({ of }) => of),
  };
}

/** Collects the steps of one decision. `met` and `unmet` add a step; `steps` is what came of it. */
export interface Trail {
  met(rule: RuleName, fact: Step['fact']): void;
  /** Ends a decision: adds the failed step and hands the refusal back with the whole derivation. */
  unmet(rule: RuleName, reason: Refusal, suppliers?: readonly Approver[]): Refused;
  readonly steps: Derivation;
}

export interface Refused {
  readonly kind: 'refused';
  readonly reason: Refusal;
  readonly derivation: Derivation;
}

export function startTrail(): Trail {
  const steps: Step[] = [];
  return {
    met: (rule, fact) => void steps.push({ rule, fact, satisfied: true, suppliers: [] }),
    unmet(rule, reason, suppliers = []) {
      // The reason's data is the fact that was met: approvers in it are JSON as well.
      const fact = reason.data as unknown as Step['fact'];
      steps.push({ rule, fact, satisfied: false, suppliers });
      return { kind: 'refused', reason, derivation: [...steps] };
    },
    get steps() {
      return [...steps];
    },
  };
}
