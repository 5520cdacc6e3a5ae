// More ways to find things in the state: as people name them, and as whoever steers does, who is told
// when they name nothing.
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
