// Where descriptors come from, and what is held of them. Each source is one repository and a function that
// loads its files; reading GitHub is the caller's. A file that breaks keeps its last good entities, as Backstage
// does, so that a slip of the pen takes nobody's access away, and the fault says where it is until it is mended.
// Nothing is kept across a restart: a file that is broken then has no entities.

import { readFile, type FaultyEntity, type SourceFile } from './file.ts';
import type { Descriptor } from './model.ts';
import { buildSnapshot, type CatalogFault, type Snapshot } from './snapshot.ts';
import type { Policy } from '../access/policy.ts';

export interface Source {
  /** `owner/name`. */
  readonly repository: string;
  /** All descriptor files of the repository as they are now; rejects when that cannot be known. */
  load(): Promise<readonly SourceFile[]>;
}

export interface Catalog {
  /** Loads one repository again, or all; resolves to the faults of the files themselves. Never rejects. */
  refresh(repository?: string): Promise<readonly CatalogFault[]>;
  /** The catalog as this policy judges it; the faults of files stand before those of entities. */
  snapshot(policy: Policy): Snapshot;
  /** `repository path revision` of every file held, sorted: what the snapshot was made of. */
  revisions(): readonly string[];
}

interface HeldFile {
  readonly path: string;
  readonly revision: string;
  readonly descriptors: readonly Descriptor[];
  readonly faulty: readonly FaultyEntity[];
}

interface HeldSource {
  readonly files: ReadonlyMap<string, HeldFile>;
  readonly faults: readonly CatalogFault[];
}

export function openCatalog(sources: readonly Source[]): Catalog {
  const held = new Map<string, HeldSource>();
  // Two refreshes of one repository must not finish in the wrong order, so each waits for the one before.
  const turns = new Map<string, Promise<void>>();

  const refreshOne = async (source: Source) => {
    const repository = source.repository.toLowerCase();
    const turn = (turns.get(repository) ?? Promise.resolve()).then(async () => {
      held.set(repository, await loadSource(source, held.get(repository)));
    });
    turns.set(repository, turn);
    await turn;
  };

  const faults = () => [...held.values()].flatMap((source) => source.faults);
  return {
    async refresh(repository) {
      const wanted = sources.filter(
        (source) =>
          repository === undefined || source.repository.toLowerCase() === repository.toLowerCase(),
      );
      await Promise.all(wanted.map(refreshOne));
      return faults();
    },
    snapshot(policy) {
      const files = [...held.values()].flatMap((source) => Array.from(source.files.values()));
      const snapshot = buildSnapshot(
        {
          descriptors: files.flatMap((file) => file.descriptors),
          faulty: files.flatMap((file) => file.faulty),
        },
        policy,
      );
      return { ...snapshot, faults: [...faults(), ...snapshot.faults] };
    },
    revisions() {
      return [...held]
        .flatMap(([repository, { files }]) =>
          [...files.values()].map((file) => `${repository} ${file.path} ${file.revision}`),
        )
        .sort();
    },
  };
}

async function loadSource(source: Source, before: HeldSource | undefined): Promise<HeldSource> {
  const repository = source.repository.toLowerCase();
  let loaded: readonly SourceFile[];
  try {
    loaded = await source.load();
  } catch (error) {
    const message = `The repository could not be read: ${error instanceof Error ? error.message : String(error)}`;
    const place = { repository, path: '', line: 1 };
    const fault = { code: 'unreadable', ref: null, place, message } as const;
    return { files: before?.files ?? new Map<string, HeldFile>(), faults: [fault] };
  }
  const files = new Map<string, HeldFile>();
  const faults: CatalogFault[] = [];
  for (const file of loaded) {
    // A source speaks for its own repository: the origin decides what an entity may be.
    const reading = readFile({ ...file, repository });
    const { path, revision } = file;
    if (reading.kind === 'read') {
      const { descriptors, faulty } = reading;
      files.set(path, { path, revision, descriptors, faulty });
      continue;
    }
    const { place, message } = reading;
    faults.push({ code: 'broken-file', ref: null, place, message });
    const lastGood = before?.files.get(path);
    if (lastGood) files.set(path, lastGood);
  }
  return { files, faults };
}
