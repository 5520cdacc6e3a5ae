// The sources of the catalog as the bot reads them: the repositories through the App, and a Backstage beside them. It
// knows when each was last read whole, and tells a repository that GitHub does not show the App any more from a GitHub
// that does not answer. What that means for a decision is for others.

import type { GoodVersions } from '../catalog/good-versions.ts';
import type { Source } from '../catalog/reading.ts';
import { backstageName, openCatalog, type Catalog, type EntitySource } from '../catalog/source.ts';
import { SourceWithheld } from '../catalog/withheld.ts';
import type { Config } from '../config.ts';
import type { FileVersions } from '../file-versions.ts';
import type { GitHub } from './app.ts';
import { readDescriptors } from './descriptors.ts';
import { isWithheld, type Repositories } from './repositories.ts';
import { findTexts } from './texts.ts';
import { rememberTrees } from './trees.ts';

export interface CatalogReadings {
  readonly catalog: Catalog;
  /** Reads all repositories again. */
  repositories(): Promise<void>;
  /** Reads the Backstage again, where there is one. */
  backstage(): Promise<void>;
  /** When a Backstage was last read whole. */
  backstageReadAt(): Date | undefined;
  /** When each source was last read whole, by its name; undefined where it never was. */
  readAt(): ReadonlyMap<string, Date | undefined>;
}

export function openReadings({
  config,
  repositories,
  fileVersions,
  backstage,
  now,
}: {
  readonly config: Pick<Config, 'catalog'>;
  readonly repositories: Pick<Repositories, 'read'>;
  readonly fileVersions: FileVersions;
  readonly backstage?: EntitySource | undefined;
  now(): Date;
}): CatalogReadings {
  const { repositories: names, path } = config.catalog;
  const versions: GoodVersions = {
    of: (repository) => fileVersions.of('descriptor', repository),
    keep: (repository, kept) => fileVersions.keep('descriptor', repository, kept),
    async textsOf(repository, hashes) {
      const find = (github: GitHub) => findTexts(github, repository, hashes);
      return (await repositories.read(repository, find)) ?? new Map();
    },
  };
  const catalog = openCatalog(names.map(sourceOf), { backstage, versions, now });
  const sources = backstage ? [...names, backstageName] : names;
  const readAt = new Map<string, Date | undefined>(sources.map((name) => [name, undefined]));

  function sourceOf(repository: string): Source {
    const memory = rememberTrees();
    return {
      repository,
      async open() {
        try {
          return await repositories.read(repository, (github) =>
            readDescriptors(github, repository, { path, memory }),
          );
        } catch (error) {
          if (!isWithheld(error)) throw error;
          const { message } = error as Error;
          throw new SourceWithheld(message, { cause: error });
        }
      },
    };
  }

  /** What was read is true as of the beginning of the reading. */
  async function read(name: string): Promise<void> {
    const began = now();
    const faults = await catalog.refresh(name);
    const isUnread = faults.some(
      ({ code, place }) => code === 'unreadable' && place.repository === name.toLowerCase(),
    );
    if (!isUnread) readAt.set(name, began);
  }

  return {
    catalog,
    async repositories() {
      await Promise.all(names.map(read));
    },
    async backstage() {
      if (backstage) await read(backstageName);
    },
    backstageReadAt: () => readAt.get(backstageName),
    readAt: () => readAt,
  };
}
