// Who a sign-in at the identity provider is on GitHub: the catalog's User with that subject, and the account that its
// login stands for. The e-mail address is never looked at: it changes hands, and at some providers anybody may set it.

import type { Person } from './access/request.ts';
import type { Accounts } from './accounts.ts';
import { personBySubject as userBySubject } from './catalog/ownership.ts';
import type { Snapshot } from './catalog/snapshot.ts';
import { personByLogin } from './github/calls.ts';
import type { Repositories } from './github/repositories.ts';
import { CatalogTooOld, type RuleBook } from './github/rules.ts';

export interface PeopleParts {
  readonly accounts: Pick<Accounts, 'standsFor'>;
  readonly rules: RuleBook;
  readonly repositories: Repositories;
  /** A repository the App is installed on, to ask GitHub through. */
  readonly home: string;
  /** The one provider whose subjects the catalog names. */
  readonly issuer: string;
}

/**
 * The GitHub account of a signed-in person, or undefined when the catalog knows nobody by that subject. `too-old`: a
 * Backstage has not answered for so long that nothing is given by what it said.
 */
export function findPeople(parts: PeopleParts) {
  return async (issuer: string, subject: string): Promise<Person | 'too-old' | undefined> => {
    if (issuer !== parts.issuer) return undefined;
    const catalog = await catalogNow(parts.rules);
    if (catalog === 'too-old') return catalog;
    const user = userBySubject(catalog, subject);
    if (!user?.login) return undefined;
    const account = await personByLogin(await parts.repositories.as(parts.home), user.login);
    if (!account) return undefined;
    const known = await parts.accounts.standsFor(user, { id: account.id, login: user.login });
    // Somebody else has the login by now: whoever signs in under it is not who the catalog meant.
    return known === account.id ? account : undefined;
  };
}

async function catalogNow(rules: RuleBook): Promise<Snapshot | 'too-old'> {
  try {
    return (await rules.forDecision()).catalog;
  } catch (error) {
    if (error instanceof CatalogTooOld) return 'too-old';
    throw error;
  }
}
