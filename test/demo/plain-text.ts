// The bot's Markdown as lines for a terminal: headings and emphasis without their marks, tables as
// aligned columns, what is invisible on GitHub left out. For our own comments, not for any Markdown.

export interface TextLine {
  readonly text: string;
  /** Stands out: a heading, or the line to paste. */
  readonly strong: boolean;
}

/** The comment in lines of at most `width` columns. */
export function plainText(markdown: string, width: number): TextLine[] {
  const lines = markdown.replace(/<!--.*?-->\n?/gs, '').split('\n');
  const shown: TextLine[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (isRow(line)) {
      const end = lines.findIndex((each, index) => index > at && !isRow(each));
      const rows = lines.slice(at, end === -1 ? lines.length : end);
      shown.push(...table(rows, width));
      at += rows.length - 1;
    } else if (!/^\s*```/.test(line)) {
      const strong = /^#+ /.test(line) || / connect \S+\/g_/.test(line);
      shown.push(...wrap(unmark(line), width).map((text) => ({ text, strong })));
    }
  }
  return shown;
}

/** A text in lines of at most `width` columns, each indented as its beginning; a longer word is cut. */
export function wrap(text: string, width: number): string[] {
  const indent = /^ */.exec(text)?.[0].slice(0, width / 2) ?? '';
  const lines: string[] = [];
  let line = '';
  for (const word of text.trim().split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (columnsOf(joined) <= width - indent.length) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    lines.push(...pieces(word, width - indent.length));
    line = lines.pop() ?? '';
  }
  return [...lines, line].map((each) => indent + each);
}

function pieces(word: string, width: number): string[] {
  const cut: string[] = [];
  let piece = '';
  for (const character of charactersOf(word)) {
    if (piece !== '' && columnsOf(piece) + columnsOf(character) > width) {
      cut.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...cut, piece];
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** What a reader takes for one character: an accent belongs to its letter, a family is one emoji. */
function charactersOf(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Emoji, and what East Asian terminals draw as wide as two letters; rather too much than too little. */
const wide =
  /\p{Emoji_Presentation}|\uFE0F|[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\u3000-\u303E\uFF01-\uFF60\uFFE0-\uFFE6]/u;

/** How many columns a terminal gives the text, if it draws a joined emoji as one. */
function columnsOf(text: string): number {
  return charactersOf(text).reduce((sum, character) => sum + (wide.test(character) ? 2 : 1), 0);
}

/** The text with blanks up to that column. */
function padTo(columns: number, text: string): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

function isRow(line: string): boolean {
  return /^\s*\|.*\|\s*$/.test(line);
}

function table(rows: readonly string[], width: number): TextLine[] {
  const cells = rows
    .filter((row) => !/^[\s|:-]*$/.test(row))
    .map((row) =>
      row
        .trim()
        .slice(1, -1)
        .split('|')
        .map((cell) => unmark(cell.trim())),
    );
  return linesOf(cells, width).map((text) => ({ text, strong: false }));
}

function linesOf(cells: readonly string[][], width: number): string[] {
  const widths = (cells[0] ?? []).map((_, at) =>
    Math.max(...cells.map((row) => columnsOf(row[at] ?? ''))),
  );
  const [first = 0, ...others] = widths;
  // A name and a value: a long value goes on under its own beginning.
  if (others.length === 1 && first + 2 < width / 2)
    return cells.flatMap(([name = '', value = '']) =>
      wrap(value, width - first - 2).map(
        (line, at) => padTo(first + 2, at === 0 ? name : '') + line,
      ),
    );
  const aligned = cells.map((row) =>
    row
      .map((cell, at) => padTo(widths[at] ?? 0, cell))
      .join('  ')
      .trimEnd(),
  );
  return aligned.every((line) => columnsOf(line) <= width) ? aligned : spelledOut(cells, width);
}

// A table wider than the paper: each row as one sentence, every cell after its column's name.
function spelledOut([head = [], ...rows]: readonly string[][], width: number): string[] {
  return rows.flatMap((row) => {
    const parts = row.map((cell, at) => (cell === '' ? '' : `${head[at]?.toLowerCase()} ${cell}`));
    const sentence = parts
      .filter((part) => part !== '')
      .map((part) => part.replaceAll(' ', '\u00A0')) // broken between cells, not within
      .join(' · ');
    return wrap(sentence, width).map((line) => line.replaceAll('\u00A0', ' '));
  });
}

function unmark(text: string): string {
  return text
    .replace(/^#+ /, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\*\*(.*?)\*\*/g, '$1')
    .replace(/(?<!\\)`/g, '')
    .replace(/\\([!-/:-@[-`{-~])/g, '$1')
    .trimEnd();
}
