// The thread itself as the source of what was commanded. A webhook may be late, or lost without a trace; where a
// request or a grant is open, the thread is therefore read: before anything is approved there, and every few minutes.

import { readCommand } from '../access/command.ts';
import type { Verb } from '../access/grammar.ts';
import { isSettled } from '../store/commands.ts';
import type { OpenThread } from '../store/requests.ts';
import type { Store } from '../store/store.ts';
import type { GitHub } from './app.ts';
import { slashCommentsSince } from './calls.ts';
import { deliveryWindowMs } from './redelivery.ts';

/** A comment as it was told of. */
export interface Told {
  readonly id: number;
  readonly nodeId: string;
  readonly authorId: number;
  readonly installationId: number;
  readonly repositoryId: number;
  readonly issueNumber: number;
}

/** A comment that looks like a command and was not acted on. */
export interface Waiting extends Told {
  /** It takes a request back. A /revoke does not: it is for what was given before it. */
  readonly isNo: boolean;
}

const nos: ReadonlySet<Verb> = new Set(['deny', 'cancel']);

/**
 * What waits in the thread since its oldest open request, in the order to act on it: a no stops what has not been given
 * yet, also one that was said later, and then comes the rest as it was written.
 */
export async function waitingCommands(
  { queries }: Store,
  github: GitHub,
  { issue, commentId, openedAt }: OpenThread,
): Promise<Waiting[]> {
  const { installationId, repositoryId, number: issueNumber } = issue;
  // The request was opened here after its comment was written there, by as long as the bot was down.
  const since = new Date(Date.parse(openedAt) - deliveryWindowMs);
  const waiting: Waiting[] = [];
  for (const comment of await slashCommentsSince(github, issue, since)) {
    const { id, nodeId, authorId, body } = comment;
    if (authorId === undefined || id <= commentId) continue;
    const reading = readCommand(body);
    if (reading.kind === 'none' || (await isSettled(queries, id))) continue;
    const isNo = reading.kind === 'command' && nos.has(reading.command.verb);
    waiting.push({ id, nodeId, authorId, installationId, repositoryId, issueNumber, isNo });
  }
  return waiting.sort((a, b) => Number(b.isNo) - Number(a.isNo) || a.id - b.id);
}
