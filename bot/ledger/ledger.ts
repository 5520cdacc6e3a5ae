// The ledger: what a decision changes. Each function takes a decision and, in one transaction, moves the state, adds
// the record to the audit log and queues what has to be said on the issue; either all of it happened or none of it.
// It decides nothing, asks nobody, and what it commits is on disk before anything becomes visible or usable.

import type { Json } from '../access/canonical.ts';
import type { Derivation } from '../access/explain.ts';
import type { Verb } from '../access/grammar.ts';
import type { Grant } from '../access/lifecycle.ts';
import type { Actor, Origin, RecordDraft } from '../access/record.ts';
import {
  isTextOfIssue,
  type AccessRequest,
  type IssueRef,
  type Person,
} from '../access/request.ts';
import { appendRecord } from '../audit/log.ts';
import { trail } from '../observe/trail.ts';
import { resettle, settle } from '../store/commands.ts';
import { queuePosting, type Posting, type ReactionContent, type Thread } from '../store/outbox.ts';
import type { Queries, Store } from '../store/store.ts';
import { endWaiting } from '../store/waiting.ts';

export interface Ledger {
  readonly store: Store;
  now(): Date;
  /** Called after a commit that queued postings. */
  postingsQueued(): void;
  /** Called after every commit, for the log and the figures. */
  committed(committed: Committed): void;
}

/** What a commit wrote, beside the state. */
export interface Committed {
  readonly records: readonly RecordDraft[];
  readonly settled: readonly Settled[];
}

interface Settled {
  readonly comment: number;
  readonly verb?: Verb | undefined;
  /** What the store keeps: a reason code, or what came of it. */
  readonly outcome: string;
  readonly end: 'done' | 'refused' | 'mistaken';
}

/** A comment, or the text of an issue, that was read as a command: where it stands and who wrote it. */
export interface CommandSource {
  readonly thread: Thread;
  readonly commentId: number;
  readonly author: Person;
  /** Which command it is; left out for what could not be read as one. */
  readonly verb?: Verb;
  /** The approval that waited for its approver's sign-in, where this is the comment's second step. */
  readonly confirmation?: string;
}

/** A decision came too late: something else moved the request first. Nothing of it was kept. */
export class Overtaken extends Error {
  readonly code = 'overtaken';
}

/** What one commit writes beside the state: shorthand over the queries, all of the same moment and transaction. */
export interface Entry {
  readonly queries: Queries;
  readonly at: string;
  record(draft: Omit<RecordDraft, 'at'>): Promise<void>;
  /** Says that a command has been settled. */
  settled(settled: Settled): void;
  /** Queues a posting; for `due`, when it is to be written, see queuePosting. */
  post(thread: Thread, key: string, posting: Posting, due?: string): Promise<void>;
}

/** Runs `write` in one transaction and wakes the outbox when it is committed. */
export async function commit<T>(ledger: Ledger, write: (entry: Entry) => Promise<T>): Promise<T> {
  const at = ledger.now().toISOString();
  const records: RecordDraft[] = [];
  const settled: Settled[] = [];
  const cause = trail();
  const result = await ledger.store.transaction((queries) =>
    write({
      queries,
      at,
      async record(draft) {
        await appendRecord(queries, { at, ...draft });
        records.push({ at, ...draft });
      },
      settled: (each) => void settled.push(each),
      post: (thread, key, posting, due) =>
        queuePosting(queries, { thread, key, posting, now: at, due, cause }),
    }),
  );
  ledger.committed({ records, settled });
  ledger.postingsQueued();
  return result;
}

/**
 * Ends the handling of a command: it never acts again, and its comment shows how it went. Throws Overtaken when the
 * approval that it confirms has stopped waiting.
 */
export async function settleCommand(
  entry: Entry,
  source: CommandSource,
  end: { outcome: string; reaction: ReactionContent },
): Promise<void> {
  const { commentId, thread, author, verb } = source;
  const { at, queries } = entry;
  entry.settled({ comment: commentId, verb, outcome: end.outcome, end: ends[end.reaction] });
  if (source.confirmation === undefined) {
    await settle(queries, { commentId, authorId: author.id, at, outcome: end.outcome });
  } else {
    await endConfirmation(queries, source.confirmation, end.reaction);
    await resettle(queries, { commentId, outcome: end.outcome });
  }
  await entry.post(thread, `${commentId}:${end.reaction}`, {
    kind: 'reaction',
    commentId,
    content: end.reaction,
  });
}

async function endConfirmation(
  queries: Queries,
  id: string,
  reaction: ReactionContent,
): Promise<void> {
  const state = reaction === 'rocket' ? 'confirmed' : 'refused';
  if (!(await endWaiting(queries, id, state))) throw new Overtaken(`${id} waits no more`);
}

const ends = {
  eyes: 'done',
  rocket: 'done',
  '-1': 'refused',
  confused: 'mistaken',
} as const satisfies Readonly<Record<ReactionContent, Settled['end']>>;

export function actorOf(person: Person): Actor {
  return { kind: 'person', id: person.id, login: person.login };
}

export function originOf({ thread, commentId }: CommandSource): Origin {
  return originOfWords({ ...thread, commentId });
}

/** A comment, or the text of an issue, as where something came from. */
export function originOfWords(where: {
  repositoryId: number;
  number: number;
  commentId: number;
}): Origin {
  const { repositoryId, number: issue, commentId } = where;
  if (isTextOfIssue(commentId)) return { kind: 'issue', repositoryId, issue };
  return { kind: 'comment', repositoryId, issue, commentId };
}

export function threadOf(issue: IssueRef): Thread {
  const { installationId, repositoryId, owner, repo, number } = issue;
  return { installationId, repositoryId, owner, repo, number };
}

/** What every record about a request carries. */
export function aboutRequest(request: AccessRequest) {
  return { resource: request.resource, request: request.id, requestDigest: request.digest };
}

/** What every record about a grant carries. */
export function aboutGrant({ resource, id, requestId, digest }: Grant) {
  return { resource, grant: id, request: requestId, requestDigest: digest };
}

/** When a grant begins and ends, or until when it waits, as the log keeps it. */
export function recordedTime({ time }: Pick<Grant, 'time'>): { readonly [key: string]: Json } {
  const { kind: _kind, ...moments } = time;
  return moments;
}

/** `r17` → 17. */
export function numberOf(requestId: string): number {
  return Number(requestId.slice(1));
}

/** A derivation as the log keeps it. It is plain data; canonical JSON refuses whatever would not be. */
export function recorded(derivation: Derivation): Json {
  return JSON.parse(JSON.stringify(derivation)) as Json;
}
