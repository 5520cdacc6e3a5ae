// Texts that are made to be slow: what costs a Markdown parser or a pattern more than its share, repeated up to the
// length that is read. Tests hold the readers to a bound over them, and a bench measures them.

import { maxCommentChars } from '../../../bot/access/command.ts';

/** Reading any comment or form costs no more computing than this. */
export const maxReadingMs = 200;

/** Found by repeating and mixing what Markdown knows. The first cost the square of its length once. */
const units = [
  '===\n>===\n',
  'é| a |\n[x]:\n> ',
  '   > [x]:\n]<?|-|\n',
  '  - a\n+ ',
  '*   - a\n',
  '|-|\n',
  '[x]: y\n',
  '[x]:\n',
  '> ',
  '- ',
  '1. a\n',
  '#\n',
  '# # ',
  '###### Resource to reach ',
  '\n### For how long',
  'a\n',
  'a\n---\n',
  '[',
  '<!--',
  '<div>\n',
  '|a',
  '`a',
  '~~~\n',
  '*a_',
  '&#32;',
  ' \t',
  '\n',
  '\r',
] as const;

/** The texts with the unit that each is made of; `frame` puts them where they are read. */
export function slowTexts(
  frame: (text: string) => string,
  maxChars = maxCommentChars,
): { readonly unit: string; readonly text: string }[] {
  const room = maxChars - frame('').length;
  const repeated = units.map((unit) => ({ unit, text: filling(unit, room) }));
  // A table whose head is as wide as its line of dashes.
  const half = Math.floor(room / 2) - 2;
  const table = { unit: '|a|-', text: `${filling('|a', half)}\n${filling('|-', half)}` };
  // A quote whose paragraph might be a definition, and goes on outside of it: the other one that cost the square.
  const quote = filling('></div>\n_[x]:\n', half);
  const lazy = { unit: '></div>\n_[x]:\n', text: `${quote}${filling('a &amp; b\n', half)}` };
  return [...repeated, table, lazy].map(({ unit, text }) => ({ unit, text: frame(text) }));
}

/** As many of it as there is room for. */
export function filling(unit: string, chars: number): string {
  return unit.repeat(Math.floor(chars / unit.length));
}

/** What the work costs the processor, whoever else is at it. */
export function computingMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
