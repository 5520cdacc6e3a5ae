// Looking at an issue's thread from a test or the demo, and waiting until it is as expected.
// Waiting is on changes of the state: nothing polls, nothing sleeps.
import type { Instance } from './instance.ts';
import { findIssue, splitName } from './lookups.ts';
import { findRepository, type Comment, type Issue, type Reaction } from './state.ts';

export interface ThreadComment {
  readonly id: number;
  readonly author: string;
  readonly isBot: boolean;
  readonly body: string;
  readonly createdAt: Date;
  /** Oldest first: what stood there before, and who changed it. */
  readonly edits: readonly { before: string; editor: string; at: Date }[];
  readonly reactions: readonly { content: string; user: string }[];
  readonly minimizedReason: string | null;
}

/** A copy: it does not change when the thread does. */
export interface ThreadView {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly author: string;
  readonly state: 'open' | 'closed';
  readonly locked: boolean;
  readonly labels: readonly string[];
  readonly reactions: readonly { content: string; user: string }[];
  readonly comments: readonly ThreadComment[];
}

export interface Thread {
  exists(): boolean;
  /** Throws when there is no such issue. */
  view(): ThreadView;
  /** The first view that satisfies; rejects after `timeoutMs` with the thread as it stood then. */
  until(satisfies: (view: ThreadView) => boolean, timeoutMs?: number): Promise<ThreadView>;
}

const defaultTimeoutMs = 10_000;

export function threadOf(instance: Instance, repo: string, number: number): Thread {
  const view = (): ThreadView => viewOf(required(instance, repo, number));
  return {
    exists: () => find(instance, repo, number) !== undefined,
    view,
    async until(satisfies, timeoutMs = defaultTimeoutMs) {
      await waitFor(instance, () => satisfies(view()), {
        timeoutMs,
        describe: () => `${repo}#${number} stayed as it was:\n${JSON.stringify(view(), null, 2)}`,
      });
      return view();
    },
  };
}

/** Resolves as soon as the predicate holds, now or after a change; rejects after `timeoutMs`. */
export function waitFor(
  instance: Instance,
  predicate: () => boolean,
  options: { timeoutMs?: number; describe?: () => string } = {},
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const { timeoutMs = defaultTimeoutMs, describe = () => 'Waited in vain' } = options;
  const check = (): void => {
    try {
      if (predicate()) resolve();
    } catch (error) {
      reject(error);
    }
  };
  const stop = instance.onChange(check);
  const timer = setTimeout(() => reject(new Error(`${timeoutMs} ms: ${describe()}`)), timeoutMs);
  check();
  return promise.finally(() => {
    clearTimeout(timer);
    stop();
  });
}

function find(instance: Instance, repo: string, number: number): Issue | undefined {
  const repository = findRepository(instance.state, ...splitName(repo));
  return repository && findIssue(repository, number);
}

function required(instance: Instance, repo: string, number: number): Issue {
  const issue = find(instance, repo, number);
  if (!issue) throw new Error(`There is no issue ${repo}#${number}`);
  return issue;
}

function viewOf(issue: Issue): ThreadView {
  const { number, title, body, state, locked } = issue;
  return {
    number,
    title,
    body,
    state,
    locked,
    author: issue.author.login,
    labels: issue.labels.map((label) => label.name),
    reactions: issue.reactions.map(reactionView),
    comments: issue.comments.map(commentView),
  };
}

function commentView(comment: Comment): ThreadComment {
  return {
    id: comment.id,
    author: comment.author.login,
    isBot: comment.author.type === 'Bot',
    body: comment.body,
    createdAt: comment.createdAt,
    edits: comment.edits.map(({ before, editor, at }) => ({ before, editor: editor.login, at })),
    reactions: comment.reactions.map(reactionView),
    minimizedReason: comment.minimizedReason,
  };
}

function reactionView({ content, user }: Reaction): { content: string; user: string } {
  return { content, user: user.login };
}
