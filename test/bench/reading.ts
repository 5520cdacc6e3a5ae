// What it costs to read a comment that was made to be slow: the computing time of the bot's own reading of commands and
// of forms, the worst of many such texts. Beside it the same reading of as much plain prose.

import { maxCommentChars, readCommand } from '../../bot/access/command.ts';
import { maxFormChars, readForm } from '../../bot/access/form.ts';
import { readFormLabels } from '../../bot/github/form-labels.ts';
import { computingMs, filling, slowTexts } from '../bot/access/slow-texts.ts';
import { home } from '../demo/seed.ts';

const labels = readFormLabels(`${home}templates`);
const prose = 'The ledger is off by one cent since yesterday, and nobody knows why.\n';

/** In ms. Each text was read before it is measured: a bot that runs has read thousands. */
export function measureReading(): { readonly worstMs: number; readonly proseMs: number } {
  const slow = readings(slowTexts);
  const plain = readings((frame, maxChars = maxCommentChars) => [
    { text: frame(filling(prose, maxChars - frame('').length)) },
  ]);
  for (const read of [...slow, ...plain]) read();
  return {
    worstMs: Math.max(...slow.map(computingMs)),
    proseMs: Math.max(...plain.map(computingMs)),
  };
}

type Texts = (
  frame: (text: string) => string,
  maxChars?: number,
) => readonly { readonly text: string }[];

/** Each text as a comment with a command, and as a form: the longest there is, and the longest that is parsed. */
function readings(texts: Texts): (() => void)[] {
  const comments = texts((text) => `/connect payments-db 2h\n${text}`);
  const forms = [maxCommentChars, maxFormChars].flatMap((maxChars) => texts(formWith, maxChars));
  return [
    ...comments.map(
      ({ text }) =>
        () =>
          void readCommand(text),
    ),
    ...forms.map(
      ({ text }) =>
        () =>
          void readForm(text, labels),
    ),
  ];
}

function formWith(reason: string): string {
  const { resource, duration, role, reason: last } = labels;
  return `### ${resource}\n\npayments-db\n\n### ${duration}\n\n2h\n\n### ${role}\n\nreader\n\n### ${last}\n\n${reason}`;
}
