// How fast is written to GitHub, for each installation by itself: GitHub limits what an App writes there, and answers
// an App that goes on regardless by refusing it for longer. What was written is counted in the store, so that a bot that
// is started again and again is no faster.

import { attemptBefore, type Asked } from '../store/attempts.ts';
import { laneOf, type OutboxRow, type Posting } from '../store/outbox.ts';
import type { Queries } from '../store/store.ts';

/** Each a setting of bot.yml. */
export interface WriteLimits {
  /**
   * Postings of any kind. GitHub asks for a second between two, which is 60 a minute, and refuses above 80. The minute
   * is counted and not the second: a decision is then shown at once, and the calls follow each other anyway.
   */
  readonly writesPerMinute: number;
  /** Comments, cards, new or edited, and checks of commits. GitHub takes 500 an hour, those of its own pages included. */
  readonly textsPerHour: number;
}

const minuteMs = 60_000;
const hourMs = 60 * 60_000;
const texts: readonly Posting['kind'][] = ['card', 'comment', 'check'];

/** So much of the minute only reactions may use: a comment is seen to be read, also while much is written. */
const shareOfReactions = 0.2;
/**
 * So much of the rest, and of the hour, no reply and no check may use: what was decided is shown, however much else is
 * refused or pushed.
 */
const shareOfDecisions = 0.5;
/** So much of what is left to these, checks may use: whoever pushes commit after commit keeps nobody from an answer. */
const shareOfChecks = 0.4;

/** How long a posting has to wait, 0 where it may be written at once. */
export async function waitMs(
  queries: Queries,
  limits: WriteLimits,
  { thread, posting, now }: Pick<OutboxRow, 'thread' | 'posting'> & { now: Date },
): Promise<number> {
  const nowMs = now.getTime();
  const freeAt = await Promise.all(
    countsFor(posting, limits).map(async ({ windowMs, ...counted }) => {
      const since = new Date(nowMs - windowMs).toISOString();
      const { installationId } = thread;
      const asked = { installationId, since, now: now.toISOString(), ...counted };
      const at = await attemptBefore(queries, asked);
      return at === undefined ? 0 : Date.parse(at) + windowMs;
    }),
  );
  return Math.max(...freeAt.map((at) => at - nowMs), 0);
}

/** So many of `kinds` or `lanes`, or of all where neither is given, in any `windowMs`. */
interface Count extends Pick<Asked, 'nth' | 'kinds' | 'lanes'> {
  readonly windowMs: number;
}

function countsFor(posting: Posting, { writesPerMinute, textsPerHour }: WriteLimits): Count[] {
  const lane = laneOf(posting);
  if (lane === 'reactions') return [{ nth: writesPerMinute, windowMs: minuteMs }];
  const inMinute = Math.floor(writesPerMinute * (1 - shareOfReactions));
  const counts: Count[] = [{ nth: inMinute, windowMs: minuteMs }];
  if (texts.includes(posting.kind)) {
    counts.push({ nth: textsPerHour, windowMs: hourMs, kinds: texts });
  }
  if (lane === 'decisions') return counts;
  const lanes = ['replies', 'checks'] as const;
  const ofOthers = (most: number) => Math.floor(most * (1 - shareOfDecisions));
  counts.push({ nth: ofOthers(inMinute), windowMs: minuteMs, lanes });
  counts.push({ nth: ofOthers(textsPerHour), windowMs: hourMs, lanes });
  if (lane === 'checks') {
    const ofChecks = (most: number) => Math.floor(ofOthers(most) * shareOfChecks);
    counts.push({ nth: ofChecks(inMinute), windowMs: minuteMs, lanes: [lane] });
    counts.push({ nth: ofChecks(textsPerHour), windowMs: hourMs, lanes: [lane] });
  }
  return counts;
}
