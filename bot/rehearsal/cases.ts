// A file of cases, by which a team tests its policy: who asks for what, who approves, and what should come of it. Read
// like every settings file, all of it or none: a case that is misspelt would pass without testing anything.

import { LineCounter, isNode, parseDocument } from 'yaml';
import type { z } from 'zod';
import { readSettings, type SettingsFault } from '../../relay/settings.ts';
import type { RefusalCode } from '../access/reasons.ts';
import type { policyCaseKeys } from './cases-schema.ts';
import { policyTestKeys } from './cases-schema.ts';

/** What GitHub would say of people at that moment. Names are GitHub logins or refs of User entities. */
interface World {
  /** Null: when the test runs. */
  readonly at: Date | null;
  /** `org/team` → who is in it. */
  readonly teams: Readonly<Record<string, readonly string[]>>;
  /** Who does not belong to the organisation; everybody else does. */
  readonly outsiders: readonly string[];
  /** The resource became what it is just now. */
  readonly isNew: boolean;
}

/** Demands that are still open: how many approvals, or from whom; a list within the list is any one of these. */
export type ExpectedMissing = number | readonly (string | readonly string[])[];

/** A fact of a rule, as it is shown: `duration: 1h`, `via: group:default/engineering`. */
export type ShownFact = string | number | readonly string[];

export interface Expected {
  readonly decision: 'open' | 'granted' | 'refused';
  /** Why not; always there for a refusal, and never otherwise. */
  readonly because?: RefusalCode | undefined;
  readonly missing?: ExpectedMissing | undefined;
  readonly lastsMs?: number | undefined;
  /** By the name of the rule. */
  readonly rules: Readonly<Record<string, Readonly<Record<string, ShownFact>>>>;
}

export interface PolicyTest {
  readonly name?: string | undefined;
  /** Where it stands in the file, from 1. */
  readonly line: number;
  readonly verb: 'connect' | 'break-glass';
  readonly who: string;
  readonly resource: string;
  readonly role?: string | undefined;
  readonly durationMs?: number | undefined;
  readonly approvedBy: readonly string[];
  /** The policy's own repository, `owner/name`, and the one on whose issue it is asked. */
  readonly home: string;
  readonly place: string;
  readonly world: World;
  readonly expected: Expected;
}

export type CasesReading =
  | { readonly kind: 'valid'; readonly tests: readonly PolicyTest[] }
  | { readonly kind: 'invalid'; readonly faults: readonly SettingsFault[] };

/** Stands for the policy's own repository where the file does not name it. */
const unnamedHome = 'policy/repository';

/** Reads a file of cases. Never throws for a bad one. */
export function readCases(text: string): CasesReading {
  const reading = readSettings({ text }, policyTestKeys);
  if (reading.kind === 'invalid') {
    const faults = reading.faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
    return { kind: 'invalid', faults };
  }
  const { cases, ...file } = reading.value;
  const lines = linesOfCases(text);
  const tests = cases.map((each, index) => testOf(each, { ...file, line: lines[index] ?? 0 }));
  return { kind: 'valid', tests };
}

type File = Omit<z.output<typeof policyTestKeys>, 'cases'>;

function testOf(each: z.output<typeof policyCaseKeys>, file: File & { line: number }): PolicyTest {
  const { home = unnamedHome } = file;
  return {
    name: each.name,
    line: file.line,
    verb: each.asks === undefined ? 'break-glass' : 'connect',
    who: each.who,
    resource: each.asks ?? each['breaks-glass'] ?? '',
    role: each.role,
    durationMs: each.for,
    approvedBy: each['approved-by'],
    home,
    place: each.in ?? home,
    world: {
      at: each.at ?? file.at ?? null,
      teams: { ...file.teams, ...each.teams },
      outsiders: each.outsiders ?? file.outsiders,
      isNew: each.new,
    },
    expected: {
      decision: each.expect,
      because: each.because,
      missing: each.missing,
      lastsMs: each.lasts,
      rules: each.rules,
    },
  };
}

function linesOfCases(text: string): readonly number[] {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, merge: false });
  const { length } = document.toJS().cases as readonly unknown[];
  return Array.from({ length }, (_, index) => {
    const node: unknown = document.getIn(['cases', index], true);
    return isNode(node) ? lineCounter.linePos(node.range?.[0] ?? 0).line : 0;
  });
}
