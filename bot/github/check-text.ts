// What a check run says: its title, its summary, and one annotation at each line that has to be mended. The words stand
// in templates/checks/.

import type { Difference } from '../catalog/difference.ts';
import { joined, plain, terminalText, type Rendered, type Templates } from '../templates.ts';
import type { Finding, Verdict } from './commit-verdict.ts';
import type { Phrases } from './phrases.ts';

export interface CheckTextParts {
  readonly templates: Templates;
  readonly phrases: Phrases;
}

export interface CheckText {
  /** Under which it stands at the commit, and by which a branch may demand it. */
  readonly name: 'Sallyport policy' | 'Sallyport catalog';
  readonly conclusion: 'success' | 'failure';
  readonly title: string;
  /** Markdown. */
  readonly summary: string;
  readonly annotations: readonly Annotation[];
}

/** As GitHub takes it. */
interface Annotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly start_column?: number;
  readonly end_column?: number;
  readonly annotation_level: 'failure' | 'warning';
  readonly message: string;
}

/** GitHub takes so many with one call; the first ones are what has to be mended first. */
const maxAnnotations = 50;
/** More of a kind than these are not listed one by one, nor more than so much text: GitHub takes 65,535 characters. */
const maxListed = 50;
const maxListedChars = 20_000;

const names = { policy: 'Sallyport policy', catalog: 'Sallyport catalog' } as const;

export function checkText({ templates, phrases }: CheckTextParts, verdict: Verdict): CheckText {
  const { of, difference } = verdict;
  const findings = verdict.findings.toSorted(byPlace);
  const failures = findings.filter(({ level }) => level === 'failure').length;
  const outcome = failures > 0 ? 'faulty' : 'usable';
  const summary = templates.markdown(`checks/${of}-${outcome}`, {
    findings: listed(findings, (each) => findingLine(templates, each)),
    difference: difference ? differenceText(templates, difference) : nothing,
  });
  return {
    name: names[of],
    conclusion: failures > 0 ? 'failure' : 'success',
    title: phrases.title(`${of}-${outcome}`, { count: failures }).rendered,
    summary: summary.rendered.trim(),
    annotations: findings
      .filter(({ line }) => line !== null)
      .slice(0, maxAnnotations)
      .map(annotationOf),
  };
}

const nothing: Rendered = { rendered: '' };

/** What has to be mended before what only deserves a look. */
function byPlace(a: Finding, b: Finding): number {
  const order = (each: Finding) => (each.level === 'failure' ? 0 : 1);
  return (
    order(a) - order(b) ||
    Number(a.path > b.path) - Number(a.path < b.path) ||
    (a.line ?? 0) - (b.line ?? 0) ||
    (a.column ?? 0) - (b.column ?? 0)
  );
}

function findingLine(
  templates: Templates,
  { path, line, column, about, message }: Finding,
): Rendered {
  const place = [path, line, column].filter((part) => part !== null).join(':');
  const said = { place, message };
  return about === ''
    ? templates.markdown('checks/finding', said)
    : templates.markdown('checks/finding-about', { ...said, about });
}

function differenceText(templates: Templates, { lost, gained }: Difference): Rendered {
  if (lost.length + gained.length === 0) return templates.markdown('checks/no-difference', {});
  const lostLine = ({ ref, why }: Difference['lost'][number]) =>
    why
      ? templates.markdown('checks/lost', { ref, why: why.message })
      : templates.markdown('checks/lost-undefined', { ref });
  const gainedLine = (ref: string) => templates.markdown('checks/gained', { ref });
  return joined(
    [
      ...(lost.length > 0
        ? [templates.markdown('checks/lost-all', { lines: listed(lost, lostLine) })]
        : []),
      ...(gained.length > 0
        ? [templates.markdown('checks/gained-all', { lines: listed(gained, gainedLine) })]
        : []),
    ],
    '\n\n',
  );
}

/** One a line, and how many more there are: only what is shown is made, of what may be hundreds of thousands. */
function listed<T>(all: readonly T[], line: (each: T) => Rendered): Rendered {
  let chars = 0;
  const fitting = all
    .slice(0, maxListed)
    .map(line)
    .filter(({ rendered }) => (chars += rendered.length + 1) <= maxListedChars);
  const hidden = all.length - fitting.length;
  const more = hidden > 0 ? [plain(`- and ${hidden} more`)] : [];
  return joined([...fitting, ...more], '\n');
}

function annotationOf({ path, line, column, level, about, message }: Finding): Annotation {
  const start_line = line ?? 1;
  const at = column === null ? {} : { start_column: column, end_column: column };
  const text = terminalText(about === '' ? message : `${about}: ${message}`).rendered;
  return { path, start_line, end_line: start_line, ...at, annotation_level: level, message: text };
}
