// Acting as a person: what someone would do on the website, through the very REST routes that
// everybody else uses, so that rights, limits, webhooks and faults all apply. For what REST has no route
// (an issue that is deleted, moved or converted) the rights are checked where it is done.
import type { components } from '@octokit/openapi-types';
import type { Via } from './call.ts';
import type { Instance } from './instance.ts';
import { bodyOf, formLabels, issueForms, type Answers } from './issue-form.ts';
import { rerequestCheckRun, rerequestChecks } from './check-actions.ts';
import { rebasePull } from './pull-actions.ts';
import { convertIssue, deleteIssue, transferIssue } from './issue-life.ts';
import { Refusal, refuse } from './refusals.ts';
import { findIssue, requireAccount, splitName } from './lookups.ts';
import {
  findRepository,
  same,
  type Issue,
  type ReactionContent,
  type Repository,
} from './state.ts';

type Schemas = components['schemas'];

export interface Person {
  /** A token of their own, for a client that speaks REST. */
  readonly token: string;
  openIssue(repo: string, made: { title: string; body?: string }): Promise<Schemas['issue']>;
  /** Fills in a form of `.github/ISSUE_TEMPLATE`: answers by the fields' ids, the form's labels on it from the start. */
  submitForm(repo: string, file: string, filled: FilledForm): Promise<Schemas['issue']>;
  editIssue(repo: string, number: number, patch: IssueEdit): Promise<Schemas['issue']>;
  comment(repo: string, number: number, body: string): Promise<Schemas['issue-comment']>;
  /** A reply to the notification mail: the same comment, marked as such in GraphQL. */
  commentByEmail(repo: string, number: number, body: string): Promise<Schemas['issue-comment']>;
  editComment(repo: string, id: Id, body: string): Promise<Schemas['issue-comment']>;
  deleteComment(repo: string, id: Id): Promise<void>;
  react(repo: string, commentId: Id, content: ReactionContent): Promise<Schemas['reaction']>;
  lockIssue(repo: string, number: number): Promise<void>;
  unlockIssue(repo: string, number: number): Promise<void>;
  deleteIssue(repo: string, number: number): Promise<void>;
  /** Gives its number in the other repository, `acme/site`. */
  transferIssue(repo: string, number: number, to: string): Promise<number>;
  /** Into a discussion: the issue stays, closed and locked. */
  convertIssue(repo: string, number: number): Promise<void>;
  /** Writes a file to the default branch, or the one it names, whether or not it was there. */
  putFile(repo: string, path: string, file: NewFile): Promise<Schemas['file-commit']>;
  removeFile(repo: string, path: string, branch?: string): Promise<Schemas['file-commit']>;
  /** From where the default branch stands. */
  createBranch(repo: string, name: string): Promise<void>;
  /** For the default branch. Gives its number. */
  openPull(repo: string, made: { head: string; title: string; base?: string }): Promise<number>;
  /** Has a pull request merged into another branch. */
  retargetPull(repo: string, number: number, base: string): Promise<void>;
  /** Presses "Re-run" at the last check run of that name. */
  rerunCheck(repo: string, name: string): Promise<void>;
  /** Presses "Re-run all checks" where that run is shown. */
  rerunAllChecks(repo: string, name: string): Promise<void>;
}

type Id = number | bigint;

export interface IssueEdit {
  readonly title?: string;
  readonly body?: string;
  readonly state?: 'open' | 'closed';
  /** All that it has afterwards. */
  readonly labels?: readonly string[];
}

export interface FilledForm {
  /** The form's own when left out. */
  readonly title?: string;
  readonly answers: Answers;
}

export interface NewFile {
  readonly text: string;
  readonly branch?: string;
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

/** `via` says how it reached GitHub, where that is not by a call. */
export type Fetch = (path: string, init: RequestInit, via: Via) => Promise<Response>;

interface Parts {
  readonly instance: Instance;
  readonly fetch: Fetch;
}

type Ask = <T>(method: string, path: string, body?: object, via?: Via) => Promise<T>;

export function personOf({ instance, fetch }: Parts, login: string): Person {
  const token = ownToken(instance, login);
  const ask: Ask = (method, path, body, via = { kind: 'api' }) =>
    request(fetch, { method, path, token, body, via });

  return {
    token,
    openIssue: (repo, made) => ask('POST', `/repos/${repo}/issues`, made),
    submitForm: (repo, file, filled) => submitForm(instance, ask, { repo, file, filled }),
    editIssue: (repo, number, patch) => ask('PATCH', `/repos/${repo}/issues/${number}`, patch),
    comment: (repo, number, body) =>
      ask('POST', `/repos/${repo}/issues/${number}/comments`, { body }),
    commentByEmail: (repo, number, body) =>
      ask('POST', `/repos/${repo}/issues/${number}/comments`, { body }, { kind: 'email' }),
    editComment: (repo, id, body) => ask('PATCH', `/repos/${repo}/issues/comments/${id}`, { body }),
    deleteComment: (repo, id) => ask('DELETE', `/repos/${repo}/issues/comments/${id}`),
    react: (repo, id, content) =>
      ask('POST', `/repos/${repo}/issues/comments/${id}/reactions`, { content }),
    lockIssue: (repo, number) => ask('PUT', `/repos/${repo}/issues/${number}/lock`),
    unlockIssue: (repo, number) => ask('DELETE', `/repos/${repo}/issues/${number}/lock`),
    ...issueLeaving(instance, login),
    ...proposing(instance, ask, login),
    removeFile: (repo, path, branch) =>
      ask('DELETE', `/repos/${repo}/contents/${path}`, {
        message: `Remove ${path}`,
        sha: headBlob(instance, repo, { path, branch }),
        ...(branch !== undefined && { branch }),
      }),
    putFile: (repo, path, file) => {
      const known = headBlob(instance, repo, { path, branch: file.branch });
      return ask('PUT', `/repos/${repo}/contents/${path}`, {
        message: file.message ?? `Update ${path}`,
        content: Buffer.from(file.text).toString('base64'),
        ...(known !== undefined && { sha: known }),
        ...(file.branch !== undefined && { branch: file.branch }),
      });
    },
  };
}

function proposing(instance: Instance, ask: Ask, login: string) {
  const sender = () => requireAccount(instance.state, login);
  const at = (repo: string) => refused(() => repositoryAt(instance, repo));
  const runOf = (repo: string, name: string) => {
    const run = at(repo).checkRuns.findLast((one) => one.name === name);
    if (!run) throw new Error(`${repo} has no check run ${name}`);
    return run;
  };
  return {
    async createBranch(repo: string, name: string) {
      const { branches, defaultBranch } = at(repo);
      const sha = branches.get(defaultBranch)?.sha;
      await ask('POST', `/repos/${repo}/git/refs`, { ref: `refs/heads/${name}`, sha });
    },
    async openPull(repo: string, made: { head: string; title: string; base?: string }) {
      const wanted = { base: at(repo).defaultBranch, ...made };
      return (await ask<{ number: number }>('POST', `/repos/${repo}/pulls`, wanted)).number;
    },
    async retargetPull(repo: string, number: number, base: string) {
      const pull = at(repo).pulls.find((one) => one.number === number);
      if (!pull) throw new Error(`${repo} has no pull request ${number}`);
      rebasePull(instance, at(repo), { pull, base, sender: sender() });
    },
    async rerunCheck(repo: string, name: string) {
      rerequestCheckRun(instance, at(repo), { run: runOf(repo, name), sender: sender() });
    },
    async rerunAllChecks(repo: string, name: string) {
      rerequestChecks(instance, at(repo), { run: runOf(repo, name), sender: sender() });
    },
  };
}

function issueLeaving(instance: Instance, login: string) {
  const account = () => requireAccount(instance.state, login);
  return {
    async deleteIssue(repo: string, number: number) {
      refused(() => deleteIssue(instance, issueAt(instance, repo, number), account()));
    },
    async transferIssue(repo: string, number: number, to: string) {
      return refused(() => {
        const target = { account: account(), to: repositoryAt(instance, to) };
        return transferIssue(instance, issueAt(instance, repo, number), target).number;
      });
    },
    async convertIssue(repo: string, number: number) {
      refused(() => convertIssue(instance, issueAt(instance, repo, number), account()));
    },
  };
}

async function submitForm(
  instance: Instance,
  ask: Ask,
  { repo, file, filled }: { repo: string; file: string; filled: FilledForm },
): Promise<Schemas['issue']> {
  const repository = refused(() => repositoryAt(instance, repo));
  const form = issueForms(repository).find((one) => one.file === file);
  if (!form) throw new Error(`${repo} has no form ${file}`);
  const made = { title: filled.title ?? form.title, body: bodyOf(form, filled.answers) };
  const via = { kind: 'form', labels: formLabels(form, repository) } as const;
  return ask('POST', `/repos/${repo}/issues`, made, via);
}

async function request<T>(
  fetch: Fetch,
  call: { method: string; path: string; token: string; body: object | undefined; via: Via },
): Promise<T> {
  const init = {
    method: call.method,
    headers: { authorization: `Bearer ${call.token}`, 'user-agent': 'person' },
    ...(call.body && { body: JSON.stringify(call.body) }),
  };
  const response = await fetch(`/api/v3${call.path}`, init, call.via);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const body: unknown = isJson ? JSON.parse(text) : undefined;
  if (response.ok) return body as T;
  const { message = text } = (body ?? {}) as { message?: string };
  throw new RefusedError(response.status, message);
}

function ownToken(instance: Instance, login: string): string {
  for (const [value, token] of instance.state.tokens) {
    if (token.kind !== 'user' || token.app !== null) continue;
    if (same(token.user.login, login)) return value;
  }
  throw new Error(`Nobody with a token is called ${login}`);
}

function headBlob(
  instance: Instance,
  repo: string,
  { path, branch }: { path: string; branch: string | undefined },
): string | undefined {
  const repository = findRepository(instance.state, ...splitName(repo));
  return repository?.branches.get(branch ?? repository.defaultBranch)?.files.get(path)?.sha;
}

function repositoryAt({ state }: Instance, repo: string): Repository {
  const found = findRepository(state, ...splitName(repo));
  if (!found) throw refuse.notFound();
  return found;
}

function issueAt(instance: Instance, repo: string, number: number): Issue {
  const found = findIssue(repositoryAt(instance, repo), number);
  if (!found) throw refuse.notFound();
  return found;
}

/** What a route would have answered, for what has none. */
function refused<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new RefusedError(error.status, error.message);
  }
}
