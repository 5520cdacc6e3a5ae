// Where definitions come from, and what is held of them. A source is one repository with its descriptor files, those
// that Locations lead to included, or a Backstage with its entities; reading either is the caller's. A file that breaks
// keeps its last good entities, as Backstage does, so that a slip of the pen takes nobody's access away, and the fault
// says where it is until it is mended, also over a restart (good-versions.ts). What is in another file by then counts as
// it is there (held.ts). A Backstage that cannot be read whole keeps all it had; how long that may count is the caller's.
// A repository that GitHub does not show any more counts for an hour (withheld.ts).

import type { Policy } from '../access/policy.ts';
import { readEntities, type Origins } from './backstage.ts';
import type { Checkout } from './checkout.ts';
import type { FaultyEntity } from './file.ts';
import { nothingKept, type GoodVersions } from './good-versions.ts';
import { countedOf, heldFile, unreadable, type HeldFile, type HeldSource } from './held.ts';
import type { Descriptor, Place } from './model.ts';
import { fileAt } from './origin.ts';
import { loadFiles, readFiles, type Source } from './reading.ts';
import { buildSnapshot, type CatalogFault, type Snapshot } from './snapshot.ts';

/** A Backstage: many repositories and providers at once, each entity with where it is from. */
export interface EntitySource {
  readonly origins: Origins;
  /** It tells of no change: how long what it said last may stand in while it does not answer. */
  readonly maxAgeMs: number;
  /** All entities that access may depend on, as they are now; rejects when it cannot have them whole. */
  load(): Promise<SourceEntities>;
}

/** A repository as it is somewhere, read and not held. */
export interface Trial {
  readonly repository: string;
  /** All files that were read or are held: what becomes of any other changes nothing. */
  readonly paths: ReadonlySet<string>;
  /** Whether these very files are held. */
  readonly isHeld: boolean;
  readonly read: HeldSource;
}

export interface SourceEntities {
  /** As parsed from JSON; nothing of them is checked yet. */
  readonly entities: readonly unknown[];
  /** Another one where anything is different. */
  readonly revision: string;
}

/** What a fault and a revision call the Backstage. */
export const backstageName = 'backstage';

export interface Catalog {
  /** Loads one source again, or all; resolves to the faults of the sources themselves. Never rejects. */
  refresh(name?: string): Promise<readonly CatalogFault[]>;
  /** What was wrong with each source when it was loaded last. */
  faults(): readonly CatalogFault[];
  /** Reads a repository as it is in a checkout, as it would be held: what a broken file defined before stands in for it. */
  tryOut(repository: string, checkout: Checkout | undefined): Promise<Trial>;
  /**
   * The catalog as this policy judges it; the faults of sources stand before those of entities. `instead`: as it would be
   * with what was tried in place of what is held.
   */
  snapshot(policy: Policy, instead?: Trial): Snapshot;
  /** `source path revision` of everything held, sorted: what the snapshot was made of. */
  revisions(): readonly string[];
}

/** Gives what a source has now, from what it had before. */
type Load = (before: HeldSource | undefined) => Promise<HeldSource>;

export interface CatalogParts {
  readonly backstage?: EntitySource | undefined;
  /** Of descriptor files; left out, a file that is broken at the first reading has no entities. */
  readonly versions?: GoodVersions;
  now?(): Date;
}

export function openCatalog(
  sources: readonly Source[],
  { backstage, versions = nothingKept, now = () => new Date() }: CatalogParts = {},
): Catalog {
  const loads = new Map<string, Load>(
    sources.map((source) => [
      source.repository.toLowerCase(),
      (before) => loadFiles(source, { before, versions, nowMs: now().getTime() }),
    ]),
  );
  if (backstage) {
    loads.set(backstageName, (before) => loadEntities(backstage, before, now().getTime()));
  }
  const held = new Map<string, HeldSource>();
  // Two refreshes of one source must not finish in the wrong order, so each waits for the one before.
  const turns = new Map<string, Promise<void>>();

  const refreshOne = async (name: string, load: Load) => {
    const turn = (turns.get(name) ?? Promise.resolve()).then(async () => {
      held.set(name, await load(held.get(name)));
    });
    turns.set(name, turn);
    await turn;
  };

  /** What a Backstage has of a file that is read directly would be a second definition of the same. */
  const isReadTwice = (sources: ReadonlyMap<string, HeldSource>, { repository }: Place) => {
    const file = backstage && fileAt(repository, backstage.origins);
    return file && sources.get(file.repository)?.files.has(file.path);
  };
  const faults = () => faultsOf(held);
  return {
    async refresh(name) {
      const wanted = [...loads].filter(([each]) => name === undefined || each === foldName(name));
      await Promise.all(wanted.map(([each, load]) => refreshOne(each, load)));
      return faults();
    },
    faults,
    async tryOut(name, checkout) {
      const repository = foldName(name);
      const before = held.get(repository);
      const read = await readFiles(repository, checkout, before);
      const now = [...(read.followed?.files.values() ?? [])];
      const then = before?.files ?? new Map<string, HeldFile>();
      const isHeld =
        then.size === now.length &&
        now.every(({ path, revision }) => then.get(path)?.revision === revision);
      const paths = new Set([...then.keys(), ...now.map(({ path }) => path)]);
      return { repository, paths, isHeld, read };
    },
    snapshot(policy, instead) {
      const sources = instead ? new Map(held).set(instead.repository, instead.read) : held;
      const files = [...sources.values()].flatMap(countedOf);
      const recalled = new Set<Descriptor | FaultyEntity>();
      for (const { isRecalled, descriptors, faulty } of files) {
        if (isRecalled) for (const each of [...descriptors, ...faulty]) recalled.add(each);
      }
      const isOnce = ({ place }: { readonly place: Place }) => !isReadTwice(sources, place);
      const lacking = [...sources].flatMap(([name, { isLacking }]) => (isLacking ? [name] : []));
      const snapshot = buildSnapshot(
        {
          descriptors: files.flatMap((file) => file.descriptors).filter(isOnce),
          faulty: files.flatMap((file) => file.faulty).filter(isOnce),
          recalled,
          lacking: new Set(lacking),
        },
        policy,
      );
      return { ...snapshot, faults: [...faultsOf(sources), ...snapshot.faults] };
    },
    revisions() {
      return [...held]
        .flatMap(([name, { files }]) =>
          [...files.values()].map((file) => `${name} ${file.path} ${file.revision}`),
        )
        .sort();
    },
  };
}

function foldName(name: string): string {
  return name.toLowerCase();
}

function faultsOf(sources: ReadonlyMap<string, HeldSource>): readonly CatalogFault[] {
  return [...sources.values()].flatMap((source) => source.faults);
}

async function loadEntities(
  { origins, load }: EntitySource,
  before: HeldSource | undefined,
  nowMs: number,
): Promise<HeldSource> {
  const path = '';
  try {
    const { entities, revision } = await load();
    // Most readings find nothing new, and a large catalog takes a while to be read again.
    if (before?.files.get(path)?.revision === revision) return { ...before, faults: [] };
    const read = { ...readEntities(entities, origins), pointers: [], kind: 'read' } as const;
    const file = heldFile({ path, revision, reading: read }, 1);
    return { files: new Map([[path, file]]), faults: [], isLacking: false, readings: 1 };
  } catch (error) {
    return unreadable(backstageName, { what: 'Backstage', error, before, nowMs });
  }
}
