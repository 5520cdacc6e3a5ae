// Reads a command from a comment. The command is the first non-blank line, at column 0, in a top-level
// paragraph; what a person quotes, lists, fences or puts in a heading never acts. Promises linear work for any
// comment, and that a reading is the same for ever: it looks at the text alone. It decides nothing.

import MarkdownIt from 'markdown-it';
import { readArguments, type ArgumentReading } from './arguments.ts';
import { example, formatCommand, usage, type Verb } from './grammar.ts';
import { nearest } from './nearest.ts';
import { mistake } from './reasons.ts';

export type Reading = ArgumentReading | { readonly kind: 'none' };

/** What GitHub lets a comment hold; more is not a comment, and is not read. In UTF-16 units. */
export const maxCommentChars = 65_536;
/** A longer word than this is nobody's mistyped verb. */
const maxVerbChars = 24;

export function readCommand(body: string): Reading {
  if (body.length > maxCommentChars) return { kind: 'none' };
  const lines = linesOf(body);
  const at = lines.findIndex((line) => !/^[ \t]*$/.test(line));
  const match = /^\/([^\s/]+)([ \t].*)?$/.exec(lines[at] ?? '');
  if (!match || !startsParagraph(lines, at)) return { kind: 'none' };

  // Split and joined rather than trimmed by a pattern, which would cost the square of a long run of blanks.
  const words = (match[2] ?? '').split(/[ \t]+/).filter((word) => word !== '');
  const below = lines
    .slice(at + 1)
    .join('\n')
    .trim();
  return readVerb(match[1] ?? '', words.join(' '), below);
}

/** The lines of a text as GitHub has it. */
export function linesOf(body: string): string[] {
  // A lone surrogate cannot be written as canonical JSON, so it is replaced before anything is kept.
  return body.toWellFormed().replaceAll(/\r\n?/g, '\n').split('\n');
}

// Block rules alone find what is a paragraph: inline rules are where Markdown costs more than linear time.
function blocksOnly() {
  return new MarkdownIt({ html: true, maxNesting: 20 }).disable(
    ['inline', 'text_join', 'linkify', 'replacements', 'smartquotes'],
    true,
  );
}
const markdown = blocksOnly();

// Blocks cost more as well: a quote that is broken off again and again is looked for to its end each time. What opens
// the text is all that a command needs, so that everything behind the first block is left unread.
const firstBlock = blocksOnly();
firstBlock.block.ruler.before('table', 'nothing-more', (state, _line, endLine, isSilent) => {
  if (isSilent || state.level > 0 || state.tokens.length === 0) return false;
  state.line = endLine;
  return true;
});

/** Whether the line opens a top-level paragraph: a line below may still make it a heading or a table. */
function startsParagraph(lines: readonly string[], at: number): boolean {
  const end = lines.findIndex((line, index) => index > at && /^[ \t]*$/.test(line));
  const block = lines.slice(at, end === -1 ? undefined : end).join('\n');
  const first = firstBlock.parse(block, {})[0];
  return first?.type === 'paragraph_open' && first.level === 0;
}

/** A heading of a Markdown text: where it stands, whether on its own or inside of something, and its text as written. */
export interface Heading {
  /** The line, counted from 0. */
  readonly line: number;
  readonly isTopLevel: boolean;
  readonly text: string;
}

/** The headings that GitHub shows of a text, which has to be short; those that are written as HTML have an empty text. */
export function headingsOf(lines: readonly string[]): Heading[] {
  const tokens = markdown.parse(lines.join('\n'), {});
  return tokens.flatMap(({ type, map, level, content }, index) => {
    const line = map?.[0] ?? 0;
    if (type === 'html_block' && /<h[1-6]/i.test(content))
      return [{ line, isTopLevel: false, text: '' }];
    if (type !== 'heading_open') return [];
    return [{ line, isTopLevel: level === 0, text: tokens[index + 1]?.content ?? '' }];
  });
}

const verbs = Object.keys(usage) as Verb[];

function readVerb(word: string, rest: string, below: string): Reading {
  if (word.length > maxVerbChars) return { kind: 'none' };
  // Only A–Z are folded: toLowerCase would turn the Kelvin sign into a k.
  const verb = word.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  if (isVerb(verb)) return readArguments(verb, rest, below);
  const meant = nearestVerb(verb);
  if (!meant) return { kind: 'none' };
  return {
    kind: 'mistake',
    reason: mistake('misspelt-command', { verb }),
    hint: correctedLine(meant, rest, below),
  };
}

/**
 * One slip, and none in the first letter unless it only looks like it: a comment may be meant for another bot, whose
 * words are near to ours, and one slip in a word of three letters makes another word.
 */
function nearestVerb(verb: string): Verb | undefined {
  const isAscii = /^[a-z]/.test(verb);
  const candidates = verbs.filter((each) => each.length > 3 && (!isAscii || each[0] === verb[0]));
  return nearest(verb, candidates, 1);
}

function correctedLine(verb: Verb, rest: string, below: string): string {
  const reading = readArguments(verb, rest, below);
  if (reading.kind === 'command') return formatCommand(reading.command);
  return (reading.kind === 'mistake' ? reading.hint : undefined) ?? example(verb);
}

function isVerb(word: string): word is Verb {
  return Object.hasOwn(usage, word);
}
