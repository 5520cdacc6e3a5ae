// Which installation covers a repository now. A thread keeps the one that it came by, and that one is gone for good once
// an owner has taken the App out; put back, it is another. A name may be another repository's by now as well: whoever
// writes by the name alone tells strangers what was decided.

import type { Thread } from '../store/outbox.ts';
import type { GitHub, GitHubApp } from './app.ts';
import { installationOf, repositoryIdOf } from './calls.ts';

/** For so long it is not asked again whether a name is still the same repository's. */
const trustedMs = 60_000;

/** A repository as a thread knows it. */
type Place = Pick<Thread, 'installationId' | 'repositoryId' | 'owner' | 'repo'>;

/** No installation of the App covers the repository, or it is no longer called so. An owner may undo that. */
export class OutOfReach extends Error {
  readonly code = 'out-of-reach';
}

/** The repository is covered by another installation than the one that was asked with. */
export class CoveredAnew extends Error {
  readonly code = 'covered-anew';
  readonly installationId: number;

  constructor(installationId: number) {
    super(`the repository is covered by installation ${installationId} now`);
    this.installationId = installationId;
  }
}

export interface Coverage {
  /** Calls as the installation that covers a repository. Rejects with OutOfReach where none does. */
  as(place: Place): Promise<GitHub>;
  /** Runs what calls GitHub there as that installation. Rejects with CoveredAnew where it is not the place's own. */
  through<T>(place: Place, call: (github: GitHub) => Promise<T>): Promise<T>;
  /** Trusts nothing any more that was found about the repository. */
  forget(repositoryId: number): void;
}

export function openCoverage(
  { asInstallation, asApp }: Pick<GitHubApp, 'asInstallation' | 'asApp'>,
  now: () => Date,
): Coverage {
  const known = new Map<number, { readonly installationId: number; readonly atMs: number }>();

  function keep({ repositoryId }: Place, installationId: number): number {
    known.set(repositoryId, { installationId, atMs: now().getTime() });
    return installationId;
  }

  async function isThere(place: Place, installationId: number): Promise<boolean> {
    const found = await repositoryIdOf(await asInstallation(installationId), place);
    return found === place.repositoryId;
  }

  /** As the App, which no installation that is gone misleads. */
  async function lookAnew(place: Place): Promise<number> {
    known.delete(place.repositoryId);
    const name = `${place.owner}/${place.repo}`;
    const covering = await installationOf(await asApp(), name);
    if (covering !== undefined && (await isThere(place, covering))) return keep(place, covering);
    throw new OutOfReach(`no installation covers repository ${place.repositoryId} as ${name}`);
  }

  async function find(place: Place): Promise<number> {
    const before = known.get(place.repositoryId);
    const ageMs = before ? now().getTime() - before.atMs : trustedMs;
    // Of a clock that was set back nothing follows.
    if (before && ageMs >= 0 && ageMs < trustedMs) return before.installationId;
    try {
      if (await isThere(place, place.installationId)) return keep(place, place.installationId);
    } catch (error) {
      if (!mayBeGone(error)) throw error;
    }
    return lookAnew(place);
  }

  function requireOwn(place: Place, installationId: number): void {
    if (installationId !== place.installationId) throw new CoveredAnew(installationId);
  }

  return {
    as: async (place) => asInstallation(await find(place)),
    async through(place, call) {
      requireOwn(place, await find(place));
      try {
        return await call(await asInstallation(place.installationId));
      } catch (error) {
        // It may be the repository that is not there, and not only what was looked for in it.
        if (mayBeGone(error)) requireOwn(place, await lookAnew(place));
        throw error;
      }
    },
    forget: (repositoryId) => void known.delete(repositoryId),
  };
}

/**
 * How GitHub answers an installation that is gone, its token of before included, or that does not cover a repository: a
 * private one is not found, and in a public one nothing may be done.
 */
function mayBeGone(error: unknown): boolean {
  const { status, message = '' } = error as { status?: number; message?: string };
  return status === 404 || status === 401 || (status === 403 && /not accessible/i.test(message));
}
