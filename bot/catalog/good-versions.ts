// Which version of each file counts is kept for the next start: a file that is broken by then defines what it did when
// the bot stopped. Only versions that the bot held itself are kept. The history of a file has others that never counted:
// a pull request brings its own commits along, and a file may have been taken away on purpose. The text is asked for
// again by its hash, so that nothing else can have come in its place.

import { readFile } from './file.ts';
import { heldFile, type HeldFile, type HeldSource, type Unread } from './held.ts';

/** A version of a file that counts. */
export interface Version {
  /** Of its content. */
  readonly hash: string;
  /** The number of the last reading that found it; null where that was the last one of all. */
  readonly goodIn: number | null;
}

/** By path. */
export type Versions = ReadonlyMap<string, Version>;

export interface GoodVersions {
  /** Those of a repository as they were kept last. */
  of(repository: string): Promise<Versions>;
  /** Keeps these in place of those before. They are on disk once it resolves. */
  keep(repository: string, versions: Versions): Promise<void>;
  /** The text with this hash; undefined where the repository does not have it any more. */
  textOf(repository: string, hash: string): Promise<string | undefined>;
}

/** Where nothing outlasts the reading. */
export const nothingKept: GoodVersions = {
  of: async () => new Map(),
  keep: async () => undefined,
  textOf: async () => undefined,
};

/** What was held when the bot stopped, before anything is read. Its readings are counted on, so that the last still is. */
export async function heldBefore(repository: string, versions: GoodVersions): Promise<HeldSource> {
  const kept = await versions.of(repository);
  const readings = Math.max(0, ...Array.from(kept.values(), ({ goodIn }) => goodIn ?? 0)) + 1;
  const unread = new Map(
    Array.from(kept, ([path, { hash, goodIn }]) => [path, { hash, goodIn: goodIn ?? readings }]),
  );
  return { files: new Map(), faults: [], isLacking: true, readings, unread };
}

/** What is to be kept of a source: of what is yet to be read again, the version that is kept already. */
export function versionsOf({ files, readings, unread = new Map() }: HeldSource): Versions {
  const held = Array.from(files.values(), ({ path, revision: hash, goodIn }) => {
    return [path, { hash, goodIn: goodIn === readings ? null : goodIn }] as const;
  });
  return new Map<string, Version>([...unread, ...held]);
}

export interface Recalled {
  readonly files: ReadonlyMap<string, HeldFile>;
  /** Why not all of them could be asked for. */
  readonly failure?: string;
}

/** Reads good versions again. The first one that cannot be asked for now ends it. */
export async function recall(
  repository: string,
  wanted: Unread,
  versions: GoodVersions,
): Promise<Recalled> {
  const files = new Map<string, HeldFile>();
  for (const [path, { hash: revision, goodIn }] of wanted) {
    let text: string | undefined;
    try {
      text = await versions.textOf(repository, revision);
    } catch (error) {
      return { files, failure: error instanceof Error ? error.message : String(error) };
    }
    if (text === undefined) continue;
    const reading = readFile({ repository, path, revision, text });
    // Another version of this program may have found it good.
    if (reading.kind === 'read') files.set(path, heldFile({ path, revision, reading }, goodIn));
  }
  return { files };
}
