// Which GitHub account a login stands for. Kept from the first time it was needed, so that somebody who takes over a
// login that another person gave up does not take over their place in the catalog.

import type { Queries } from './store.ts';

/**
 * The account a login stood for when it was first kept; keeps `found` when none was. Logins are compared in lower case.
 */
export async function accountOf(
  queries: Queries,
  login: string,
  found: { id: number; seenAt: string },
): Promise<number> {
  const key = login.toLowerCase();
  await queries
    .insertInto('accounts')
    .values({ login: key, ...found })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await knownAccount(queries, login)) ?? found.id;
}

async function knownAccount(queries: Queries, login: string): Promise<number | undefined> {
  const row = await queries
    .selectFrom('accounts')
    .select('id')
    .where('login', '=', login.toLowerCase())
    .executeTakeFirst();
  return row?.id;
}
