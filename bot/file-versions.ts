// Which version of each file the rules were made of, kept in the store for the next start. Only what rules are read from
// today is kept: a repository that is taken out of the settings and put back begins anew.

import type { Config } from './config.ts';
import type { Version, Versions } from './catalog/good-versions.ts';
import {
  fileVersions,
  forgetVersions,
  rememberVersions,
  type FilesOf,
  type FileUse,
} from './store/file-versions.ts';
import type { Store } from './store/store.ts';

export interface FileVersions {
  /** The versions that were good when they were last read, by path. `repository` is `owner/name` in any case. */
  of(use: FileUse, repository: string): Promise<Versions>;
  /** Keeps these in place of those before. They are on disk once it resolves. */
  keep(use: FileUse, repository: string, versions: Versions): Promise<void>;
}

/** Forgets first what the settings do not name any more. */
export async function openFileVersions(
  store: Store,
  { policy, catalog }: Pick<Config, 'policy' | 'catalog'>,
): Promise<FileVersions> {
  const named = [
    filesOf('policy', policy.repository),
    ...catalog.repositories.map((repository) => filesOf('descriptor', repository)),
  ];
  await store.transaction((queries) => forgetVersions(queries, named));
  const kept = new Map<string, Versions>();

  async function of(use: FileUse, repository: string): Promise<Versions> {
    const files = filesOf(use, repository);
    const key = `${use} ${files.repository}`;
    const known = kept.get(key);
    if (known) return known;
    const versions = await fileVersions(store.queries, files);
    kept.set(key, versions);
    return versions;
  }

  return {
    of,
    async keep(use, repository, versions) {
      const before = await of(use, repository);
      const files = filesOf(use, repository);
      const changes = differences(before, versions);
      if (changes.size === 0) return;
      await store.transaction((queries) => rememberVersions(queries, files, changes));
      kept.set(`${use} ${files.repository}`, versions);
    },
  };
}

function filesOf(use: FileUse, repository: string): FilesOf {
  return { use, repository: repository.toLowerCase() };
}

function differences(before: Versions, after: Versions): ReadonlyMap<string, Version | null> {
  const isKept = ([path, { hash, goodIn }]: readonly [string, Version]) => {
    const known = before.get(path);
    return known?.hash === hash && known.goodIn === goodIn;
  };
  const gone = [...before.keys()].filter((path) => !after.has(path));
  const other = [...after].filter((each) => !isKept(each));
  return new Map<string, Version | null>([...gone.map((path) => [path, null] as const), ...other]);
}
