// A policy and a catalog for the tests of rehearsals: those of the small company, and cases as text, read by the
// product's own reader.

import assert from 'node:assert/strict';
import { readCases, type PolicyTest } from '../../../bot/rehearsal/cases.ts';
import type { Rulebook } from '../../../bot/rehearsal/facts.ts';
import { factsOf, type World } from '../access/world.ts';

export function rulebookOf(world: World = {}): Rulebook {
  const { policy, policyRevision, catalog } = factsOf(world);
  return { policy, policyRevision, catalog };
}

/** The cases of a file that has nothing but them, each in one line of YAML. */
export function casesOf(lines: readonly string[], head = ''): readonly PolicyTest[] {
  const reading = readCases(
    `version: 1\n${head}cases:\n${lines.map((line) => `  - ${line}\n`).join('')}`,
  );
  assert.ok(reading.kind === 'valid', JSON.stringify(reading));
  return reading.tests;
}

export function caseOf(line: string, head = ''): PolicyTest {
  const [only] = casesOf([line], head);
  assert.ok(only);
  return only;
}
