// How long a text becomes on an issue: a long table is folded, so that what is below it is read, and what GitHub would
// refuse for its length is cut, because a text that is refused is not said at all.

import { type Rendered, type Templates } from '../templates.ts';

/** GitHub takes so many characters of one comment (not in its documentation; every client finds it out). */
const maxChars = 65_536;
/** Tables with more rows are folded. */
const maxOpenRows = 10;

/** A table that is folded when it has many rows. The summary is said instead of it. */
export function foldedTable(
  templates: Templates,
  { table, rows, summary }: { table: Rendered; rows: number; summary: Rendered },
): Rendered {
  return rows <= maxOpenRows ? table : templates.markdown('comments/folded', { summary, table });
}

/** A text that GitHub takes: the whole, or the lines that fit and a sentence that there were more. */
export function fitted(templates: Templates, text: string): string {
  if (text.length <= maxChars) return text;
  const rest = templates.markdown('comments/cut', {}).rendered;
  // A fold that was cut would swallow the sentence.
  const end = `\n\n</details>\n\n${rest}`;
  const shown = text.slice(0, maxChars - end.length);
  const lines = shown.slice(0, shown.lastIndexOf('\n'));
  const isFolded = lines.lastIndexOf('<details>') > lines.lastIndexOf('</details>');
  return isFolded ? lines + end : `${lines}\n\n${rest}`;
}
