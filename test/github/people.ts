// Acting as a person: what someone would do on the website, through the very REST routes that
// everybody else uses, so that rights, limits, webhooks and faults all apply.
import type { components } from '@octokit/openapi-types';
import { createComment } from './comment-actions.ts';
import type { Instance } from './instance.ts';
import { findAccount, findRepository, type ReactionContent } from './state.ts';

type Schemas = components['schemas'];

export interface Person {
  /** A token of their own, for a client that speaks REST. */
  readonly token: string;
  openIssue(repo: string, made: { title: string; body?: string }): Promise<Schemas['issue']>;
  editIssue(repo: string, number: number, patch: IssueEdit): Promise<Schemas['issue']>;
  comment(repo: string, number: number, body: string): Promise<Schemas['issue-comment']>;
  /** A reply to the notification mail: the same comment, marked as such in GraphQL. */
  commentByEmail(repo: string, number: number, body: string): Promise<{ id: number }>;
  editComment(repo: string, id: Id, body: string): Promise<Schemas['issue-comment']>;
  deleteComment(repo: string, id: Id): Promise<void>;
  react(repo: string, commentId: Id, content: ReactionContent): Promise<Schemas['reaction']>;
  lock(repo: string, number: number): Promise<void>;
  unlock(repo: string, number: number): Promise<void>;
  /** Writes a file to the default branch, whether or not it was there. */
  putFile(repo: string, path: string, file: NewFile): Promise<Schemas['file-commit']>;
}

type Id = number | bigint;

export interface IssueEdit {
  readonly title?: string;
  readonly body?: string;
  readonly state?: 'open' | 'closed';
}

export interface NewFile {
  readonly text: string;
  readonly message?: string;
}

/** GitHub said no. `status` is the HTTP status; `message` is GitHub's. */
export class RefusedError extends Error {
  readonly code = 'github-refused';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

export function personOf(parts: { instance: Instance; fetch: Fetch }, login: string): Person {
  const token = ownToken(parts.instance, login);
  const ask = <T>(method: string, path: string, body?: object): Promise<T> =>
    request<T>(parts.fetch, { method, path, token, body });

  return {
    token,
    openIssue: (repo, made) => ask('POST', `/repos/${repo}/issues`, made),
    editIssue: (repo, number, patch) => ask('PATCH', `/repos/${repo}/issues/${number}`, patch),
    comment: (repo, number, body) =>
      ask('POST', `/repos/${repo}/issues/${number}/comments`, { body }),
    commentByEmail: async (repo, number, body) =>
      replyByEmail(parts.instance, login, { repo, number, body }),
    editComment: (repo, id, body) => ask('PATCH', `/repos/${repo}/issues/comments/${id}`, { body }),
    deleteComment: (repo, id) => ask('DELETE', `/repos/${repo}/issues/comments/${id}`),
    react: (repo, id, content) =>
      ask('POST', `/repos/${repo}/issues/comments/${id}/reactions`, { content }),
    lock: (repo, number) => ask('PUT', `/repos/${repo}/issues/${number}/lock`),
    unlock: (repo, number) => ask('DELETE', `/repos/${repo}/issues/${number}/lock`),
    putFile: (repo, path, file) => {
      const known = headBlob(parts.instance, repo, path);
      return ask('PUT', `/repos/${repo}/contents/${path}`, {
        message: file.message ?? `Update ${path}`,
        content: Buffer.from(file.text).toString('base64'),
        ...(known !== undefined && { sha: known }),
      });
    },
  };
}

async function request<T>(
  fetch: Fetch,
  call: { method: string; path: string; token: string; body: object | undefined },
): Promise<T> {
  const response = await fetch(`/api/v3${call.path}`, {
    method: call.method,
    headers: { authorization: `Bearer ${call.token}`, 'user-agent': 'person' },
    ...(call.body && { body: JSON.stringify(call.body) }),
  });
  const text = await response.text();
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  if (response.ok) return body as T;
  throw new RefusedError(response.status, (body as { message: string }).message);
}

function ownToken(instance: Instance, login: string): string {
  for (const [value, token] of instance.state.tokens) {
    if (token.kind === 'user' && token.app === null && token.user.login === login) return value;
  }
  throw new Error(`Nobody with a token is called ${login}`);
}

function headBlob(instance: Instance, repo: string, path: string): string | undefined {
  const repository = findRepository(instance.state, ...namesOf(repo));
  return repository?.branches.get(repository.defaultBranch)?.files.get(path)?.sha;
}

/** There is no REST call for this: mail reaches GitHub another way. */
function replyByEmail(
  instance: Instance,
  login: string,
  made: { repo: string; number: number; body: string },
): { id: number } {
  const repository = findRepository(instance.state, ...namesOf(made.repo));
  const issue = repository?.issues.find((one) => one.number === made.number);
  const account = findAccount(instance.state, login);
  if (!issue || !account) throw new RefusedError(404, 'Not Found');
  const writer = { account, app: null };
  const { id } = createComment(instance, issue, { writer, body: made.body, viaEmail: true });
  return { id };
}

/** `acme/access` → owner and name. */
export function namesOf(repo: string): [string, string] {
  const [owner = '', name = ''] = repo.split('/');
  return [owner, name];
}
