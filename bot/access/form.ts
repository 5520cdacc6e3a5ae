// Reads an access request from the text of an issue that was opened with the form of templates/ISSUE_TEMPLATE. GitHub
// makes Markdown of the form, a heading a field, and whoever fills it in can type headings too: what has one twice, or
// out of order, wherever it stands, or hides one, is refused, so that nobody reads one request in it and the bot
// another. It decides nothing; the form comes to the same command as `/connect`.

import { readArguments } from './arguments.ts';
import {
  headingsOf,
  linesOf,
  maxCommentChars,
  readCommand,
  type Heading,
  type Reading,
} from './command.ts';
import { example, formatCommand, maxReasonChars } from './grammar.ts';
import { mistake } from './reasons.ts';

/** The labels of the form's fields, in its order: GitHub makes headings of them. */
export interface FormLabels {
  readonly resource: string;
  readonly duration: string;
  readonly role: string;
  readonly reason: string;
}

/**
 * A form whose fields are what they may be is shorter by far. A longer one is refused before it is parsed as Markdown,
 * where a text can cost the square of its length.
 */
export const maxFormChars = 8_192;

/** What GitHub writes where nothing was filled in. */
const nothing = '_No response_';

/** Reads the text of an issue. Most are no access request: the form is known by the heading of its first field. */
export function readForm(body: string, labels: FormLabels): Reading {
  if (body.length > maxCommentChars) return { kind: 'none' };
  const lines = linesOf(body);
  if (!lines.some((line) => isHeadingOf(line, labels.resource))) return readCommandOfIssue(body);
  if (body.length > maxFormChars) {
    return unfit(mistake('reason-too-long', { maxChars: maxReasonChars }));
  }
  const order = [labels.resource, labels.duration, labels.role, labels.reason];
  const shown = headingsOf(lines);
  const headings = [...written(lines, order), ...shownAs(shown, order)]
    .toSorted((a, b) => a.at - b.at)
    // What is both written and shown is one heading.
    .filter(
      ({ at, label }, index, all) =>
        index === 0 || all[index - 1]?.at !== at || all[index - 1]?.label !== label,
    );
  if (shown.some(({ text }) => text === '')) {
    return unfit(mistake('form-heading-misplaced', { heading: labels.resource }));
  }
  for (const label of order) {
    const count = headings.filter((heading) => heading.label === label).length;
    if (count === 0) return unfit(mistake('form-heading-missing', { heading: label }));
    if (count > 1) return unfit(mistake('form-heading-twice', { heading: label }));
  }
  const isShown = (line: number) => shown.some((each) => each.line === line && each.isTopLevel);
  const misplaced = headings.find(
    ({ label, isExact, at }, index) => !isExact || label !== order[index] || !isShown(at),
  );
  if (misplaced) return unfit(mistake('form-heading-misplaced', { heading: misplaced.label }));

  const [resource = '', duration = '', role = '', reason = ''] = headings.map(({ at }, index) => {
    const text = lines
      .slice(at + 1, headings[index + 1]?.at)
      .join('\n')
      .trim();
    return text === nothing ? '' : text;
  });
  for (const [heading, word] of [
    [labels.resource, resource],
    [labels.duration, duration],
    [labels.role, role],
  ] as const) {
    if (/\s/.test(word)) return unfit(mistake('form-field-not-a-word', { heading }));
  }
  // Left out, the next word would take its place.
  if (resource === '') return unfit(mistake('missing-resource', { verb: 'connect' }));
  const words = [resource, duration, role === '' ? '' : `as ${role}`];
  return readArguments('connect', words.filter((word) => word !== '').join(' '), reason);
}

function unfit(reason: Extract<Reading, { kind: 'mistake' }>['reason']): Reading {
  return { kind: 'mistake', reason, hint: example('connect') };
}

/** As GitHub writes the heading of a field. */
function isHeadingOf(line: string, label: string): boolean {
  return line.trimEnd() === `### ${label}`;
}

interface Found {
  readonly label: string;
  readonly at: number;
  /** Written as GitHub writes it. */
  readonly isExact: boolean;
}

/** The lines that look like a heading of the form, wherever they stand, as loosely as anybody might read them. */
function written(lines: readonly string[], labels: readonly string[]): Found[] {
  return lines.flatMap((line, at) => {
    const words = line.split(/[\s>]+/).filter((word) => word !== '');
    if (!/^#{1,6}$/.test(words[0] ?? '')) return [];
    const label = labelIn(words.slice(1).join(' '), labels);
    return label === undefined ? [] : [{ label, at, isExact: isHeadingOf(line, label) }];
  });
}

/** What GitHub shows as a heading of the form, however it is written. */
function shownAs(headings: readonly Heading[], labels: readonly string[]): Found[] {
  return headings.flatMap(({ line: at, text }) => {
    const label = labelIn(text, labels);
    return label === undefined ? [] : [{ label, at, isExact: false }];
  });
}

/** The label that a text is but for case, marks and the ways to write a blank. */
function labelIn(text: string, labels: readonly string[]): string | undefined {
  const letters = (of: string) => of.replaceAll(/&\w+;|[^A-Za-z]/g, '').toLowerCase();
  return labels.find((label) => letters(label) === letters(text));
}

/** A command acts as a comment alone. Whoever opens an issue with one is told, instead of waiting for nothing. */
function readCommandOfIssue(body: string): Reading {
  const reading = readCommand(body);
  if (reading.kind !== 'command') return { kind: 'none' };
  const hint = formatCommand(reading.command);
  return { kind: 'mistake', reason: mistake('command-in-issue', {}), hint };
}
