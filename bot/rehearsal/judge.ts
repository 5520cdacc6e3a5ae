// One case against a policy and a catalog: whether what it expects is what is decided, and what differs.

import type { PolicyTest } from './cases.ts';
import { compare, shownFacts, type Difference } from './compare.ts';
import { gatherStated, strangersAmong, unstatedTeams, type Rulebook } from './facts.ts';
import { rehearse, type Outcome, type Rehearsal } from './rehearse.ts';

export type Verdict =
  | { readonly kind: 'passed'; readonly rehearsal: Rehearsal }
  | {
      readonly kind: 'failed';
      readonly rehearsal: Rehearsal;
      readonly differences: readonly Difference[];
      /** Teams that matter to it, and of which nobody was stated. */
      readonly unstated: readonly string[];
    }
  /** The case states what the catalog contradicts. Each is a sentence. */
  | { readonly kind: 'unplayed'; readonly why: readonly string[] };

/** `now` is when a case happens that does not say when. */
export function judgeCase(test: PolicyTest, rulebook: Rulebook, now: Date): Verdict {
  const { who, approvedBy, world, expected } = test;
  // Nobody may decide whom the catalog does not have: a name that is misspelt would be refused, and so pass.
  const asking = expected.because === 'person-unknown' ? [] : [who];
  const strangers = strangersAmong(rulebook, [...asking, ...approvedBy], world.outsiders);
  if (strangers.length > 0) return { kind: 'unplayed', why: strangers };
  const newResource = world.isNew ? test.resource : undefined;
  const stated = { ...world, now: world.at ?? now, newResource };
  const gathering = gatherStated(rulebook, [who, ...approvedBy], stated);
  if (gathering.kind === 'contradicted') return { kind: 'unplayed', why: gathering.why };
  const { facts, personOf } = gathering;
  const by = personOf(who);
  const rehearsal = rehearse({ ...test, by, approvers: approvedBy.map(personOf) }, facts);
  const differences = compare(expected, rehearsal);
  if (differences.length === 0) return { kind: 'passed', rehearsal };
  const unstated = unstatedTeams(rulebook, test.resource, world.teams);
  return { kind: 'failed', rehearsal, differences, unstated };
}

/** For a program: plain data, with the facts of every rule as a case writes them. */
export function verdictData(test: PolicyTest, verdict: Verdict) {
  const about = { name: test.name ?? null, line: test.line, passed: verdict.kind === 'passed' };
  if (verdict.kind === 'unplayed') return { ...about, contradictions: verdict.why };
  const { outcome, acts } = verdict.rehearsal;
  return {
    ...about,
    decision: outcomeData(outcome),
    differences: verdict.kind === 'failed' ? verdict.differences : [],
    derivation: acts.map(({ by, verb, derivation }) => ({
      by,
      verb,
      rules: derivation.map(({ rule, satisfied, fact }) => ({
        rule,
        satisfied,
        facts: shownFacts(fact),
      })),
    })),
  };
}

function outcomeData(outcome: Outcome) {
  if (outcome.kind === 'refused') return { kind: outcome.kind, because: outcome.reason.code };
  if (outcome.kind === 'granted') return outcome;
  const missing = outcome.missing.map(({ count, of }) => ({ count, of: of.map(({ ref }) => ref) }));
  return { ...outcome, missing };
}
