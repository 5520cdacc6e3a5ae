// Reads an access request from the text of an issue that was opened with the form of templates/ISSUE_TEMPLATE. GitHub
// makes Markdown of the form, a heading a field, and whoever fills it in can type headings too: what has one twice, or
// out of order, wherever it stands, is refused, so that nobody reads one request in it and the bot another. It decides
// nothing; the form comes to the same command as `/connect`.

import { readArguments } from './arguments.ts';
import { linesOf, maxCommentChars, readCommand, type Reading } from './command.ts';
import { example, formatCommand } from './grammar.ts';
import { mistake } from './reasons.ts';

/** The labels of the form's fields, in its order: GitHub makes headings of them. */
export interface FormLabels {
  readonly resource: string;
  readonly duration: string;
  readonly role: string;
  readonly reason: string;
}

/** What GitHub writes where nothing was filled in. */
const nothing = '_No response_';

/** Reads the text of an issue. Most are no access request: the form is known by the heading of its first field. */
export function readForm(body: string, labels: FormLabels): Reading {
  if (body.length > maxCommentChars) return { kind: 'none' };
  const lines = linesOf(body);
  const order = [labels.resource, labels.duration, labels.role, labels.reason];
  const headings = lines.flatMap((line, at) => {
    const label = headingIn(line, order);
    return label === undefined ? [] : [{ label, at, isExact: line.trimEnd() === `### ${label}` }];
  });
  if (!headings.some(({ label, isExact }) => isExact && label === labels.resource)) {
    return readCommandOfIssue(body);
  }
  for (const label of order) {
    const count = headings.filter((heading) => heading.label === label).length;
    if (count === 0) return unfit(mistake('form-heading-missing', { heading: label }));
    if (count > 1) return unfit(mistake('form-heading-twice', { heading: label }));
  }
  const misplaced = headings.find(
    ({ label, isExact }, index) => !isExact || label !== order[index],
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

/** The label that a line is a heading of, as loosely as anybody might read it; undefined where it is none of ours. */
function headingIn(line: string, labels: readonly string[]): string | undefined {
  const words = line.split(/[\s>]+/).filter((word) => word !== '');
  if (!/^#{1,6}$/.test(words[0] ?? '')) return undefined;
  if (/^#+$/.test(words.at(-1) ?? '')) words.pop();
  const text = words.slice(1).join(' ').toLowerCase();
  return labels.find((label) => label.toLowerCase() === text);
}

/** A command acts as a comment alone. Whoever opens an issue with one is told, instead of waiting for nothing. */
function readCommandOfIssue(body: string): Reading {
  const reading = readCommand(body);
  if (reading.kind !== 'command') return { kind: 'none' };
  const hint = formatCommand(reading.command);
  return { kind: 'mistake', reason: mistake('command-in-issue', {}), hint };
}
