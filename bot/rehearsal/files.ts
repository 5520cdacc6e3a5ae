// The policy and the catalog of a rehearsal, from files: a policy as it lies in its repository, and descriptors under
// the name of where they are from, because that is what a policy trusts or not. All of it is read and judged by what
// reads and judges it for the bot.

import { join } from 'node:path';
import { digest } from '../access/canonical.ts';
import { readPolicy } from '../access/policy.ts';
import { buildSnapshot, type CatalogFault } from '../catalog/snapshot.ts';
import { StartFault } from '../start-fault.ts';
import { readText } from './disk.ts';
import type { Rulebook } from './facts.ts';
import { faultLine } from './print.ts';
import { isReadDirectly, readProvided, type ProvidedFile } from './provided.ts';
import { misspeltRefs } from './refs.ts';
import { readRepository, type RepositoryReading } from './repository.ts';

/** Descriptors on this disk. */
export interface CatalogPlace {
  /** As policy names it: a repository, `owner/name` in lower case, or a location that a Backstage gives. */
  readonly origin: string;
  /** A file; of a repository also the folder that is its top. */
  readonly path: string;
}

interface RulebookReading {
  readonly rulebook: Rulebook;
  readonly faults: readonly CatalogFault[];
  /** Of what somebody may expect to count and does not, and what is no fault: a line each. */
  readonly notes: readonly string[];
}

/** Names each repository once. Throws a StartFault for files that cannot be used, and what the disk says. */
export async function readRulebook(
  policyFile: string,
  places: readonly CatalogPlace[],
): Promise<RulebookReading> {
  const reading = readPolicy(readText(policyFile), policyFile);
  if (reading.kind === 'invalid') {
    throw new StartFault(reading.faults.map((fault) => faultLine(policyFile, fault)));
  }
  const { policy, revision } = reading;
  const catalog = await readCatalog(places);
  const read = [...catalog.repositories.values(), ...catalog.provided];
  const placed = <Fault extends Placed>(fault: Fault): Fault => {
    const { place } = fault;
    const { shownTop = '' } = catalog.repositories.get(place.repository) ?? {};
    return { ...fault, place: { ...place, path: join(shownTop, place.path) } };
  };
  const misread = read.flatMap(({ faults }) => faults).map(placed);
  const unread = misread.filter(({ code }) => code !== 'location-refused');
  // Nobody can say which entities are missing then, so that nothing would be tested.
  if (unread.length > 0) throw new StartFault(unread.map(catalogFaultLine));
  const descriptors = read.flatMap((each) => each.descriptors);
  const faulty = read.flatMap((each) => each.faulty);
  const snapshot = buildSnapshot({ descriptors, faulty }, policy);
  const revisions = read.flatMap((each) => each.revisions).toSorted();
  const policyRevision = `policy=${revision},catalog=${digest(revisions)}`;
  return {
    rulebook: { policy, policyRevision, catalog: snapshot },
    faults: [...misread, ...snapshot.faults.map(placed)],
    notes: [
      ...[...catalog.repositories.values()].flatMap(({ notes }) => notes),
      ...misspeltRefs(snapshot).map(placed).map(catalogFaultLine),
    ],
  };
}

interface CatalogReading {
  readonly repositories: ReadonlyMap<string, RepositoryReading>;
  readonly provided: readonly ProvidedFile[];
}

async function readCatalog(places: readonly CatalogPlace[]): Promise<CatalogReading> {
  const repositories = new Map<string, RepositoryReading>();
  const provided: ProvidedFile[] = [];
  for (const { origin, path } of places) {
    if (origin.includes(':')) provided.push(readProvided(origin, path));
    else repositories.set(origin, await readRepository(origin, path));
  }
  const isRead = (repository: string, path: string) =>
    repositories.get(repository)?.paths.has(path) === true;
  return {
    repositories,
    provided: provided.filter(({ location }) => !isReadDirectly(location, isRead)),
  };
}

type Placed = Pick<CatalogFault, 'place' | 'ref' | 'message'>;

/** One line for a person, with the place on this disk. */
export function catalogFaultLine({ place, ref, message }: Placed): string {
  return faultLine(place.path, { line: place.line, path: ref ?? '', message });
}
