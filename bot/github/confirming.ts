// The second step of an approval that has to be confirmed: its approver has signed in over it and pressed the button.
// Nothing of the first step is believed: the comment, the thread, the card and everybody's rights are read again, and the
// same decision is taken that a comment alone leads to, which also looks at whose sign-in it was.

import { refuseTakenBack, type Confirmation } from '../access/confirm.ts';
import type { ApproveDecision } from '../access/decide.ts';
import { startTrail } from '../access/explain.ts';
import { hasLapsed } from '../access/lifecycle.ts';
import type { Refusal } from '../access/reasons.ts';
import type { AccessRequest } from '../access/request.ts';
import { Overtaken, threadOf, type CommandSource } from '../ledger/ledger.ts';
import { refuseCommand } from '../ledger/replies.ts';
import { readRequest, type StoredRequest } from '../store/requests.ts';
import type { Queries } from '../store/store.ts';
import { readWaiting, type WaitingApproval } from '../store/waiting.ts';
import { whyIgnored } from './acceptance.ts';
import { hearTheThread, policyFor, readingOf, type ActingParts } from './acting.ts';
import { approveRequest } from './commands/approve.ts';
import type { Given } from './commands/command.ts';
import type { Told } from './thread.ts';
import { readWritten } from './written.ts';

/** Why there is nothing to confirm any more. `ended`: the request was decided, or is no more. */
type NoMore = 'used' | 'refused' | 'replaced' | 'late' | 'ended';

/** What an approver confirms, as it stands. */
export interface Confirmable {
  readonly waiting: WaitingApproval;
  readonly request: AccessRequest;
  /** Undefined while it can be confirmed. */
  readonly noMore: NoMore | undefined;
}

export type ConfirmEnd =
  | { readonly kind: Extract<ApproveDecision['kind'], 'granted' | 'extended' | 'counted'> }
  | { readonly kind: 'refused'; readonly reason: Refusal }
  | { readonly kind: 'no-more'; readonly why: NoMore };

/** What is confirmed under this name; undefined where there is no such thing. */
export async function findConfirmable(
  queries: Queries,
  id: string,
  now: Date,
): Promise<Confirmable | undefined> {
  const found = await findWaiting(queries, id);
  return found && confirmable(found, now);
}

interface Found {
  readonly waiting: WaitingApproval;
  readonly stored: StoredRequest;
}

async function findWaiting(queries: Queries, id: string): Promise<Found | undefined> {
  const waiting = await readWaiting(queries, id);
  const stored = waiting && (await readRequest(queries, waiting.requestNumber));
  return waiting && stored && { waiting, stored };
}

function confirmable({ waiting, stored: { request } }: Found, now: Date): Confirmable {
  return { waiting, request, noMore: whyNoMore(waiting, request, now) };
}

function whyNoMore(
  { state, until }: WaitingApproval,
  request: AccessRequest,
  now: Date,
): NoMore | undefined {
  if (state === 'confirmed') return 'used';
  if (state === 'refused' || state === 'replaced') return state;
  if (request.state !== 'pending' || hasLapsed(request, now)) return 'ended';
  if (state === 'lapsed' || !(now.getTime() < Date.parse(until))) return 'late';
  return undefined;
}

/** Confirms an approval. Rejects where GitHub did not answer; it then waits as before. */
export async function confirmApproval(
  parts: ActingParts,
  id: string,
  by: Omit<Confirmation, 'digest' | 'until'>,
): Promise<ConfirmEnd> {
  try {
    return await confirmOnce(parts, id, by);
  } catch (error) {
    if (!(error instanceof Overtaken)) throw error;
    // Time or an operator moved the request meanwhile: decide again, on what is now.
    return confirmOnce(parts, id, by);
  }
}

async function confirmOnce(
  parts: ActingParts,
  id: string,
  by: Omit<Confirmation, 'digest' | 'until'>,
): Promise<ConfirmEnd> {
  const { queries } = parts.store;
  const found = await findWaiting(queries, id);
  if (!found) throw new Error(`there is no approval ${id} to confirm`);
  const before = confirmable(found, parts.now());
  if (before.noMore) return { kind: 'no-more', why: before.noMore };

  const given = await readAgain(parts, found);
  if ('reason' in given) return given;
  await hearTheThread(parts, given);
  // The thread may have ended the request just now.
  const after = await findWaiting(queries, id);
  if (!after) throw new Error(`the approval ${id} is gone`);
  const { noMore } = confirmable(after, parts.now());
  if (noMore) return { kind: 'no-more', why: noMore };
  const { digest, until } = after.waiting;
  const confirmation = { digest, until, ...by };
  const decision = await approveRequest(parts, given, { stored: after.stored, confirmation });
  if (decision.kind === 'refused' || decision.kind === 'voided')
    return { kind: 'refused', reason: decision.reason };
  if (decision.kind === 'unconfirmed') throw new Error(`the approval ${id} waits as before`);
  return { kind: decision.kind };
}

/** The comment that approved, as GitHub has it now; refused where it does not stand any more as it did. */
async function readAgain(
  parts: ActingParts,
  { waiting, stored: { request } }: Found,
): Promise<Given<'approve'> | Extract<ConfirmEnd, { kind: 'refused' }>> {
  const { issue } = request;
  const { github } = await parts.coverage.as(issue);
  const { installationId, repositoryId, number: issueNumber } = issue;
  const { id: authorId } = waiting.approver;
  const { commentId, commentNodeId } = waiting;
  const place = { installationId, repositoryId, issueNumber };
  const told: Told = { id: commentId, nodeId: commentNodeId, authorId, ...place };
  const now = await readWritten(github, commentNodeId);
  const reading = readingOf(parts, { id: commentId, body: now?.body ?? '' });
  const ignored = whyIgnored({ now, told, reading, policy: await policyFor(parts, now) });
  const source: CommandSource = {
    thread: threadOf({ ...issue, ...now?.issue }),
    commentId,
    author: now?.author ?? waiting.approver,
    verb: 'approve',
    confirmation: waiting.id,
  };
  const command = reading.kind === 'command' ? reading.command : undefined;
  if (!now || ignored !== undefined || command?.verb !== 'approve') {
    const refused = refuseTakenBack(request, startTrail());
    const { reason } = refused;
    await refuseCommand(parts.ledger, source, { verb: 'approve', request: request.id, ...refused });
    return { kind: 'refused', reason };
  }
  const { owner, createdAt: writtenAt, viaEmail } = now;
  return {
    command,
    source,
    commentNodeId,
    issue: { installationId, ...now.issue },
    owner,
    writtenAt,
    viaEmail,
    github,
  };
}
