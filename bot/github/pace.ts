// How fast is written to GitHub, for each installation by itself: GitHub limits what an App writes there, and answers
// an App that goes on regardless by refusing it for longer. What was written is counted in the store, so that a bot that
// is started again and again is no faster.

import { attemptBefore } from '../store/attempts.ts';
import type { OutboxRow, Posting } from '../store/outbox.ts';
import type { Queries } from '../store/store.ts';

/** Each a setting of bot.yml. */
export interface WriteLimits {
  /**
   * Postings of any kind. GitHub asks for a second between two, which is 60 a minute, and refuses above 80. The minute
   * is counted and not the second: a decision is then shown at once, and the calls follow each other anyway.
   */
  readonly writesPerMinute: number;
  /** Comments and cards, new or edited. GitHub takes 500 an hour, those of its own pages included. */
  readonly textsPerHour: number;
}

const minuteMs = 60_000;
const hourMs = 60 * 60_000;
const texts: readonly Posting['kind'][] = ['card', 'comment'];

/** So much of the minute only reactions may use: a comment is seen to be read, also while much is written. */
const shareOfReactions = 0.2;

/** How long a posting has to wait, 0 where it may be written at once. */
export async function waitMs(
  queries: Queries,
  limits: WriteLimits,
  { thread, posting, now }: Pick<OutboxRow, 'thread' | 'posting'> & { now: Date },
): Promise<number> {
  const { writesPerMinute: most, textsPerHour } = limits;
  const isReaction = posting.kind === 'reaction';
  const inMinute = isReaction ? most : Math.floor(most * (1 - shareOfReactions));
  const counted = { installationId: thread.installationId, now: now.toISOString() };
  const freeAt = [after(await attemptBefore(queries, { ...counted, nth: inMinute }), minuteMs)];
  if (texts.includes(posting.kind)) {
    const asked = { ...counted, nth: textsPerHour, kinds: texts };
    freeAt.push(after(await attemptBefore(queries, asked), hourMs));
  }
  return Math.max(...freeAt.map((at) => at - now.getTime()), 0);
}

function after(at: string | undefined, windowMs: number): number {
  return at === undefined ? 0 : Date.parse(at) + windowMs;
}
