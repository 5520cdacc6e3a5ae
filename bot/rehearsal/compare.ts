// What differs between what a case expects and what was decided. Pure, and without words of its own beyond the names
// that a case is written in, so that what is shown as found can be pasted as expected.

import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../access/canonical.ts';
import { durationArgument, readDuration } from '../access/duration.ts';
import type { Step } from '../access/explain.ts';
import type { Approver, Missing } from '../access/reasons.ts';
import type { Expected, ExpectedMissing, ShownFact } from './cases.ts';
import type { Outcome, Rehearsal } from './rehearse.ts';

/** `what` is the key of the case. */
export interface Difference {
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

export function compare(expected: Expected, { outcome, acts }: Rehearsal): readonly Difference[] {
  const decision = differ('expect', expected.decision, outcome.kind);
  if (decision.length > 0) return decision;
  const steps = acts.flatMap(({ derivation }) => derivation);
  return [...compareOutcome(expected, outcome), ...compareRules(expected, steps)];
}

function compareOutcome(expected: Expected, outcome: Outcome): readonly Difference[] {
  const { because, missing, lastsMs } = expected;
  if (outcome.kind === 'refused') return differ('because', because ?? '', outcome.reason.code);
  const lasts =
    lastsMs === undefined
      ? []
      : differ('lasts', durationArgument(lastsMs), durationArgument(outcome.durationMs));
  if (outcome.kind !== 'open' || missing === undefined) return lasts;
  return [...lasts, ...compareMissing(missing, outcome.missing)];
}

function compareMissing(
  expected: ExpectedMissing,
  found: readonly Missing[],
): readonly Difference[] {
  const each = found.flatMap(({ count, of }) => Array.from({ length: count }, () => of));
  if (typeof expected === 'number') {
    return differ('missing', String(expected), String(each.length));
  }
  const left = [...each];
  // The owner by that name first: their ref may stand for them and for itself.
  const demands = expected.map((demand) => [demand].flat());
  const ordered = demands.toSorted(
    (a, b) => Number(b.includes('owner')) - Number(a.includes('owner')),
  );
  const isMet = ordered.every((names) => {
    const at = left.findIndex((of) => isOneOf(names, of));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
  if (isMet && left.length === 0) return [];
  const shown = each.map((of) => nested(of.map(nameOf)));
  return [{ what: 'missing', expected: list(expected.map(nested)), found: list(shown) }];
}

/** Whether these names say exactly whose approval is missing; `owner` is whoever owns the resource. */
function isOneOf(names: readonly string[], of: readonly Approver[]): boolean {
  const isNamed = ({ ref, as }: Approver) =>
    names.some((name) => name === ref || (name === 'owner' && as === 'owner'));
  return names.length === of.length && of.every(isNamed);
}

function nameOf({ ref, as }: Approver): string {
  return as === 'owner' ? 'owner' : ref;
}

/** Every fact that is expected of a rule has to be what one of its steps looked at. */
function compareRules({ rules }: Expected, steps: readonly Step[]): readonly Difference[] {
  return Object.entries(rules).flatMap(([rule, facts]) => {
    const looked = steps.filter((step) => step.rule === rule);
    const expected = showFacts(facts);
    if (looked.length === 0) {
      return [{ what: `rules.${rule}`, expected, found: 'it was not looked at' }];
    }
    if (looked.some(({ fact }) => holds(facts, fact))) return [];
    const found = looked.map(({ fact }) => showFacts(shownFacts(fact))).join(' or ');
    return [{ what: `rules.${rule}`, expected, found }];
  });
}

function holds(expected: Readonly<Record<string, ShownFact>>, fact: Step['fact']): boolean {
  const shown = shownFacts(fact);
  return Object.entries(expected).every(([name, value]) => {
    // `60m` and `1h` are one length.
    const reading = Object.hasOwn(fact, `${name}Ms`) ? readDuration(String(value)) : undefined;
    if (reading?.kind === 'valid') return reading.ms === fact[`${name}Ms`];
    return Object.hasOwn(shown, name) && isDeepStrictEqual(shown[name], value);
  });
}

/** The facts of a rule as a case writes them; approvers by their refs. */
export function shownFacts(fact: Step['fact']): Readonly<Record<string, ShownFact>> {
  return Object.fromEntries(
    Object.entries(fact).map(([name, value]) =>
      name.endsWith('Ms') && typeof value === 'number'
        ? [name.slice(0, -2), durationArgument(value)]
        : [name, shownFact(value)],
    ),
  );
}

function shownFact(value: Json): ShownFact {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (!Array.isArray(value)) return JSON.stringify(value);
  return value.map((each) => {
    if (typeof each === 'string') return each;
    return refIn(each) ?? demandIn(each) ?? JSON.stringify(each);
  });
}

/** `2 of group:default/payments`, for approvals that are missing. */
function demandIn(value: Json): string | undefined {
  if (typeof value !== 'object' || value === null || !('of' in value)) return undefined;
  const { count, of } = value;
  if (typeof count !== 'number' || !Array.isArray(of)) return undefined;
  return `${count} of ${of.flatMap((each) => refIn(each) ?? []).join(', ')}`;
}

function refIn(value: Json): string | undefined {
  const ref =
    typeof value === 'object' && value !== null && 'ref' in value ? value['ref'] : undefined;
  return typeof ref === 'string' ? ref : undefined;
}

function showFacts(facts: Readonly<Record<string, ShownFact>>): string {
  const pairs = Object.entries(facts).map(
    ([name, value]) => `${name}: ${typeof value === 'object' ? list(value) : value}`,
  );
  return `{ ${pairs.join(', ')} }`;
}

function differ(what: string, expected: string, found: string): readonly Difference[] {
  return expected === found ? [] : [{ what, expected, found }];
}

function nested(names: string | readonly string[]): string {
  if (typeof names === 'string') return names;
  return names.length === 1 ? (names[0] ?? '') : list(names);
}

function list(items: readonly string[]): string {
  return `[${items.join(', ')}]`;
}
