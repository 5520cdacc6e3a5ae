// Which version of each file counts is kept for the next start: a file that is broken by then defines what it did when
// the bot stopped. Only versions that the bot held itself are kept. The history of a file has others that never counted:
// a pull request brings its own commits along, and a file may have been taken away on purpose. The text is asked for
// again by its hash, so that nothing else can have come in its place.

import { readFile } from './file.ts';
import { inBetween } from './following.ts';
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
  /** Texts by hash, of fifty at the most; one is missing where the repository does not have it any more. */
  textsOf(repository: string, hashes: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** Where nothing outlasts the reading. */
export const nothingKept: GoodVersions = {
  of: async () => new Map(),
  keep: async () => undefined,
  textsOf: async () => new Map(),
};

/** Together with what was kept. */
export type Known = HeldSource & { readonly unread: Unread };

/**
 * What is held of a repository, together with what was when the bot stopped. Readings are counted on from there: what is
 * read now is newer than all of that.
 */
export async function withKept(
  repository: string,
  held: HeldSource | undefined,
  versions: GoodVersions,
): Promise<Known> {
  if (held?.unread) return { ...held, unread: held.unread };
  const kept = await versions.of(repository);
  const readings = Math.max(0, ...Array.from(kept.values(), ({ goodIn }) => goodIn ?? 0)) + 1;
  const unread = new Map(
    Array.from(kept, ([path, { hash, goodIn }]) => [path, { hash, goodIn: goodIn ?? readings }]),
  );
  return { files: new Map(), faults: [], isLacking: true, ...held, readings, unread };
}

/** What is to be kept of a source. What is not there is not: only a bot that runs on can take that for a slip of GitHub. */
export function versionsOf(source: HeldSource): Versions {
  const { files, readings, unread = new Map(), missedAt = new Map() } = source;
  const held = Array.from(files.values(), ({ path, revision: hash, goodIn }) => {
    return [path, { hash, goodIn: goodIn === readings ? null : goodIn }] as const;
  });
  const all = [...unread, ...held].filter(([path]) => !missedAt.has(path));
  return new Map<string, Version>(all);
}

/** What is asked for at once. */
const maxTexts = 50;

interface Recalled {
  readonly files: ReadonlyMap<string, HeldFile>;
  /** Those that could not be asked for now, and why. */
  readonly unanswered: Unread;
  readonly failure?: string;
}

/** Reads good versions again. The first failure ends it. */
export async function recall(
  repository: string,
  wanted: Unread,
  versions: GoodVersions,
): Promise<Recalled> {
  const files = new Map<string, HeldFile>();
  const unanswered = new Map(wanted);
  while (unanswered.size > 0) {
    const asked = [...unanswered].slice(0, maxTexts);
    let texts: ReadonlyMap<string, string>;
    try {
      const hashes = asked.map(([, { hash }]) => hash);
      texts = await versions.textsOf(repository, hashes);
    } catch (error) {
      return { files, unanswered, failure: error instanceof Error ? error.message : String(error) };
    }
    for (const [path, { hash: revision, goodIn }] of asked) {
      unanswered.delete(path);
      const text = texts.get(revision);
      if (text === undefined) continue;
      const reading = await inBetween(() => readFile({ repository, path, revision, text }));
      // Another version of this program may have found it good.
      if (reading.kind === 'broken') continue;
      files.set(path, { ...heldFile({ path, revision, reading }, goodIn), isRecalled: true });
    }
  }
  return { files, unanswered };
}
