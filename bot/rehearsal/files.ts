// The policy and the catalog of a rehearsal, from files: a policy as it lies in its repository, and descriptors under
// the name of the repository they are from, because that is what a policy trusts or not. Read by the bot's own readers.

import { globSync, readFileSync, statSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { whyUnreadable } from '../../relay/setting-files.ts';
import { digest } from '../access/canonical.ts';
import { readPolicy } from '../access/policy.ts';
import type { SourceFile } from '../catalog/file.ts';
import type { CatalogFault } from '../catalog/snapshot.ts';
import { openCatalog, type Source } from '../catalog/source.ts';
import { StartFault } from '../start-fault.ts';
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
  const files = [...byRepository].map(([repository, of]) => ({
    repository,
    files: of.flatMap(({ path }) => filesAt(repository, path)),
  }));
  const sources = files.map((each): Source => ({
    repository: each.repository,
    load: async () => each.files,
  }));
  const catalog = openCatalog(sources);
  const broken = await catalog.refresh();
  // Nobody can say which entities of such a file are missing, so that nothing would be tested.
  if (broken.length > 0) throw new StartFault(broken.map(catalogFaultLine));
  const policyRevision = `policy=${revision},catalog=${digest([...catalog.revisions()])}`;
  const snapshot = catalog.snapshot(policy);
  return { rulebook: { policy, policyRevision, catalog: snapshot }, faults: snapshot.faults };
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

function filesAt(repository: string, path: string): readonly SourceFile[] {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const paths = isFolder ? filesBelow(path) : [normalize(path)];
  return paths.map((each) => {
    const text = readText(each);
    return { repository, path: each, revision: digest(text.toWellFormed()), text };
  });
}

function filesBelow(folder: string): readonly string[] {
  const found = globSync(usualNames, { cwd: folder, exclude: ['**/node_modules/**'] });
  if (found.length > 0) return found.toSorted().map((each) => join(folder, each));
  const why = `${folder} has no catalog-info.yaml. Name the descriptor files themselves.`;
  throw new StartFault([why]);
}
