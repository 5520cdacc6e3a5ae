// A repository that GitHub does not show the App any more: somebody took it out, gave it away or deleted it. That is an
// answer, unlike a GitHub that is down. What was read before has no end of its own, and nobody who is taken out of it
// since would ever be noticed.

/** The source cannot be read because GitHub says that it is not to be. Whoever opens a source rejects with this. */
export class SourceWithheld extends Error {
  readonly code = 'source-withheld';
}

/**
 * What a repository defined counts for so long after GitHub first said that the App may not see it, so that whoever took
 * it out by mistake has the time to put it back.
 */
const withheldMs = 60 * 60_000;

export interface Withheld {
  /** When GitHub first said so, in ms since 1970: a reading in between that it did not answer changes nothing. */
  readonly sinceMs: number;
  /** Whether nothing that was read before counts now. */
  readonly isOver: boolean;
  /** Whether nothing of it is kept for a later start either. A bot that has just started does not know for how long. */
  readonly isForgotten: boolean;
  /** What becomes of the definitions, for the fault. */
  readonly sentence: string;
}

export function withhold(
  before: { readonly sinceMs: number | undefined; readonly isHeld: boolean },
  nowMs: number,
): Withheld {
  const { sinceMs = nowMs, isHeld } = before;
  const untilMs = sinceMs + withheldMs;
  const isForgotten = nowMs >= untilMs;
  const isOver = !isHeld || isForgotten;
  const sentence = isOver
    ? 'What it defines does not count.'
    : `What it defined counts until ${new Date(untilMs).toISOString()}.`;
  return { sinceMs, isOver, isForgotten, sentence };
}
