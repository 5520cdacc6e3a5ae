// Which GitHub team a name stands for. Kept from the first time it was needed, as the accounts of people are: a team that
// is renamed or deleted frees its name, and anybody in the organisation may make another one of that name.

import type { Queries } from './store.ts';

/** The team a name, `org/slug`, stood for when it was first kept; keeps `found` when none was. */
export async function teamIdOf(
  queries: Queries,
  name: string,
  found: { id: number; seenAt: string },
): Promise<number> {
  const key = name.toLowerCase();
  await queries
    .insertInto('teams')
    .values({ name: key, ...found })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await queries
    .selectFrom('teams')
    .select('id')
    .where('name', '=', key)
    .executeTakeFirst();
  return row?.id ?? found.id;
}
