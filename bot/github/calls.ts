// What is read from GitHub, each a function that says what it is for. They decide nothing and hold nothing; what GitHub
// refuses they let through as the error it is, except where absence is an answer. What is written is in writes.ts.

import type { Asking } from '../access/asking.ts';
import type { AccessRequest, IssueRef, Person } from '../access/request.ts';
import type { Thread } from '../store/outbox.ts';
import type { GitHub } from './app.ts';

/** A comment as GitHub has it now, which is not always what a webhook said. */
export interface LiveComment {
  readonly id: number;
  readonly body: string;
  readonly createdAt: string;
  readonly edited: boolean;
  /** Who edited it last; null when nobody did, or GitHub does not say. */
  readonly editor: Person | null;
  readonly viaEmail: boolean;
  /** Numeric id and present login of the author; null when the account is gone. */
  readonly author: Person | null;
  /** Where it stands, which is not always where a webhook says. */
  readonly issue: Omit<IssueRef, 'installationId'>;
  /** Nobody but maintainers can comment there, and no App. */
  readonly isLocked: boolean;
  readonly isOnPullRequest: boolean;
  readonly isPublic: boolean;
}

const commentQuery = `query ($id: ID!) {
  node(id: $id) {
    ... on IssueComment {
      databaseId body createdAt lastEditedAt createdViaEmail
      author { login ... on User { databaseId } }
      editor { login ... on User { databaseId } }
      issue { id number url locked }
      pullRequest { number }
      repository { databaseId name isPrivate owner { login } }
    }
  }
}`;

/** Only people have a number here; an App or a ghost has none. */
interface Account {
  login: string;
  databaseId?: number;
}
interface CommentAnswer {
  node: {
    databaseId?: number;
    body: string;
    createdAt: string;
    lastEditedAt: string | null;
    createdViaEmail: boolean;
    author: Account | null;
    editor: Account | null;
    issue: { id: string; number: number; url: string; locked: boolean };
    pullRequest: { number: number } | null;
    repository: { databaseId: number; name: string; isPrivate: boolean; owner: { login: string } };
  } | null;
}

/** Reads a comment again; undefined when it is gone. REST does not say whether a comment was edited by hand. */
export async function readComment(
  github: GitHub,
  nodeId: string,
): Promise<LiveComment | undefined> {
  const node = await commentNode(github, nodeId);
  if (node?.databaseId === undefined) return undefined;
  const { author, editor, issue, repository } = node;
  return {
    id: node.databaseId,
    body: node.body,
    createdAt: node.createdAt,
    edited: node.lastEditedAt !== null,
    viaEmail: node.createdViaEmail,
    editor: personOf(editor),
    author: personOf(author),
    issue: {
      repositoryId: repository.databaseId,
      owner: repository.owner.login,
      repo: repository.name,
      number: issue.number,
      nodeId: issue.id,
      url: issue.url,
    },
    isLocked: issue.locked,
    isOnPullRequest: node.pullRequest !== null,
    isPublic: !repository.isPrivate,
  };
}

/** How the comment that made a request stands today. */
export async function readAsking(
  github: GitHub,
  { commentNodeId, issue }: Pick<AccessRequest, 'commentNodeId' | 'issue'>,
): Promise<Asking> {
  const now = await readComment(github, commentNodeId);
  if (!now) return { kind: 'deleted' };
  const { repositoryId, number } = now.issue;
  if (repositoryId !== issue.repositoryId || number !== issue.number) return { kind: 'moved' };
  return now.edited ? { kind: 'edited', by: now.editor } : { kind: 'stands' };
}

function personOf(account: Account | null): Person | null {
  return account?.databaseId === undefined
    ? null
    : { id: account.databaseId, login: account.login };
}

async function commentNode(github: GitHub, id: string): Promise<CommentAnswer['node']> {
  const answer = await found(() => github.graphql<CommentAnswer>(commentQuery, { id }));
  return answer?.node ?? null;
}

// GraphQL says that something is gone by an error, which here is an answer: tried again and again, a comment that was
// deleted at once would hold up every delivery behind it.
async function found<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const { errors = [] } = error as { errors?: readonly { type?: string }[] };
    if (errors.length > 0 && errors.every(({ type }) => type === 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** The id and present login of an account, asked by its login; undefined when no person has it. */
export async function personByLogin(
  github: GitHub,
  login: string,
): Promise<{ id: number; login: string } | undefined> {
  return absent(async () => {
    const { data } = await github.rest.users.getByUsername({ username: login });
    return data.type === 'User' ? { id: data.id, login: data.login } : undefined;
  });
}

/** The present login of an account; undefined when the account is gone or is no person's. */
export async function loginOf(github: GitHub, accountId: number): Promise<string | undefined> {
  return absent(async () => {
    const { data } = await github.request('GET /user/{account_id}', { account_id: accountId });
    return data.type === 'User' ? data.login : undefined;
  });
}

/** The Markdown of a comment; undefined when it is gone. */
export async function commentBody(
  github: GitHub,
  thread: Thread,
  commentId: number,
): Promise<string | undefined> {
  const { owner, repo } = thread;
  return absent(async () => {
    const { data } = await github.rest.issues.getComment({ owner, repo, comment_id: commentId });
    return data.body;
  });
}

export interface RepositoryFile {
  readonly text: string;
  /** The blob's SHA: the same content has the same revision. */
  readonly revision: string;
}

/** GitHub hands the content of a file out with its entry only up to 1 MB; nothing that we read is that long. */
class FileTooLong extends Error {
  readonly code = 'file-too-long';
}

/** A file of a repository's default branch; undefined when there is none. Rejects with FileTooLong above 1 MB. */
export async function readFile(
  github: GitHub,
  repository: string,
  path: string,
): Promise<RepositoryFile | undefined> {
  const { owner, repo } = split(repository);
  return absent(async () => {
    const { data } = await github.rest.repos.getContent({ owner, repo, path });
    if (Array.isArray(data) || data.type !== 'file') return undefined;
    // Without this check a file that is too long would be read as an empty one.
    if (data.encoding !== 'base64') {
      throw new FileTooLong(`${path} in ${repository} has ${data.size} bytes; 1 MB is the most.`);
    }
    return { text: Buffer.from(data.content, 'base64').toString('utf8'), revision: data.sha };
  });
}

/** `gone`: deleted, or moved out of our sight. `hidden`: the whole repository is, so that nothing is known. */
export type IssuePlace = 'there' | 'moved' | 'gone' | 'hidden';

const placeQuery = `query ($id: ID!) {
  node(id: $id) { ... on Issue { number repository { databaseId } } }
}`;

interface PlaceAnswer {
  node: { number?: number; repository?: { databaseId: number } } | null;
}

/** Whether an issue is still where it was. A repository may be renamed meanwhile; its issues stay the same. */
export async function placeOfIssue(
  github: GitHub,
  { owner, repo, repositoryId, number, nodeId }: Omit<IssueRef, 'installationId'>,
): Promise<IssuePlace> {
  const place = await found(() => github.graphql<PlaceAnswer>(placeQuery, { id: nodeId }));
  if (place?.node?.repository) {
    const isSame = place.node.number === number;
    return isSame && place.node.repository.databaseId === repositoryId ? 'there' : 'moved';
  }
  const repository = await absent(async () => (await github.rest.repos.get({ owner, repo })).data);
  if (repository?.id !== repositoryId) return 'hidden';
  // Much follows from this, so that both of GitHub's interfaces have to say so.
  return (await isServed(github, { owner, repo, number })) ? 'there' : 'gone';
}

/** Whether REST serves the issue at its place; where it has moved, the answer is that of another place. */
async function isServed(
  github: GitHub,
  { owner, repo, number }: Pick<IssueRef, 'owner' | 'repo' | 'number'>,
): Promise<boolean> {
  try {
    const { data } = await github.rest.issues.get({ owner, repo, issue_number: number });
    const place = `/repos/${owner}/${repo}`.toLowerCase();
    return data.number === number && data.repository_url.toLowerCase().endsWith(place);
  } catch (error) {
    const { status } = error as { status?: number };
    if (status === 404 || status === 410) return false;
    throw error;
  }
}

/** A comment of a thread. `authorId` is undefined where no person wrote it by hand. */
export interface ThreadComment {
  readonly id: number;
  readonly nodeId: string;
  readonly authorId: number | undefined;
  readonly body: string;
}

/** What begins with a slash among the comments of an issue that were written or changed since then. */
export function slashCommentsSince(
  github: GitHub,
  thread: Pick<Thread, 'owner' | 'repo' | 'number'>,
  since: Date,
): Promise<ThreadComment[]> {
  const { owner, repo, number } = thread;
  const asked = { owner, repo, issue_number: number, since: since.toISOString(), per_page: 100 };
  // Page by page: a thread of long comments would otherwise lie in memory whole.
  return github.paginate(github.rest.issues.listComments, asked, ({ data }) =>
    data
      .filter(({ body }) => /^\s*\//.test(body ?? ''))
      .map(({ id, node_id: nodeId, user, body, performed_via_github_app: app }) => ({
        id,
        nodeId,
        authorId: user?.type === 'User' && !app ? user.id : undefined,
        body: body ?? '',
      })),
  );
}

/** The installation that covers a repository. */
export async function installationOf(
  github: { request: GitHub['request'] },
  repository: string,
): Promise<number | undefined> {
  const { owner, repo } = split(repository);
  return absent(async () => {
    const { data } = await github.request('GET /repos/{owner}/{repo}/installation', {
      owner,
      repo,
    });
    return data.id;
  });
}

/** What a call answers; undefined where GitHub says that there is nothing. */
export async function absent<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if ((error as { status?: number }).status === 404) return undefined;
    throw error;
  }
}

function split(repository: string): { owner: string; repo: string } {
  const [owner = '', repo = ''] = repository.split('/');
  return { owner, repo };
}
