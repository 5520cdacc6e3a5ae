// What is read from GitHub, each a function that says what it is for. They decide nothing and hold nothing; what GitHub
// refuses they let through as the error it is, except where absence is an answer. What is written is in writes.ts.

import type { Thread } from '../store/outbox.ts';
import type { GitHub } from './app.ts';

/**
 * What GraphQL has; undefined where it says that there is nothing. It says so by an error, which here is an answer: tried
 * again and again, a comment that was deleted at once would hold up every delivery behind it.
 */
export async function found<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const { errors = [] } = error as { errors?: readonly { type?: string }[] };
    if (errors.length > 0 && errors.every(({ type }) => type === 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** The number of whoever has a login now, a person or an organisation; undefined when nobody has. */
export async function accountIdOf(github: GitHub, login: string): Promise<number | undefined> {
  return absent(async () => (await github.rest.users.getByUsername({ username: login })).data.id);
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

export interface RepositoryFile {
  readonly text: string;
  /** The blob's SHA: the same content has the same revision. */
  readonly revision: string;
}

/** GitHub hands the content of a file out with its entry only up to 1 MB; nothing that we read is that long. */
export class FileTooLong extends Error {
  readonly code = 'file-too-long';
  /** Of the file. */
  readonly revision: string;

  constructor(message: string, revision: string) {
    super(message);
    this.revision = revision;
  }
}

/**
 * A file of a repository, at a commit or on the default branch; undefined when there is none. Rejects with FileTooLong
 * above 1 MB.
 */
export async function readFile(
  github: GitHub,
  repository: string,
  { path, ref }: { path: string; ref?: string },
): Promise<RepositoryFile | undefined> {
  const { owner, repo } = split(repository);
  return absent(async () => {
    const at = ref === undefined ? {} : { ref };
    const { data } = await github.rest.repos.getContent({ owner, repo, path, ...at });
    if (Array.isArray(data) || data.type !== 'file') return undefined;
    // Without this check a file that is too long would be read as an empty one.
    if (data.encoding !== 'base64') {
      const why = `${path} in ${repository} has ${data.size} bytes; 1 MB is the most.`;
      throw new FileTooLong(why, data.sha);
    }
    return { text: Buffer.from(data.content, 'base64').toString('utf8'), revision: data.sha };
  });
}

/** A file's content by the hash of its blob; undefined when the repository does not have it. */
export async function blobText(
  github: GitHub,
  repository: string,
  hash: string,
): Promise<string | undefined> {
  const { owner, repo } = split(repository);
  return absent(async () => {
    const { data } = await github.rest.git.getBlob({ owner, repo, file_sha: hash });
    return Buffer.from(data.content, 'base64').toString('utf8');
  });
}

/** Whether everybody reads a repository; undefined where GitHub does not show it. */
export async function isPublic(github: GitHub, repository: string): Promise<boolean | undefined> {
  const { owner, repo } = split(repository);
  return absent(async () => !(await github.rest.repos.get({ owner, repo })).data.private);
}

export interface TeamName {
  readonly organization: string;
  readonly slug: string;
}

/** Whether a mention of a team may reach its members; undefined when there is no such team. */
export async function teamOf(
  github: GitHub,
  { organization, slug }: TeamName,
): Promise<{ id: number; canBeMentioned: boolean } | undefined> {
  return absent(async () => {
    const asked = { org: organization, team_slug: slug };
    const { data } = await github.rest.teams.getByName(asked);
    const isHeard = data.notification_setting !== 'notifications_disabled';
    return { id: data.id, canBeMentioned: data.privacy === 'closed' && isHeard };
  });
}

/** The most that one answer of GitHub's lists. */
const maxListed = 100;

/** Lower-case logins of a team's active members, those below it included, as many as one answer has. */
export async function teamMembers(
  github: GitHub,
  { organization, slug }: TeamName,
): Promise<{ logins: string[]; isComplete: boolean } | undefined> {
  return absent(async () => {
    const asked = { org: organization, team_slug: slug, per_page: maxListed };
    const { data } = await github.rest.teams.listMembersInOrg(asked);
    const logins = data.map(({ login }) => login.toLowerCase());
    return { logins, isComplete: logins.length < maxListed };
  });
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

/**
 * The comment of ours on this issue that carries the marker. Only a comment the App itself wrote counts: anybody can
 * write the marker's text, and whoever may write to the repository can edit comments.
 */
export async function findOwnComment(
  github: GitHub,
  thread: Thread,
  own: { appId: number; marker: string },
): Promise<number | undefined> {
  const { owner, repo, number } = thread;
  const pages = github.paginate.iterator(github.rest.issues.listComments, {
    owner,
    repo,
    issue_number: number,
    per_page: 100,
  });
  for await (const { data } of pages) {
    const found = data.find(
      (comment) =>
        comment.performed_via_github_app?.id === own.appId && comment.body?.includes(own.marker),
    );
    if (found) return found.id;
  }
  return undefined;
}

/** What GitHub made of a comment's text; empty when the comment is gone. */
export async function htmlOf(
  github: GitHub,
  { owner, repo }: Pick<Thread, 'owner' | 'repo'>,
  id: number,
): Promise<string> {
  const html = await absent(async () => {
    const asked = { owner, repo, comment_id: id, mediaType: { format: 'full' } };
    return (await github.rest.issues.getComment(asked)).data.body_html;
  });
  return html ?? '';
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

/** The installation in an organisation. */
export async function installationIn(
  github: { request: GitHub['request'] },
  organization: string,
): Promise<number | undefined> {
  return absent(async () => {
    const { data } = await github.request('GET /orgs/{org}/installation', { org: organization });
    return data.id;
  });
}

/** Whether an installation still acts: an owner can suspend it, or take the App out of their organisation. */
export async function isInstalled(
  github: { request: GitHub['request'] },
  installationId: number,
): Promise<boolean> {
  const installation = await absent(async () => {
    const asked = { installation_id: installationId };
    return (await github.request('GET /app/installations/{installation_id}', asked)).data;
  });
  if (installation) return installation.suspended_at === null;
  // Much follows from this: a GitHub that does not know the App itself is no witness against its installation.
  await github.request('GET /app');
  return false;
}

/** Whether GitHub refuses an installation because an owner has suspended it, which its words alone say. */
export function isSuspended(error: unknown): boolean {
  const { status, message = '' } = error as { status?: number; message?: string };
  return status === 403 && /installation has been suspended/i.test(message);
}

/**
 * Whether GitHub refuses because the App has not the permission, or not for this repository, which may be public. To an
 * App it says so in these words; its limits, an archived repository and a locked issue answer 403 as well, in others.
 */
export function isNotPermitted(error: unknown): boolean {
  const { status, message = '' } = error as { status?: number; message?: string };
  return status === 403 && /Resource not accessible by integration/i.test(message);
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

/** GitHub takes the name of a repository in any case, and tells of it in its own. */
export function isSameRepository(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** `owner/name` as the two that calls ask for. */
export function split(repository: string): { owner: string; repo: string } {
  const [owner = '', repo = ''] = repository.split('/');
  return { owner, repo };
}
