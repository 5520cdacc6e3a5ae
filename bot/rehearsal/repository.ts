// A repository of descriptors as the bot reads it, from a checkout on this disk: the file that it begins with, and what
// Locations lead to from there. Nothing else of it counts, however much it looks like a descriptor file.

import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Checkout } from '../catalog/checkout.ts';
import type { FaultyEntity } from '../catalog/file.ts';
import { nothingKept } from '../catalog/good-versions.ts';
import { countedOf } from '../catalog/held.ts';
import type { Descriptor } from '../catalog/model.ts';
import { loadFiles } from '../catalog/reading.ts';
import type { CatalogFault } from '../catalog/snapshot.ts';
import { StartFault } from '../start-fault.ts';
import { checkoutAt, isFolder, readText, topOf } from './disk.ts';
import { faultLine } from './print.ts';

/** `catalog.path` of a bot that is not told otherwise. */
export const usualPath = 'catalog-info.yaml';
/** What Backstage calls descriptor files, so that people expect them to count. */
const usualName = /(^|\/)catalog-info\.ya?ml$/;
/** More files that nothing leads to are only counted. */
const maxStrays = 10;

export interface RepositoryReading {
  readonly descriptors: readonly Descriptor[];
  readonly faulty: readonly FaultyEntity[];
  readonly faults: readonly CatalogFault[];
  readonly revisions: readonly string[];
  /** Of all files that were read, from its top. */
  readonly paths: ReadonlySet<string>;
  /** Its top, as whoever named it would write it. */
  readonly shownTop: string;
  /** Of files that somebody may expect to count, and that do not: a line each. */
  readonly notes: readonly string[];
}

/** `path` is the folder that is its top, or the file to begin with. Throws a StartFault where that cannot be read. */
export async function readRepository(repository: string, path: string): Promise<RepositoryReading> {
  const isTop = isFolder(path);
  const file = isTop ? fileAtTop(repository, path) : path;
  const top = isTop ? resolve(path) : topOf(file);
  const shownTop = isAbsolute(path) ? top : relative('', top);
  const root = { path: relative(top, resolve(file)).split(sep).join('/'), text: readText(file) };
  const checkout = checkoutAt(top, repository, root);
  const held = await loadFiles(
    { repository, open: async () => checkout },
    { before: undefined, versions: nothingKept, nowMs: 0 },
  );
  const counted = countedOf(held);
  const paths = new Set(held.files.keys());
  return {
    descriptors: counted.flatMap(({ descriptors }) => descriptors),
    faulty: counted.flatMap(({ faulty }) => faulty),
    faults: held.faults,
    revisions: Array.from(
      held.files.values(),
      (each) => `${repository} ${each.path} ${each.revision}`,
    ),
    paths,
    shownTop,
    notes: isTop ? await strayNotes(checkout, paths, { file, shownTop }) : [],
  };
}

function fileAtTop(repository: string, folder: string): string {
  const file = join(folder, usualPath);
  if (existsSync(file)) return file;
  const why = `${folder} has no ${usualPath} at its top, where the bot begins to read a repository unless its catalog.path names another file. Name that file itself: --catalog ${repository}=FILE.`;
  throw new StartFault([why]);
}

/** Of files with the usual name that nothing leads to. */
async function strayNotes(
  checkout: Checkout,
  read: ReadonlySet<string>,
  { file, shownTop }: { file: string; shownTop: string },
): Promise<readonly string[]> {
  const strays = await straysIn(checkout, read);
  const note = (path: string, message: string) => faultLine(path, { line: 0, path: '', message });
  if (strays.kind === 'unknown') {
    return [note(dirname(file), `More descriptor files were not looked for: ${strays.why}`)];
  }
  const why = `No Location leads to it from ${file}, so that the bot does not read it.`;
  const notes = strays.paths.slice(0, maxStrays).map((path) => note(join(shownTop, path), why));
  const more = strays.paths.length - maxStrays;
  if (more > 0) notes.push(`… and ${more} more that no Location leads to.`);
  return notes;
}

async function straysIn(checkout: Checkout, read: ReadonlySet<string>) {
  try {
    const tree = await checkout.tree();
    const all = [...((await tree.below('')) ?? new Map<string, unknown>()).keys()];
    const strays = all.filter((path) => usualName.test(path) && !read.has(path));
    return { kind: 'known', paths: strays.toSorted() } as const;
  } catch (error) {
    // Whatever a developer has in the checkout, such as the folder of a database, nothing that counts depends on it.
    return {
      kind: 'unknown',
      why: error instanceof Error ? error.message : String(error),
    } as const;
  }
}
