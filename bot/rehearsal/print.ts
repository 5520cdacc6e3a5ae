// What a rehearsal says on a terminal, as lines. The words for rules and refusals are those of the issue; whatever stood
// in a file goes through terminalText, so that a name in a catalog cannot drive the terminal or forge a line of a log.

import { durationArgument, formatDuration } from '../access/duration.ts';
import type { Step } from '../access/explain.ts';
import type { RoleTerms, Why } from '../access/inquire.ts';
import type { Refusal } from '../access/reasons.ts';
import { showMissing, type Phrases } from '../github/phrases.ts';
import { formatTime } from '../github/times.ts';
import { plain, terminalText, type Templates } from '../templates.ts';
import type { PolicyTest } from './cases.ts';
import type { Verdict } from './judge.ts';
import type { Outcome, Rehearsal } from './rehearse.ts';

/** `sallyport.yml:4:3: namespaces.payments.roles: Expected at least one role.` */
export function faultLine(
  file: string,
  fault: {
    readonly line: number;
    /** Left out where only the line is known. */
    readonly column?: number;
    readonly path: string;
    readonly message: string;
  },
): string {
  const { line, column, path, message } = fault;
  const place = [file, ...(line > 0 ? [line, ...(column === undefined ? [] : [column])] : [])];
  return clean([place.join(':'), ...(path === '' ? [] : [path]), message].join(': '));
}

/** One line for a case that passed; for one that did not, what differs and why it was decided so. */
export function verdictLines(
  file: string,
  test: PolicyTest,
  { verdict, phrases }: { verdict: Verdict; phrases: Phrases },
): readonly string[] {
  const name = clean(test.name ?? summaryOf(test));
  if (verdict.kind === 'passed') return [`ok    ${name}`];
  const head = `FAIL  ${name} (${clean(file)}:${test.line})`;
  if (verdict.kind === 'unplayed')
    return [head, ...verdict.why.map((each) => `      ${clean(each)}`)];
  const { rehearsal, differences, unstated } = verdict;
  const width = Math.max(...differences.map(({ what }) => what.length));
  return [
    head,
    ...differences.flatMap(({ what, expected, found }) => [
      `      ${what.padEnd(width)}  expected  ${clean(expected)}`,
      `      ${' '.repeat(width)}  found     ${clean(found)}`,
    ]),
    '',
    ...derivationLines(rehearsal, phrases).map((line) => `      ${line}`),
    `      Decided: ${outcomeText(rehearsal.outcome)}.`,
    ...unstatedLines(unstated).map((line) => `      ${line}`),
    '',
  ];
}

/** What `/why` says, for a terminal. */
export function explanationLines(
  login: string,
  {
    why,
    unstated,
    phrases,
    templates,
  }: { why: Why; unstated: readonly string[]; phrases: Phrases; templates: Templates },
): readonly string[] {
  const { resource, role, refusal, steps, roles } = why;
  const verdict = refusal ? 'may not' : 'may';
  const line = ['/connect', resource, ...(role === undefined ? [] : ['as', role])].join(' ');
  return [
    clean(`${login} ${verdict} ask for ${resource}:`),
    '',
    ...stepLines(steps, refusal, phrases),
    ...(roles.length === 0 ? [] : ['', ...roleLines(roles, templates)]),
    ...(refusal ? [] : ['', `To ask, comment: ${clean(line)}`]),
    ...(unstated.length === 0 ? [] : ['', ...unstatedLines(unstated)]),
  ];
}

/** JSON that is safe to print: what JSON leaves as it is and a terminal acts on means the same when it is escaped. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

function summaryOf({ who, verb, resource, role, durationMs, approvedBy }: PolicyTest): string {
  return [
    `${who}: /${verb} ${resource}`,
    ...(durationMs === undefined ? [] : [durationArgument(durationMs)]),
    ...(role === undefined ? [] : [`as ${role}`]),
    ...(approvedBy.length === 0 ? [] : [`approved by ${approvedBy.join(', ')}`]),
  ].join(' ');
}

/** Who did what, and the rules that were looked at for it; what an act found as the one before did is told once. */
function derivationLines({ acts, outcome }: Rehearsal, phrases: Phrases): readonly string[] {
  const told = new Set<string>();
  return acts.flatMap(({ by, verb, derivation }, at) => {
    const isRefused = outcome.kind === 'refused' && at === acts.length - 1;
    const refusal = isRefused ? outcome.reason : undefined;
    const lines = stepLines(derivation, refusal, phrases).filter((line) => !told.has(line));
    for (const line of lines) told.add(line);
    return [clean(`${by}: /${verb}`), ...lines];
  });
}

/** One line for each rule that was looked at; the one that was refused by is told as the refusal it led to. */
function stepLines(
  steps: readonly Pick<Step, 'rule' | 'fact' | 'satisfied'>[],
  refusal: Refusal | undefined,
  phrases: Phrases,
): readonly string[] {
  return steps.map((step) => {
    const isTold = !step.satisfied && refusal !== undefined;
    const text = isTold ? phrases.refusal(refusal) : phrases.rule(step);
    return `  ${step.satisfied ? '✓' : '✗'} ${step.rule}: ${text.rendered}`;
  });
}

function roleLines(roles: readonly RoleTerms[], templates: Templates): readonly string[] {
  const width = Math.max(...roles.map(({ role }) => role.length));
  return roles.map(({ role, iam, defaultMs, maxMs, atOnceMs, needs }) => {
    const terms = `${formatDuration(defaultMs)}, at most ${formatDuration(maxMs)}`;
    const approvals = showMissing(needs, 'printed');
    const needed =
      atOnceMs === undefined
        ? approvals
        : templates.markdown('comments/role-at-once', {
            max: plain(formatDuration(atOnceMs)),
            approvals,
          });
    const cloud = iam === undefined ? '' : `; cloud role ${clean(iam)}`;
    return `  ${clean(role).padEnd(width)}  ${terms}; needs ${needed.rendered}${cloud}`;
  });
}

function outcomeText(outcome: Outcome): string {
  if (outcome.kind === 'refused') return `refused, ${outcome.reason.code}`;
  const length = formatDuration(outcome.durationMs);
  if (outcome.kind === 'granted') {
    const { useBy } = outcome;
    if (useBy === undefined) return `granted for ${length}`;
    return `granted for ${length} from the first connection, by ${formatTime(useBy).rendered}`;
  }
  return `open for ${length}; needs ${showMissing(outcome.missing, 'printed').rendered}`;
}

function unstatedLines(teams: readonly string[]): readonly string[] {
  if (teams.length === 0) return [];
  return [`Nobody was said to be in ${clean(teams.join(', '))}, so that nobody is.`];
}

function clean(text: string): string {
  return terminalText(text).rendered;
}
