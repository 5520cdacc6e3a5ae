// Writes one posting of the outbox to GitHub: renders it from what the store says now, looks for what an earlier
// attempt may have left there, and writes. What a posting says is decided elsewhere; how it reads is in templates/.

import { digest } from '../access/canonical.ts';
import type { Approver } from '../access/reasons.ts';
import { noteCardRestored, rememberCard, rememberCardText } from '../store/cards.ts';
import { grantBehind, relaysThatCut, sessionsOfGrant } from '../store/grants.ts';
import {
  queuePosting,
  type OutboxRow,
  type Posting,
  type Telling,
  type Thread,
} from '../store/outbox.ts';
import { readRequest, requestsOfIssue, type StoredRequest } from '../store/requests.ts';
import { reviewOfRequest } from '../store/reviews.ts';
import type { Store } from '../store/store.ts';
import { waitingFor } from '../store/waiting.ts';
import { confirmLink } from '../confirm-path.ts';
import type { GitHub } from './app.ts';
import { findOwnComment, htmlOf } from './calls.ts';
import { cardKey, markerOf, renderCard } from './cards.ts';
import { postChecks, type CheckParts } from './checks.ts';
import { commentText } from './comments.ts';
import type { Coverage } from './coverage.ts';
import { fitted } from './length.ts';
import { notReached } from './reached.ts';
import { createComment, editComment, react, setLabel } from './writes.ts';

export interface PostingParts extends CheckParts {
  readonly store: Store;
  readonly appId: number;
  /** How the pasted line begins, and the host that follows. */
  readonly connectCommand: string;
  readonly host: string;
  readonly coverage: Coverage;
  now(): Date;
}

/** Writes a posting. `mayExist`: an earlier attempt may have succeeded. Rejects when GitHub did not take it. */
export async function post(parts: PostingParts, row: OutboxRow, mayExist: boolean): Promise<void> {
  return parts.coverage.through(row.thread, ({ github, name }) => {
    // The name that it was queued by may be another repository's by now.
    const thread = { ...row.thread, ...name };
    return write(parts, github, { ...row, thread }, mayExist);
  });
}

async function write(
  parts: PostingParts,
  github: GitHub,
  row: OutboxRow,
  mayExist: boolean,
): Promise<void> {
  const { posting, thread } = row;
  switch (posting.kind) {
    case 'reaction':
      return react(github, thread, posting);
    case 'label':
      return setLabel(github, thread, await labelOf(parts.store, thread), labelPrefix);
    case 'check':
      return postChecks(parts, github, { thread, commit: posting.commit });
    case 'card':
      return postCard(parts, github, row, posting.request);
    case 'comment':
      return postComment({ parts, github, row, posting, mayExist });
  }
}

/** Our labels begin with this; everything else on an issue is somebody else's. */
export const labelPrefix = 'access: ';

/**
 * How the latest request of an issue stands: what an older one still does is on its card. One for more time does not
 * count: whatever becomes of it, the grant is what it was.
 */
async function labelOf({ queries }: Store, thread: Thread): Promise<string> {
  const requests = await requestsOfIssue(queries, thread);
  const latest = requests.findLast(({ request }) => request.extends === null);
  if (!latest) throw new Error(`no request was made on ${thread.repositoryId}#${thread.number}`);
  const { request } = latest;
  const grant = request.state === 'granted' ? await grantBehind(queries, latest) : undefined;
  return `${labelPrefix}${grant?.state ?? request.state}`;
}

async function postCard(
  parts: PostingParts,
  github: GitHub,
  row: OutboxRow,
  number: number,
): Promise<void> {
  const { store } = parts;
  const { thread, position } = row;
  const stored = await readRequest(store.queries, number);
  if (!stored) return;
  const text = fitted(parts.templates, await cardOf(parts, stored));
  // Another text than any before, so that GitHub keeps it as an edit of ours also where the old text stands there again.
  const body = stored.isCardChanged ? `${text}\n<!-- put back ${position} -->` : text;
  // Kept first: should we be stopped after the write, the text on the issue is still known to be ours.
  await rememberCardText(store.queries, number, digest(body.trim()));
  const marker = markerOf(cardKey(stored.request.id));
  const own = { appId: parts.appId, marker };
  const id = stored.cardCommentId ?? (await findOwnComment(github, thread, own));
  let edited = id === undefined ? undefined : await editComment(github, thread, { id, body });
  if (!edited && stored.cardCommentId !== null) {
    // Somebody deleted it, and a new one may have been written already, its answer lost on the way.
    const anew = await findOwnComment(github, thread, own);
    if (anew !== undefined) edited = await editComment(github, thread, { id: anew, body });
  }
  // There is none yet, or somebody deleted it: the thread must show the request all the same.
  const written = edited ?? (await createComment(github, thread, body));
  // Before the card is remembered: should we be stopped in between, it still counts as the first.
  if (stored.cardCommentId === null && stored.request.state === 'pending') {
    const approvers = stored.missing.flatMap(({ of }) => of);
    const key = `${stored.request.id}:asked`;
    await tellByName(
      parts,
      { ...row, key },
      { about: 'asked', request: number, approvers },
      written.html,
    );
  }
  if (written.id !== stored.cardCommentId) await rememberCard(store.queries, number, written.id);
  if (stored.isCardChanged) await noteCardRestored(store.queries, number, written.at);
}

async function cardOf(parts: PostingParts, stored: StoredRequest): Promise<string> {
  const { queries } = parts.store;
  const grant = await grantBehind(queries, stored);
  return renderCard(parts.templates, {
    ...stored,
    isFirst: stored.cardCommentId === null,
    grant: grant ?? null,
    review: (await reviewOfRequest(queries, stored.number)) ?? null,
    waiting: (await waitingFor(queries, stored, parts.now())).map(({ id, approver, until }) => ({
      approver,
      until,
      link: confirmLink(parts.host, id),
    })),
    sessions: grant ? await sessionsOfGrant(queries, grant.id) : [],
    cutBy: grant ? await relaysThatCut(queries, grant.id) : [],
    command: grant ? `${parts.connectCommand} ${parts.host}/${grant.id}` : '',
    phrases: parts.phrases,
  });
}

async function postComment(asked: {
  parts: PostingParts;
  github: GitHub;
  row: OutboxRow;
  posting: Extract<Posting, { kind: 'comment' }>;
  mayExist: boolean;
}): Promise<void> {
  const { parts, github, row, mayExist } = asked;
  const { telling } = asked.posting;
  const byName = { ...row, key: `${row.key}:by-name` };
  const marker = markerOf(row.key);
  if (mayExist) {
    const found = await findOwnComment(github, row.thread, { appId: parts.appId, marker });
    if (found !== undefined) {
      if (isToApprovers(telling))
        await tellByName(parts, byName, telling, await htmlOf(github, row.thread, found));
      return;
    }
  }
  const text = await commentText(parts, telling, row.thread);
  const body = fitted(parts.templates, `${marker}\n${text.rendered}`);
  const { html } = await createComment(github, row.thread, body);
  if (isToApprovers(telling)) await tellByName(parts, byName, telling, html);
}

type ToApprovers = Extract<Telling, { approvers: readonly Approver[] }>;

function isToApprovers(telling: Telling): telling is ToApprovers {
  return 'approvers' in telling;
}

/** Queues one more comment where the mention of a team reached nobody, for its members by name. */
async function tellByName(
  { store, now }: PostingParts,
  { thread, key, cause }: Pick<OutboxRow, 'thread' | 'key' | 'cause'>,
  telling: ToApprovers,
  html: string,
): Promise<void> {
  const approvers = notReached(telling.approvers, html);
  if (approvers.length === 0) return;
  const posting = { kind: 'comment', telling: { ...telling, approvers } } as const;
  await queuePosting(store.queries, {
    thread,
    key,
    posting,
    now: now().toISOString(),
    ...(cause && { cause }),
  });
}
