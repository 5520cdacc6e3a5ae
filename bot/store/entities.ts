// Entities of the catalog as they were last seen, so that a restart does not make what was changed an hour ago look old.

import type { Seen } from '../catalog/history.ts';
import { maxRowsAtOnce, type Queries } from './store.ts';

export async function seenEntities(queries: Queries): Promise<Map<string, Seen>> {
  const rows = await queries.selectFrom('entities').selectAll().execute();
  return new Map(rows.map(({ ref, standing, since }) => [ref, { standing, since }]));
}

export async function rememberEntities(
  queries: Queries,
  changes: ReadonlyMap<string, Seen>,
): Promise<void> {
  const rows = [...changes].map(([ref, { standing, since }]) => ({ ref, standing, since }));
  for (let first = 0; first < rows.length; first += maxRowsAtOnce) {
    await queries
      .insertInto('entities')
      .values(rows.slice(first, first + maxRowsAtOnce))
      .onConflict((conflict) =>
        conflict.column('ref').doUpdateSet(({ ref }) => ({
          standing: ref('excluded.standing'),
          since: ref('excluded.since'),
        })),
      )
      .execute();
  }
}
