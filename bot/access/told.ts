// What the card of a request says of the derivation behind it, beside whose approval is missing: what whoever approves
// has to know, and cannot see from what was asked.

import type { Derivation, RuleName, Step } from './explain.ts';
import type { Missing } from './reasons.ts';

/** The rules that a card tells of, each with the fact that says until when it does; null where it always does. */
const toldRules = {
  'role-is-recorded': null,
  'stewards-confirm': 'endsAt',
  'hours-open-later': 'opensAt',
} as const satisfies Partial<Record<RuleName, string | null>>;
type ToldRule = keyof typeof toldRules;

/** A step of the derivation as it was, without whom it could be met by. */
export type Told = Pick<Step, 'fact' | 'satisfied'> & { readonly rule: ToldRule };

/** What a request waits for, as its card says it. */
export interface Needs {
  /** Empty when nothing is. */
  readonly missing: readonly Missing[];
  /** In the order of the rules above, each once: a decision may look at the same twice. */
  readonly told: readonly Told[];
}

export function toldOf(derivation: Derivation): readonly Told[] {
  return names.flatMap((rule) => {
    const step = derivation.find((each) => each.rule === rule);
    return step ? [{ rule, fact: step.fact, satisfied: step.satisfied }] : [];
  });
}

/**
 * What a card says that has to be so still. That something is so until a moment, or from one on, stays true once it has
 * come, so that no card is edited for that alone.
 */
export function standingTold(told: readonly Told[], now: Date): readonly Told[] {
  return told.filter(({ rule, fact }) => {
    const name = toldRules[rule];
    const moment = name === null ? undefined : fact[name];
    return typeof moment !== 'string' || now.getTime() < Date.parse(moment);
  });
}

const names = Object.keys(toldRules) as readonly ToldRule[];
