// The story on a terminal: the thread as it grows and what each person sees, in plain text that reads
// well at 80 columns and uses up to 120. Colour only on a terminal, and not when NO_COLOR is set.
import { styleText } from 'node:util';
import type { ThreadComment, ThreadView } from '../github/threads.ts';
import type { GitHub } from './github.ts';
import { plainText, wrap, type TextLine } from './plain-text.ts';
import type { Teller } from './story.ts';

export interface Paper {
  readonly columns?: number | undefined;
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

export interface Printer extends Teller {
  /** A line of its own, outside the story. */
  say(text?: string): void;
  /** Prints every change of every thread from now on. Returns how to stop. */
  follow(github: GitHub): () => void;
}

/** A teller that prints on paper such as `process.stdout`. */
export function createPrinter(paper: Paper): Printer {
  const width = Math.min(Math.max(paper.columns ?? 80, 40), 120);
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    paper.isTTY ? styleText(style, text) : text; // styleText itself honours NO_COLOR
  const say = (text = ''): void => void paper.write(`${text}\n`);
  const known = new Map<string, string>();
  let steps = 0;
  let printed: Promise<unknown> = Promise.resolve();

  function box(head: string, lines: readonly TextLine[]): void {
    say(`  ${paint('dim', '╭')} ${head}`);
    for (const { text, strong } of lines) {
      say(`  ${paint('dim', '│')} ${strong ? paint('bold', text) : text}`.trimEnd());
    }
  }

  function printComment(comment: ThreadComment): void {
    const { id, author, body, reactions } = comment;
    const before = known.get(`comment ${id}`);
    if (before !== body) {
      known.set(`comment ${id}`, body);
      const lines = plainText(body, width - 4);
      const verb = before === undefined ? 'commented' : 'brought the card up to date';
      box(`${paint('cyan', author)} ${verb}`, before === undefined ? lines : fresh(before, lines));
    }
    const [words] = wrap(body.split('\n')[0] ?? '', 40);
    for (const { content, user } of reactions) {
      const key = `reaction ${id} ${content} ${user}`;
      if (known.has(key)) continue;
      known.set(key, '');
      say(`  ${paint('dim', `· ${user} ${emoji[content] ?? content} to ${author}: ${words}`)}`);
    }
  }

  // What an edit has brought; blank lines only between two lines that are new.
  function fresh(before: string, lines: readonly TextLine[]): TextLine[] {
    const old = new Set(plainText(before, width - 4).map(({ text }) => text));
    const kept = lines.filter(({ text }) => text === '' || !old.has(text));
    return kept.filter(
      ({ text }, at) => text !== '' || (at > 0 && (kept[at + 1]?.text ?? '') !== ''),
    );
  }

  function printThread(thread: ThreadView): void {
    const key = `issue ${thread.number}`;
    if (!known.has(key)) {
      known.set(key, '');
      const head = `${paint('cyan', thread.author)} opened #${thread.number}: ${thread.title}`;
      box(head, plainText(thread.body, width - 4));
    }
    thread.comments.forEach(printComment);
  }

  async function step<T>(title: string, play: () => Promise<T>): Promise<T> {
    steps += 1;
    say(`\n${paint('bold', `${steps}  ${title}`)}\n`);
    const since = performance.now();
    try {
      const result = await play();
      await printed;
      say(
        `  ${paint('green', '✓')} ${paint('dim', `${Math.round(performance.now() - since)} ms`)}`,
      );
      return result;
    } catch (error) {
      await printed;
      say(`  ${paint('red', '✗')} step ${steps} failed: ${title}`);
      throw error;
    }
  }

  return {
    say,
    step,
    note: (text) => say(`  ${paint('dim', `· ${text}`)}`),
    terminal({ login, typed, screen }) {
      const command = typed === undefined ? [] : wrap(`$ ${typed}`, width - 4);
      const output = screen
        .trim()
        .split('\n')
        .flatMap((line) => wrap(abridge(line, width - 4), width - 4));
      box(`${paint('magenta', login)} at a terminal`, [
        ...command.map((text) => ({ text, strong: true })),
        ...output.map((text) => ({ text, strong: false })),
      ]);
    },
    follow: (github) =>
      github.onChange((issue) => {
        printed = printed
          .then(async () => printThread(await github.thread(issue)))
          .catch(() => undefined);
      }),
  };
}

// A sign-in link is for this person's browser alone and would take six lines; its beginning is enough.
function abridge(line: string, width: number): string {
  const word = line.trimStart();
  if (line.length <= width || word.includes(' ')) return line;
  return `${line.slice(0, width - 1)}…`;
}

const emoji: Readonly<Record<string, string>> = {
  '+1': '👍',
  '-1': '👎',
  confused: '😕',
  eyes: '👀',
  rocket: '🚀',
};
