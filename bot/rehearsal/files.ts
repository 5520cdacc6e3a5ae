// The policy and the catalog of a rehearsal, from files: a policy as it lies in its repository, and descriptors under
// the name of the repository they are from, because that is what a policy trusts or not. Read by the bot's own readers,
// which follow Locations from there on.

import { globSync, readFileSync } from 'node:fs';
import { isAbsolute, join, normalize, relative, resolve } from 'node:path';
import { whyUnreadable } from '../../relay/setting-files.ts';
import { digest } from '../access/canonical.ts';
import { readPolicy } from '../access/policy.ts';
import type { CatalogFault } from '../catalog/snapshot.ts';
import type { Source } from '../catalog/reading.ts';
import { openCatalog } from '../catalog/source.ts';
import { StartFault } from '../start-fault.ts';
import { checkoutAt, isFolder, topOf } from './disk.ts';
import type { Rulebook } from './facts.ts';
import { faultLine } from './print.ts';

/** Files of one repository, on this disk. */
export interface CatalogPlace {
  /** `owner/name`. */
  readonly repository: string;
  /** A descriptor file, or a folder with files of the usual name, at any depth. */
  readonly path: string;
}

/** What Backstage calls descriptor files. Others in a folder may be anything, and are named one by one. */
const usualNames = '**/catalog-info.{yaml,yml}';

/** Throws a StartFault for files that cannot be used, and what the disk says for a folder that cannot be read. */
export async function readRulebook(
  policyFile: string,
  places: readonly CatalogPlace[],
): Promise<{ readonly rulebook: Rulebook; readonly faults: readonly CatalogFault[] }> {
  const reading = readPolicy(readText(policyFile), policyFile);
  if (reading.kind === 'invalid') {
    throw new StartFault(reading.faults.map((fault) => faultLine(policyFile, fault)));
  }
  const { policy, revision } = reading;
  const byRepository = Map.groupBy(places, ({ repository }) => repository.toLowerCase());
  const found = [...byRepository].map(([repository, of]) => repositoryOn(repository, of));
  const catalog = openCatalog(found.map(({ source }) => source));
  const placed = (fault: CatalogFault) => {
    const { place } = fault;
    const { shownTop = '' } =
      found.find(({ source }) => source.repository === place.repository) ?? {};
    return { ...fault, place: { ...place, path: join(shownTop, place.path) } };
  };
  const unread = (await catalog.refresh()).filter(({ code }) => code !== 'location-refused');
  // Nobody can say which entities are missing then, so that nothing would be tested.
  if (unread.length > 0) throw new StartFault(unread.map(placed).map(catalogFaultLine));
  const policyRevision = `policy=${revision},catalog=${digest([...catalog.revisions()])}`;
  const snapshot = catalog.snapshot(policy);
  const rulebook = { policy, policyRevision, catalog: snapshot };
  return { rulebook, faults: snapshot.faults.map(placed) };
}

/** A source of the catalog, and its top as whoever named it would write it. */
function repositoryOn(
  repository: string,
  places: readonly CatalogPlace[],
): { readonly source: Source; readonly shownTop: string } {
  const paths = places.map(({ path }) => path);
  const files = new Map(paths.flatMap(filesAt).map((path) => [resolve(path), readText(path)]));
  const top = topOf(paths);
  return {
    source: { repository, open: async () => checkoutAt(top, repository, files) },
    shownTop: paths.every((path) => isAbsolute(path)) ? top : relative('', top),
  };
}

/** As UTF-8. Throws a StartFault for a file that cannot be read. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartFault([`${file} ${whyUnreadable(error)}.`], { cause: error });
  }
}

/** One line for a person, with the place on this disk. */
export function catalogFaultLine({ place, ref, message }: CatalogFault): string {
  return faultLine(place.path, { line: place.line, path: ref ?? '', message });
}

function filesAt(path: string): readonly string[] {
  return isFolder(path) ? filesBelow(path) : [normalize(path)];
}

function filesBelow(folder: string): readonly string[] {
  const found = globSync(usualNames, { cwd: folder, exclude: ['**/node_modules/**'] });
  if (found.length > 0) return found.toSorted().map((each) => join(folder, each));
  const why = `${folder} has no catalog-info.yaml. Name the descriptor files themselves.`;
  throw new StartFault([why]);
}
