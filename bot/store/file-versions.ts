// Which version of each file that rules are read from was good when it was last read, by the hash of its content, so that
// a restart does not forget what stands in for a file that is broken.

import type { Version } from '../catalog/good-versions.ts';
import { maxRowsAtOnce, type Queries } from './store.ts';

/** What a file is read for: one repository may hold the policy and descriptors. */
export type FileUse = 'policy' | 'descriptor';

export interface FilesOf {
  readonly use: FileUse;
  /** `owner/name` in lower case. */
  readonly repository: string;
}

/** By path. */
export async function fileVersions(
  queries: Queries,
  { use, repository }: FilesOf,
): Promise<Map<string, Version>> {
  const rows = await queries
    .selectFrom('fileVersions')
    .select(['path', 'hash', 'goodIn'])
    .where('use', '=', use)
    .where('repository', '=', repository)
    .execute();
  return new Map(rows.map(({ path, hash, goodIn }) => [path, { hash, goodIn }]));
}

/** Remembers these by path, and forgets those that are null. */
export async function rememberVersions(
  queries: Queries,
  { use, repository }: FilesOf,
  changes: ReadonlyMap<string, Version | null>,
): Promise<void> {
  const all = [...changes];
  for (let first = 0; first < all.length; first += maxRowsAtOnce) {
    const some = all.slice(first, first + maxRowsAtOnce);
    const paths = some.map(([path]) => path);
    await queries
      .deleteFrom('fileVersions')
      .where('use', '=', use)
      .where('repository', '=', repository)
      .where('path', 'in', paths)
      .execute();
    const rows = some.flatMap(([path, version]) =>
      version === null ? [] : [{ use, repository, path, ...version }],
    );
    if (rows.length > 0) await queries.insertInto('fileVersions').values(rows).execute();
  }
}

/** Forgets all files but those of these. */
export async function forgetVersions(queries: Queries, but: readonly FilesOf[]): Promise<void> {
  const known = await queries
    .selectFrom('fileVersions')
    .select(['use', 'repository'])
    .distinct()
    .execute();
  for (const { use, repository } of known) {
    if (but.some((each) => each.use === use && each.repository === repository)) continue;
    await queries
      .deleteFrom('fileVersions')
      .where('use', '=', use)
      .where('repository', '=', repository)
      .execute();
  }
}
