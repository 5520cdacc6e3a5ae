// The bot's Markdown as lines for a terminal: headings and emphasis without their marks, tables as
// aligned columns, what is invisible on GitHub left out. For our own comments, not for any Markdown.

export interface TextLine {
  readonly text: string;
  /** Stands out: a heading, or the line to paste. */
  readonly strong: boolean;
}

/** The comment in lines no longer than `width`. */
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

/** A text in lines no longer than `width`, each indented as its beginning; a longer word is cut. */
export function wrap(text: string, width: number): string[] {
  const indent = /^ */.exec(text)?.[0].slice(0, width / 2) ?? '';
  const lines: string[] = [];
  let line = '';
  for (const word of text.trim().split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (joined.length <= width - indent.length) {
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
  return word.match(new RegExp(`.{1,${width}}`, 'gsu')) ?? [''];
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
  const columns = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) =>
    Math.max(...cells.map((row) => (row[at] ?? '').length)),
  );
  return cells.flatMap((row) => {
    const padded = row.map((cell, at) => cell.padEnd(at === columns - 1 ? 0 : (widths[at] ?? 0)));
    return wrapCell(padded, width).map((text) => ({ text, strong: false }));
  });
}

// Two columns, a name and a value: a long value goes on under its own beginning.
function wrapCell(cells: readonly string[], width: number): string[] {
  const [name = '', ...rest] = cells;
  const indent = name.length + 2;
  const value = rest.join('  ').trimEnd();
  if (cells.length !== 2 || indent >= width / 2) return [`${name}  ${value}`.slice(0, width)];
  return wrap(value, width - indent).map(
    (line, at) => (at === 0 ? name : '').padEnd(indent) + line,
  );
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
