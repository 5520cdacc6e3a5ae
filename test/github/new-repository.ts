// A repository as it begins: one commit on its default branch, and nothing else yet.
import { makeBlob, makeCommit } from './git-objects.ts';
import type { Instance } from './instance.ts';
import type { Account, Repository } from './state.ts';

export interface RepositoryBeginning {
  readonly owner: Account;
  readonly name: string;
  readonly private: boolean;
  readonly archived: boolean;
  readonly description: string | null;
  readonly defaultBranch: string;
  /** Path → text. */
  readonly files: Readonly<Record<string, string>>;
}

export function newRepository(instance: Instance, made: RepositoryBeginning): Repository {
  const { state } = instance;
  const now = instance.now();
  const { owner, name, private: isPrivate, archived, description, defaultBranch } = made;
  const files = Object.entries(made.files).map(
    ([path, text]) => [path, makeBlob(Buffer.from(text))] as const,
  );
  const author = { name: owner.login, email: `${owner.login}@users.noreply.local`, at: now };
  const note = { message: 'Begin', author, authorId: null };
  const first = makeCommit(null, new Map(files), note);
  const repository: Repository = {
    id: state.nextId(),
    owner,
    name,
    private: isPrivate,
    archived,
    description,
    defaultBranch,
    branches: new Map([[defaultBranch, first]]),
    commits: new Map([[first.sha, first]]),
    labels: [],
    issues: [],
    pulls: [],
    checkRuns: [],
    lastIssueNumber: 0,
    formerIssues: new Map(),
    collaborators: new Map(),
    createdAt: now,
    updatedAt: now,
    pushedAt: now,
  };
  state.repositories.set(repository.id, repository);
  return repository;
}
