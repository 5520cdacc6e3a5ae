// Which GitHub account a login stands for, and whose login it was when it was bound. What follows from that is decided
// in access/binding.ts. Logins are kept in lower case.

import type { Binding } from '../access/binding.ts';
import type { Queries } from './store.ts';

export async function bindingOf(queries: Queries, login: string): Promise<Binding | undefined> {
  return queries
    .selectFrom('accounts')
    .select(['id', 'seenAt', 'userRef', 'subject'])
    .where('login', '=', login.toLowerCase())
    .executeTakeFirst();
}

/** All of them, by login in lower case. */
export async function allBindings(queries: Queries): Promise<ReadonlyMap<string, Binding>> {
  const rows = await queries.selectFrom('accounts').selectAll().execute();
  return new Map(rows.map(({ login, ...binding }) => [login, binding]));
}

export async function keepBinding(
  queries: Queries,
  login: string,
  binding: Binding,
): Promise<void> {
  await queries
    .insertInto('accounts')
    .values({ login: login.toLowerCase(), ...binding })
    .onConflict((conflict) => conflict.column('login').doUpdateSet(binding))
    .execute();
}
