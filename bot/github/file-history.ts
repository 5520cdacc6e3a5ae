// What a file was before: its versions on the default branch, newest first. A bot that has just started holds nothing
// that could stand in for a file that is broken now, and looks here for what it would hold had it never stopped.

import type { GitHub } from './app.ts';
import { FileTooLong, readFile, split, type RepositoryFile } from './calls.ts';

/**
 * Versions of one file that are looked at, the broken one included. Each costs a call, and what nobody has mended for
 * as many changes is no slip of the pen.
 */
const maxVersions = 10;

export interface FileVersion extends RepositoryFile {
  /** The commit that it was read at. */
  readonly commit: string;
}

/** What `use` makes of the newest version that it can use; undefined where it can use none of the last ones. */
export async function newestUsable<T>(
  github: GitHub,
  { repository, path }: { repository: string; path: string },
  use: (version: FileVersion) => T | undefined,
): Promise<T | undefined> {
  const asked = { ...split(repository), path, per_page: maxVersions };
  const { data } = await github.rest.repos.listCommits(asked);
  // One after the other: the second is mostly the one.
  for (const { sha: commit } of data) {
    const file = await fileAt(github, repository, { path, ref: commit });
    const used = file && use({ ...file, commit });
    if (used !== undefined) return used;
  }
  return undefined;
}

/** Undefined where the commit took the file away, or it was too long to be used. */
async function fileAt(
  github: GitHub,
  repository: string,
  at: { path: string; ref: string },
): Promise<RepositoryFile | undefined> {
  try {
    return await readFile(github, repository, at);
  } catch (error) {
    if (error instanceof FileTooLong) return undefined;
    throw error;
  }
}
