// More ways to find things in the state: as people name them, and as whoever steers does, who is told
// when they name nothing.
import type { Blob, Commit } from './git-objects.ts';
import { findAccount, type Account, type Issue, type Repository, type State } from './state.ts';

/** Undefined when the account was deleted. */
export function present(state: State, account: Account): Account | undefined {
  return state.accounts.get(account.id);
}

/** For steering by login: a test that names nobody is wrong, and is told so. */
export function requireAccount(state: State, login: string): Account {
  const found = findAccount(state, login);
  if (!found) throw new Error(`Nobody is called ${login}`);
  return found;
}

/** `acme/access` → owner and name. */
export function splitName(repo: string): [string, string] {
  const [owner = '', name = ''] = repo.split('/');
  return [owner, name];
}

export function findIssue(repository: Repository, number: number): Issue | undefined {
  return repository.issues.find((one) => one.number === number);
}

/** By branch name, full ref, HEAD or whole sha. */
export function commitAt(repository: Repository, ref: string): Commit | undefined {
  const name = ref === 'HEAD' ? repository.defaultBranch : ref.replace(/^(refs\/)?heads\//, '');
  return repository.branches.get(name) ?? repository.commits.get(ref);
}

/** A file of any commit, by its hash. */
export function findBlob(repository: Repository, sha: string): Blob | undefined {
  for (const { files } of repository.commits.values()) {
    const found = files.values().find((blob) => blob.sha === sha && blob.mode !== '160000');
    if (found) return found;
  }
  return undefined;
}
