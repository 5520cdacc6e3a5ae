// The policy and the catalog of a rehearsal, from files: a policy as it lies in its repository, and descriptors under
// the name of the repository they are from, because that is what a policy trusts or not. All of it is read and judged by what
// reads and judges it for the bot.

import { join } from 'node:path';
import { digest } from '../access/canonical.ts';
import { readPolicy } from '../access/policy.ts';
import { buildSnapshot, type CatalogFault } from '../catalog/snapshot.ts';
import { StartFault } from '../start-fault.ts';
import { readText } from './disk.ts';
import type { Rulebook } from './facts.ts';
import { faultLine } from './print.ts';
import { readRepository, type RepositoryReading } from './repository.ts';

/** A repository of descriptors on this disk. */
export interface CatalogPlace {
  /** `owner/name` in lower case. */
  readonly repository: string;
  /** The folder that is its top, or the file that the bot begins with. */
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
  const repositories = new Map<string, RepositoryReading>();
  for (const { repository, path } of places) {
    repositories.set(repository, await readRepository(repository, path));
  }
  const read = [...repositories.values()];
  const placed = (fault: CatalogFault) => {
    const { place } = fault;
    const { shownTop = '' } = repositories.get(place.repository) ?? {};
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
    notes: read.flatMap(({ notes }) => notes),
  };
}

/** One line for a person, with the place on this disk. */
export function catalogFaultLine({ place, ref, message }: CatalogFault): string {
  return faultLine(place.path, { line: place.line, path: ref ?? '', message });
}
