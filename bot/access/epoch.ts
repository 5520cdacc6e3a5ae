// Whether a command was written to this bot. One that was written before a restore may have been acted on by the bot
// that is lost, and whatever that gave has ended: it is never acted on, and who wrote it says it again.

import type { Refused, Trail } from './explain.ts';
import { refuse } from './reasons.ts';

/** Undefined where it was. `openedAt` is when the bot was restored last; one that never was is of all time. */
export function judgeEpoch(
  { writtenAt, openedAt }: { readonly writtenAt: string; readonly openedAt: string },
  trail: Trail,
): Refused | undefined {
  // GitHub tells whole seconds; what is written in the second of the start was written to this bot.
  const opened = Math.floor(Date.parse(openedAt) / 1000) * 1000;
  // `a >= b` and not `!(a < b)`: a moment that cannot be read is no proof.
  if (Date.parse(writtenAt) >= opened) return undefined;
  const reason = refuse('written-before-restore', { restoredAt: openedAt });
  return trail.unmet('comment-is-fresh', reason);
}
