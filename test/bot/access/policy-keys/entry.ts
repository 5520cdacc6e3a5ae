// A key of the policy, shown by example: what it allows, what it refuses, and what is said of a value that it cannot
// have. The examples stand in the files beside, and policy-keys.test.ts plays them.

import type { Facts } from '../../../../bot/access/eligibility.ts';
import { policyText } from '../world.ts';

/**
 * A line of the policy in place of the one with its key, or before the roles where there is none; or all of a policy.
 * Then the case, or what answers it and its answer.
 */
export type Example =
  | readonly [policy: string, question: string]
  | readonly [policy: string, ask: (facts: Facts) => string, answer: string];

export interface Entry {
  readonly allows: Example;
  /** A sentence where nothing can be refused by it. */
  readonly refuses: Example | string;
  /** Lines, or policies → all that is said of them, without the file's name. */
  readonly bad: Readonly<Record<string, string>>;
}

/** The policy that a line is set in. */
export const text = policyText.trimStart();

/** The beginning of most cases, and how they end. */
export const ask = 'who: dana, asks: payments-db';
export const isOpen = `${ask}, expect: open`;
export const refusedAs = (code: string) => `expect: refused, because: ${code}`;
export const isFaulty = (fault: string) =>
  `${refusedAs('resource-refused')}, rules: { resource-exists: { fault: ${fault} } }`;

// What is said of more than one key.
export const origin =
  'Expected a repository, owner/name, or a location as a Backstage gives it, such as msgraph:default/*, where * stands for one whole part.';
export const ref = 'Expected a full ref, such as group:default/payments or user:default/omar.';
export const approver = 'Expected owner, or a full ref, such as group:default/dba.';
export const duration = 'Expected a duration, such as 90m, 8h, 1d or PT30S, of at most 365 days.';
