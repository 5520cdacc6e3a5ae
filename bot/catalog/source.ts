// Where definitions come from, and what is held of them. A source is one repository with its descriptor files, those
// that Locations lead to included, or a Backstage with its entities; reading either is the caller's. A file that breaks
// keeps its last good entities, as Backstage does, so that a slip of the pen takes nobody's access away, and the fault
// says where it is until it is mended. What is in another file by then counts as it is there (held.ts). A Backstage
// that cannot be read whole keeps all it had; how long that may count is the caller's. A repository that GitHub does
// not show any more counts for an hour (withheld.ts). Nothing is kept across a restart: a file that is broken then
// has no entities.

import type { Policy } from '../access/policy.ts';
import { readEntities, type Origins } from './backstage.ts';
import type { Checkout } from './checkout.ts';
import { follow, type Followed } from './following.ts';
import { countedOf, type HeldFile, type HeldSource } from './held.ts';
import type { Place } from './model.ts';
import { fileAt } from './origin.ts';
import { buildSnapshot, type CatalogFault, type Snapshot } from './snapshot.ts';
import { SourceWithheld, withhold } from './withheld.ts';

/** A repository. */
export interface Source {
  /** `owner/name`. */
  readonly repository: string;
  /**
   * The repository as it is now; undefined where it has no descriptor file. Rejects when that cannot be known, and with
   * SourceWithheld where GitHub says that it is not to be.
   */
  open(): Promise<Checkout | undefined>;
}

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

/** A file that is not there any more counts for so long: GitHub says so for a moment of files that are. */
const missingMs = 60_000;

/** Gives what a source has now, from what it had before. */
type Load = (before: HeldSource | undefined) => Promise<HeldSource>;

export function openCatalog(
  sources: readonly Source[],
  backstage?: EntitySource,
  now: () => Date = () => new Date(),
): Catalog {
  const loads = new Map<string, Load>(
    sources.map((source) => [
      source.repository.toLowerCase(),
      (before) => loadFiles(source, before, now().getTime()),
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
      const isOnce = ({ place }: { readonly place: Place }) => !isReadTwice(sources, place);
      const lacking = [...sources].flatMap(([name, { isLacking }]) => (isLacking ? [name] : []));
      const snapshot = buildSnapshot(
        {
          descriptors: files.flatMap((file) => file.descriptors).filter(isOnce),
          faulty: files.flatMap((file) => file.faulty).filter(isOnce),
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

async function loadFiles(
  source: Source,
  before: HeldSource | undefined,
  nowMs: number,
): Promise<HeldSource> {
  const repository = foldName(source.repository);
  let read: HeldSource;
  try {
    read = await readFiles(repository, await source.open(), before);
  } catch (error) {
    return unreadable(repository, { what: 'The repository', error, before, nowMs });
  }
  const files = new Map(read.files);
  const faults = [...read.faults];
  const missedAt = missing(before, { read, nowMs });
  for (const path of missedAt.keys()) {
    const file = before?.files.get(path);
    if (!file) continue;
    files.set(path, file);
    const message =
      'The file is not there any more, or nothing leads to it. What it defined, and no other file does, counts for a minute yet.';
    faults.push({ code: 'missing-file', ref: null, place: { repository, path, line: 1 }, message });
  }
  return { ...read, files, faults, missedAt };
}

/** What the files of a checkout define; in place of one that is broken what it defined `before`. */
async function readFiles(
  // A source speaks for its own repository: the origin decides what an entity may be.
  repository: string,
  checkout: Checkout | undefined,
  before: HeldSource | undefined,
): Promise<HeldSource> {
  const readings = (before?.readings ?? 0) + 1;
  const pointersOf = (path: string) => before?.files.get(path)?.pointers ?? [];
  const followed = checkout
    ? await follow(checkout, repository, { followed: before?.followed, pointersOf })
    : nothing;
  const files = new Map<string, HeldFile>();
  const faults: CatalogFault[] = [];
  let isLacking = followed.isIncomplete;
  for (const { path, revision, reading } of followed.files.values()) {
    if (reading.kind === 'read') {
      const { descriptors, faulty, pointers } = reading;
      files.set(path, { path, revision, descriptors, faulty, pointers, goodIn: readings });
      continue;
    }
    const { place, message } = reading;
    faults.push({ code: 'broken-file', ref: null, place, message });
    const lastGood = before?.files.get(path);
    if (lastGood) files.set(path, lastGood);
    else isLacking = true;
  }
  // What takes something away stands before what was never there.
  return { files, faults: [...faults, ...followed.faults], followed, isLacking, readings };
}

const nothing: Followed = { files: new Map(), faults: [], isIncomplete: false, tree: null };

/** The files that were held and are not there, since when, but for those that have been missed for long enough. */
function missing(
  before: HeldSource | undefined,
  { read, nowMs }: { read: HeldSource; nowMs: number },
): ReadonlyMap<string, number> {
  const missed = [...(before?.files.keys() ?? [])]
    .filter((path) => read.followed?.files.has(path) !== true)
    .map((path) => [path, before?.missedAt?.get(path) ?? nowMs] as const);
  return new Map(missed.filter(([, since]) => nowMs - since < missingMs));
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
    const file = { path, revision, ...readEntities(entities, origins), pointers: [], goodIn: 1 };
    return { files: new Map([[path, file]]), faults: [], isLacking: false, readings: 1 };
  } catch (error) {
    return unreadable(backstageName, { what: 'Backstage', error, before, nowMs });
  }
}

function unreadable(
  repository: string,
  failure: { what: string; error: unknown; before: HeldSource | undefined; nowMs: number },
): HeldSource {
  const { what, error, before, nowMs } = failure;
  const why = `${what} could not be read: ${error instanceof Error ? error.message : String(error)}`;
  const place = { repository, path: '', line: 1 };
  const fault = { code: 'unreadable', ref: null, place } as const;
  if (!(error instanceof SourceWithheld)) {
    // With the files that are missing since when: otherwise one reading in two that fails would keep them for ever.
    const faults = [{ ...fault, message: why }];
    return { files: new Map(), isLacking: true, readings: 0, ...before, faults };
  }
  const isHeld = before !== undefined && before.files.size > 0;
  const { sinceMs, isOver, sentence } = withhold(
    { sinceMs: before?.withheldSinceMs, isHeld },
    nowMs,
  );
  const faults = [{ ...fault, message: `${why} ${sentence}` }];
  const kept = isOver ? undefined : before;
  return {
    files: new Map(),
    isLacking: true,
    readings: 0,
    ...kept,
    withheldSinceMs: sinceMs,
    faults,
  };
}
