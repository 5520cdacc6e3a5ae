// What is still to be written to GitHub. A row is added in the transaction that decided it, so that nothing decided
// is left unsaid; an attempt is counted on disk before it is made, so that after a crash the sender knows it may
// have succeeded. The row of a card or a label says only which: what it shows is read then.

import type { Listing, NamespaceTerms, Why } from '../access/inquire.ts';
import type { Approver, Mistake, Refusal } from '../access/reasons.ts';
import type { Queries } from './store.ts';

export type Posting =
  /** Write, or bring up to date, the card of a request. */
  | { readonly kind: 'card'; readonly request: number }
  /** A new comment, because somebody must be told. The posting's key becomes its marker. */
  | { readonly kind: 'comment'; readonly telling: Telling }
  | { readonly kind: 'reaction'; readonly commentId: number; readonly content: ReactionContent }
  /** Make the label say how its latest request stands. */
  | { readonly kind: 'label' }
  /** Say at a commit what it would make of the policy or the catalog. Its thread is the repository's, number 0. */
  | { readonly kind: 'check'; readonly commit: Commit };

/** A commit whose rules are looked at. */
export interface Commit {
  readonly sha: string;
  /** On the default branch; otherwise only proposed for it. */
  readonly isMerged: boolean;
  /** Somebody wants to know again, and is told also where there is nothing to say. */
  readonly isAskedFor?: true;
  /** Paths of the files that a push says it touched; null where that is not known, and all of them are looked at. */
  readonly touched: readonly string[] | null;
}

/** What a comment tells. Requests are named by their number; the words stand in templates/comments/. */
export type Telling =
  | { readonly about: 'refused'; readonly person: string; readonly reason: Refusal }
  | {
      readonly about: 'mistake';
      readonly person: string;
      readonly reason: Mistake;
      readonly hint?: string;
    }
  /** `terms` is null where the rules could not be read. */
  | { readonly about: 'help'; readonly terms: readonly NamespaceTerms[] | null }
  | { readonly about: 'why'; readonly person: string; readonly why: Why }
  | { readonly about: 'resources'; readonly person: string; readonly listing: Listing }
  /** How the requests of the issue stand. */
  | { readonly about: 'status' }
  | { readonly about: 'granted' | 'extended' | 'denied' | 'revoked'; readonly request: number }
  /** Told on another issue than the request's, which is gone with the card that would show it. */
  | { readonly about: 'reviewed'; readonly request: number }
  /**
   * A glass was broken, or its review is overdue: told to everybody who would have been asked. `asked`: whom the mention
   * of their team on the card did not reach.
   */
  | {
      readonly about: 'glass-broken' | 'review-overdue' | 'asked';
      readonly request: number;
      readonly approvers: readonly Approver[];
    }
  /** Told to whoever approved: where to sign in, so that it counts. */
  | { readonly about: 'confirm'; readonly request: number; readonly confirmation: string }
  /** Ended by the bot, for `reason`, or by time where there is none. */
  | { readonly about: 'closed'; readonly request: number; readonly reason?: Refusal };

export type ReactionContent = 'eyes' | 'rocket' | '-1' | 'confused';

/** Where a posting goes. What is of one lane and one thread leaves in order. */
export interface Thread {
  readonly installationId: number;
  readonly repositoryId: number;
  readonly owner: string;
  readonly repo: string;
  readonly number: number;
}

export interface OutboxRow {
  readonly position: number;
  readonly thread: Thread;
  readonly key: string;
  readonly posting: Posting;
  /** How often it was tried before. More than 0 means: it may be on GitHub already. */
  readonly attempts: number;
  /** What it was queued for, by the ids of the log. */
  readonly cause?: Cause;
}

type Cause = object;

export interface NewPosting {
  readonly thread: Thread;
  /** Names the thing said, for ever: `r1:granted`. The same key twice is said once, cards and labels apart. */
  readonly key: string;
  readonly posting: Posting;
  readonly now: string;
  /** When it is to be written; left out, at once. Nothing waits for what is not due yet. */
  readonly due?: string | undefined;
  readonly cause?: Cause;
}

/**
 * Adds a posting. A card or label that still waits untouched is not queued twice: the one row will show both changes,
 * at the earlier of the two moments.
 */
export async function queuePosting(queries: Queries, entry: NewPosting): Promise<void> {
  const { posting, due = entry.now } = entry;
  const repeatable = posting.kind === 'card' || posting.kind === 'label';
  const same = await queries
    .selectFrom('outbox')
    .select(['position', 'notBefore'])
    .where('key', '=', entry.key)
    .where('state', 'in', repeatable ? ['waiting'] : ['waiting', 'sent', 'failed'])
    .where('attempts', repeatable ? '=' : '>=', 0)
    .executeTakeFirst();
  if (same) {
    if (!repeatable || same.notBefore <= due) return;
    const earlier = queries.updateTable('outbox').set({ notBefore: due });
    await earlier.where('position', '=', same.position).execute();
    return;
  }
  await queries
    .insertInto('outbox')
    .values({
      installationId: entry.thread.installationId,
      repositoryId: entry.thread.repositoryId,
      thread: threadKey(entry.thread),
      kind: posting.kind,
      lane: laneOf(posting),
      key: entry.key,
      body: JSON.stringify({ thread: entry.thread, posting, due, cause: entry.cause }),
      state: 'waiting',
      attempts: 0,
      attemptedAt: null,
      notBefore: due,
      fault: null,
    })
    .execute();
}

/**
 * What waits for what. Reactions leave beside everything else: the first sign that a comment was seen waits for no text,
 * and one that GitHub does not take holds up nothing. So do checks of commits, because nobody's access waits for one; and
 * decisions, the cards, labels and comments that tell of them: whoever asks for replies, and is refused again and again,
 * keeps nobody from being told what they have, or have no more.
 */
export const lanes = ['reactions', 'decisions', 'replies', 'checks'] as const;
export type Lane = (typeof lanes)[number];

export function laneOf(posting: Posting): Lane {
  if (posting.kind === 'reaction') return 'reactions';
  if (posting.kind === 'check') return 'checks';
  return posting.kind === 'comment' && replies.has(posting.telling.about) ? 'replies' : 'decisions';
}

/** What is told to whoever wrote a command that changed nothing yet. */
const replies: ReadonlySet<Telling['about']> = new Set([
  'refused',
  'confirm',
  'mistake',
  'help',
  'why',
  'resources',
  'status',
]);

/** Counts an attempt before it is made. */
export async function beginAttempt(queries: Queries, row: OutboxRow, now: string): Promise<void> {
  await queries
    .updateTable('outbox')
    .set({ attempts: row.attempts + 1, attemptedAt: now })
    .where('position', '=', row.position)
    .execute();
}

/** What could not be tried, because its repository is shut, was not written: it does not count, and is due at once. */
export async function putBack(queries: Queries, position: number, fault: string): Promise<void> {
  await queries
    .updateTable('outbox')
    .set({ attemptedAt: null, fault })
    .where('position', '=', position)
    .execute();
}

/** Has all that waits for a repository written as another installation. */
export async function moveToInstallation(
  queries: Queries,
  { repositoryId, installationId }: { repositoryId: number; installationId: number },
): Promise<void> {
  await waitingFor(queries, repositoryId).set({ installationId }).execute();
}

/** Sets all aside that waits for a repository. Gives what it was. */
export async function refuseAll(
  queries: Queries,
  repositoryId: number,
  fault: string,
): Promise<Posting['kind'][]> {
  const rows = await waitingFor(queries, repositoryId)
    .set({ state: 'failed', fault })
    .returning('kind')
    .execute();
  return rows.map(({ kind }) => kind);
}

function waitingFor(queries: Queries, repositoryId: number) {
  return queries
    .updateTable('outbox')
    .where('repositoryId', '=', repositoryId)
    .where('state', '=', 'waiting');
}

/**
 * Comments that wait may have been written by another than this database knows of: they are looked for before they are
 * written. Cards always are, and a card that is not due yet must hold up nothing.
 */
export async function mayBeWritten(queries: Queries): Promise<void> {
  await queries
    .updateTable('outbox')
    .set({ attempts: 1 })
    .where('state', '=', 'waiting')
    .where('kind', '=', 'comment')
    .where('attempts', '=', 0)
    .execute();
}

export async function markSent(queries: Queries, position: number): Promise<void> {
  await queries
    .updateTable('outbox')
    .set({ state: 'sent', fault: null })
    .where('position', '=', position)
    .execute();
}

export async function markRefused(
  queries: Queries,
  position: number,
  fault: string,
): Promise<void> {
  await queries
    .updateTable('outbox')
    .set({ state: 'failed', fault })
    .where('position', '=', position)
    .execute();
}

export async function postpone(
  queries: Queries,
  position: number,
  later: { notBefore: string; fault: string },
): Promise<void> {
  await queries.updateTable('outbox').set(later).where('position', '=', position).execute();
}

function threadKey(thread: Thread): string {
  return `${thread.repositoryId}#${thread.number}`;
}
