// Texts of files by their hashes, many with one call: GraphQL gives them in batches, where REST would need a call for
// each, and a repository with many descriptors would use up what GitHub allows in an hour at every start.

import type { GitHub } from './app.ts';
import { blobText, split } from './calls.ts';
import { atMost } from './turns.ts';

/** Files that one call asks for. */
const maxFiles = 50;
/** Text that one call asks for: 1 MiB, though a single file may be as long as it is. */
const maxBytes = 1_048_576;
/** Calls at a time. */
const maxCallsAtOnce = 4;

interface Blob {
  readonly isTruncated: boolean;
  readonly text: string | null;
}

/** A file that GitHub lists and then does not give. */
class BlobMissing extends Error {
  readonly code = 'blob-missing';
}

/** Texts by hash; one is missing where the file is not text, or longer than GitHub gives out like this. */
export async function readTexts(
  github: GitHub,
  repository: string,
  blobs: readonly { readonly sha: string; readonly bytes: number }[],
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  const inLine = atMost(maxCallsAtOnce);
  // The same content stands at several paths, and an empty one needs no asking.
  const single = new Map(blobs.map(({ sha, bytes }) => [sha, bytes]));
  for (const [sha, bytes] of single) if (bytes === 0) texts.set(sha, '');
  const asked = Array.from(single).filter(([, bytes]) => bytes > 0);
  await Promise.all(
    batches(asked).map((batch) =>
      inLine(async () => {
        for (const [sha, blob] of await askFor(github, repository, batch)) {
          if (!blob) throw new BlobMissing(`GitHub lists ${sha} in ${repository}, and lacks it.`);
          const { text, isTruncated } = blob;
          if (text !== null && !isTruncated) texts.set(sha, text);
        }
      }),
    ),
  );
  return texts;
}

/** Texts by hash, of fifty at the most, whose sizes nobody knows. One is missing where the repository has it no more. */
export async function findTexts(
  github: GitHub,
  repository: string,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const [sha, blob] of await askFor(github, repository, [...new Set(hashes)])) {
    const text = blob?.isTruncated ? await blobText(github, repository, sha) : blob?.text;
    if (typeof text === 'string') texts.set(sha, text);
  }
  return texts;
}

function batches(blobs: readonly (readonly [string, number])[]): readonly (readonly string[])[] {
  const all: string[][] = [];
  let bytes = Infinity;
  for (const [sha, size] of blobs) {
    const last = all.at(-1);
    bytes += size;
    if (last && last.length < maxFiles && bytes <= maxBytes) last.push(sha);
    else {
      all.push([sha]);
      bytes = size;
    }
  }
  return all;
}

async function askFor(
  github: GitHub,
  repository: string,
  shas: readonly string[],
): Promise<readonly (readonly [string, Blob | null])[]> {
  const { owner, repo } = split(repository);
  const names = shas.map((_sha, index) => `f${index}`);
  const answer = await github.graphql<{ repository: Readonly<Record<string, Blob | null>> }>(
    `query($owner: String!, $repo: String!, ${names.map((name) => `$${name}: GitObjectID!`).join(', ')}) {
      repository(owner: $owner, name: $repo) {
        ${names.map((name) => `${name}: object(oid: $${name}) { ...blob }`).join('\n')}
      }
    }
    fragment blob on Blob { isTruncated text }`,
    { owner, repo, ...Object.fromEntries(names.map((name, index) => [name, shas[index]])) },
  );
  return shas.map((sha, index) => [sha, answer.repository[`f${index}`] ?? null] as const);
}
