// The entities of a running Backstage as descriptors. Each is judged by where Backstage says it is from: it writes those
// annotations itself, over whatever a descriptor says there. Relations are not looked at, since any entity can add one
// to another; what a user, a group or a resource says itself counts, as it does in a file.

import { entityHash } from './entity-hash.ts';
import type { FaultyEntity } from './file.ts';
import { readDescriptor, type Descriptor, type Place } from './model.ts';
import { nowhere, originOf, type RepositoryFiles } from './origin.ts';

export interface Origins extends RepositoryFiles {
  /** Repositories, `owner/name` in lower case, that the bot reads itself: what Backstage has of them is left out. */
  readonly readDirectly: ReadonlySet<string>;
}

export interface EntitiesReading {
  readonly descriptors: readonly Descriptor[];
  readonly faulty: readonly FaultyEntity[];
}

/** The file that was read, and the place that was registered, which may only have pointed at it. */
const locationKey = 'backstage.io/managed-by-location';
const originKey = 'backstage.io/managed-by-origin-location';
/** On an entity that its file no longer has, until Backstage clears it away. */
const orphanKey = 'backstage.io/orphan';

export function readEntities(values: readonly unknown[], origins: Origins): EntitiesReading {
  const descriptors: Descriptor[] = [];
  const faulty: FaultyEntity[] = [];
  for (const value of values) {
    const { annotations, written } = apart(value);
    if (annotations.get(orphanKey) === 'true') continue;
    const place = placeOf(annotations, origins);
    if (origins.readDirectly.has(place.repository)) continue;
    const writers = [place.repository, place.broughtBy].join(' ').trim();
    const reading = readDescriptor(written, place, (entity) => entityHash(entity, writers));
    if (reading.kind === 'valid') descriptors.push(reading.descriptor);
    if (reading.kind === 'invalid') {
      const { ref, path } = reading;
      faulty.push({ ref, place, message: `${path.join('.')}: ${reading.message}` });
    }
  }
  return { descriptors, faulty };
}

/** What Backstage notes on an entity, apart from what was written about it. */
function apart(value: unknown) {
  const entity = value as {
    metadata?: { annotations?: Readonly<Record<string, unknown>> | null } | null;
  } | null;
  const all = Object.entries(entity?.metadata?.annotations ?? {});
  const annotations = new Map(all);
  const own = all.filter(([key]) => !key.startsWith('backstage.io/'));
  const written = entity?.metadata?.annotations
    ? { ...entity, metadata: { ...entity.metadata, annotations: Object.fromEntries(own) } }
    : value;
  return { annotations, written };
}

function placeOf(annotations: ReadonlyMap<string, unknown>, origins: Origins): Place {
  const repository = originOf(annotations.get(locationKey), origins);
  const broughtBy = originOf(annotations.get(originKey), origins);
  const path = repository === nowhere || repository.includes(':') ? '' : origins.path;
  return { repository, path, line: 1, ...(broughtBy !== repository && { broughtBy }) };
}
