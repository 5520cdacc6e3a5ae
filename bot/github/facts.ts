// Gathers what a decision looks at: the rules as they are now, and who the people concerned are on GitHub now. All of
// it is asked before the decision, so that deciding needs nothing but what stands here.

import type { Facts } from '../access/eligibility.ts';
import type { Person } from '../access/request.ts';
import { userByLogin } from '../catalog/ownership.ts';
import { accountOf } from '../store/accounts.ts';
import type { Store } from '../store/store.ts';
import type { GitHub } from './app.ts';
import { loginOf } from './calls.ts';
import type { RuleBook } from './rules.ts';

export interface FactsParts {
  readonly store: Store;
  readonly rules: RuleBook;
  now(): Date;
}

/** Those a decision is about: who GitHub just named, and who is only known by their number from earlier. */
export interface Concerned {
  readonly present: readonly Person[];
  readonly ids: readonly number[];
}

export async function gatherFacts(
  parts: FactsParts,
  github: GitHub,
  concerned: Concerned,
): Promise<Facts> {
  const rules = await parts.rules.current();
  const logins = new Map(concerned.present.map(({ id, login }) => [id, login]));
  for (const id of new Set(concerned.ids)) {
    if (logins.has(id)) continue;
    const login = await loginOf(github, id);
    if (login !== undefined) logins.set(id, login);
  }
  return { ...rules, logins, ids: await accountsOf(parts, logins, rules), now: parts.now() };
}

/**
 * For each login of the catalog, the account it stood for when it was first needed here. A login that the catalog does
 * not name is not kept: whoever happens to have it today could otherwise shut out the person it will be given to.
 */
async function accountsOf(
  { store, now }: FactsParts,
  logins: ReadonlyMap<number, string>,
  { catalog }: Pick<Facts, 'catalog'>,
): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  const seenAt = now().toISOString();
  for (const [id, login] of logins) {
    if (userByLogin(catalog, login) === undefined) continue;
    ids.set(login.toLowerCase(), await accountOf(store.queries, login, { id, seenAt }));
  }
  return ids;
}
