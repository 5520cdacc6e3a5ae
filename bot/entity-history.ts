// What of the catalog is new, told by what was seen of it before: kept in memory for every reading, and in the store for
// the next start.

import { changesIn, type Seen } from './catalog/history.ts';
import type { Resource } from './catalog/model.ts';
import { rememberEntities, seenEntities } from './store/entities.ts';
import type { Store } from './store/store.ts';

export interface EntityHistory {
  /** Notes the entities of a reading. Resolves to when each became what it is, but for those that always were. */
  note(resources: Iterable<Resource>): Promise<ReadonlyMap<string, string>>;
}

export function openEntityHistory(store: Store, now: () => Date): EntityHistory {
  let known: Map<string, Seen> | undefined;

  async function note(resources: Iterable<Resource>): Promise<ReadonlyMap<string, string>> {
    known ??= await seenEntities(store.queries);
    const changes = changesIn(known, resources, now().toISOString());
    // On disk first: what a crash forgets would be old at the next start.
    if (changes.size > 0) await store.transaction((queries) => rememberEntities(queries, changes));
    for (const [ref, seen] of changes) known.set(ref, seen);
    return new Map(
      [...known].flatMap(([ref, { since }]) => (since === null ? [] : [[ref, since]])),
    );
  }

  // One reading after the other, or two would remember the same change at two moments.
  let turn: Promise<unknown> = Promise.resolve();
  return {
    note(resources) {
      const noted = turn.then(() => note(resources));
      turn = noted.catch(() => undefined);
      return noted;
    },
  };
}
