// Reading the thread as a person does: which comment is the card, what it says, what is to be
// pasted. Everything here rests on what GitHub shows; nothing looks into the bot.
import type { ThreadComment, ThreadView } from '../github/threads.ts';
import { appSlug } from './seed.ts';

/** The login under which the bot writes. */
export const botLogin = `${appSlug}[bot]`;

/** The card of a request, `r1`; the newest card when no request is named. */
export function findCard(thread: ThreadView, request?: string): ThreadComment | undefined {
  return thread.comments.findLast(
    (comment) => comment.author === botLogin && isCard(comment.body, request),
  );
}

/** The request that a card stands for. */
export function requestOf(card: ThreadComment): string | undefined {
  return /<!-- sallyport:(r\d+):card -->/.exec(card.body)?.[1];
}

/** The whole line to paste, as it stands in the card. */
export function lineToPaste(card: ThreadComment): string | undefined {
  return /^\s*(\S.* connect \S+\/g_[a-z2-7]{26})\s*$/m.exec(card.body)?.[1];
}

/** The bot's first comment after the one with that id, the card apart. */
export function findReply(thread: ThreadView, after: number): ThreadComment | undefined {
  const at = thread.comments.findIndex(({ id }) => id === after);
  return thread.comments
    .slice(at + 1)
    .find(({ author, body }) => author === botLogin && !isCard(body));
}

/** The bot's reactions to a comment, `eyes` and the like. */
export function reactionsTo(thread: ThreadView, id: number): string[] {
  const comment = thread.comments.find((each) => each.id === id);
  return (comment?.reactions ?? [])
    .filter(({ user }) => user === botLogin)
    .map(({ content }) => content);
}

export interface SessionRow {
  readonly start: string;
  readonly end: string;
  readonly bytesUp: string;
  readonly bytesDown: string;
  readonly why: string;
}

/** The sessions in a card's table, in order; the column names are those of templates/comments/sessions.md. */
export function sessionsIn(card: ThreadComment): SessionRow[] {
  const [, table = ''] = card.body.split('**Sessions**');
  const rows = table.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) => {
    const [start = '', end = '', bytesUp = '', bytesDown = '', , why = ''] = row
      .split('|')
      .slice(1)
      .map((cell) => cell.trim().replaceAll('`', ''));
    return { start, end, bytesUp, bytesDown, why };
  });
}

function isCard(body: string, request = String.raw`r\d+`): boolean {
  return new RegExp(`<!-- sallyport:${request}:card -->`).test(body);
}
