// Reads files of repositories through whichever installation covers them: the policy and the descriptors. It keeps
// which installation that is, and nothing of what was read.

import { StartFault } from '../start-fault.ts';
import type { GitHub, GitHubApp } from './app.ts';
import {
  installationIn,
  installationOf,
  isNotPermitted,
  isPublic,
  isSuspended,
  readFile,
  type RepositoryFile,
} from './calls.ts';

export interface Repositories {
  /** A file of the default branch; undefined when it is not there. Rejects when the App cannot see the repository. */
  readFile(repository: string, path: string): Promise<RepositoryFile | undefined>;
  /**
   * What is asked for as the installation that covers the repository; undefined when it is not there. Rejects like
   * `readFile`.
   */
  read<T>(
    repository: string,
    ask: (github: GitHub) => Promise<T | undefined>,
  ): Promise<T | undefined>;
  /** Calls as the installation that covers one of these. */
  as(repository: string): Promise<GitHub>;
  /** Calls as the installation in an organisation; undefined where there is none. Asked each time: it decides. */
  inOrganization(login: string): Promise<GitHub | undefined>;
}

/** Mended at GitHub, and noticed by the next reading. */
export class NotInstalled extends StartFault {
  readonly code = 'not-installed';

  constructor(repository: string) {
    super([
      `The App is not installed on ${repository}. Install it there, with read access to contents.`,
    ]);
  }
}

/**
 * Whether GitHub has answered that the App may not see a repository: it was taken out, given away or deleted, its
 * installation is suspended, or may not read contents. A GitHub that is down answers something else, or nothing.
 */
export function isWithheld(error: unknown): boolean {
  return error instanceof NotInstalled || isSuspended(error) || isNotPermitted(error);
}

export function openRepositories(app: GitHubApp): Repositories {
  const installations = new Map<string, number>();

  async function as(repository: string): Promise<GitHub> {
    const known = installations.get(repository);
    if (known !== undefined) return app.asInstallation(known);
    const found = await installationOf(await app.asApp(), repository);
    if (found === undefined) throw new NotInstalled(repository);
    installations.set(repository, found);
    return app.asInstallation(found);
  }

  async function read<T>(
    repository: string,
    ask: (github: GitHub) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    try {
      const github = await as(repository);
      const found = await ask(github);
      // GitHub says the same of a file that is not there and of a repository that it does not show.
      if (found === undefined && (await isPublic(github, repository)) === undefined) {
        throw new NotInstalled(repository);
      }
      return found;
    } catch (error) {
      // The App may have been installed anew under another number: ask again the next time.
      installations.delete(repository);
      throw error;
    }
  }

  return {
    as,
    async inOrganization(login) {
      const found = await installationIn(await app.asApp(), login);
      return found === undefined ? undefined : app.asInstallation(found);
    },
    read,
    readFile: (repository, path) =>
      read(repository, (github) => readFile(github, repository, { path })),
  };
}
