// Which installation covers a repository now, and what the repository is called. A thread keeps the installation that it
// came by, and that one is gone for good once an owner has taken the App out; put back, it is another. A name may be
// another repository's by now as well: whoever writes by the name alone tells strangers what was decided.

import type { Thread } from '../store/outbox.ts';
import type { GitHub, GitHubApp } from './app.ts';
import { installationOf, isNotPermitted, isSuspended } from './calls.ts';
import { locate, type Located } from './place.ts';

/** For so long it is not asked again who covers a repository, and what it is called. */
const trustedMs = 60_000;

/** A repository as a thread knows it. */
type Place = Pick<Thread, 'installationId' | 'repositoryId' | 'owner' | 'repo'>;

/** A repository as it is now, with calls as the installation that covers it. */
export interface Covered extends Located {
  readonly github: GitHub;
}

/** No installation of the App covers the repository. An owner may undo that. */
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
  /** The repository as it is now. Rejects with OutOfReach where no installation covers it. */
  as(place: Place): Promise<Covered>;
  /** Runs what calls GitHub there. Rejects with CoveredAnew where the place's own installation does not cover it. */
  through<T>(place: Place, call: (covered: Covered) => Promise<T>): Promise<T>;
  /** Trusts nothing any more that was found about the repository, or about any where none is named. */
  forget(repositoryId?: number): void;
}

interface Found extends Located {
  readonly installationId: number;
}

export function openCoverage(
  { asInstallation, asApp }: Pick<GitHubApp, 'asInstallation' | 'asApp'>,
  now: () => Date,
): Coverage {
  const known = new Map<number, Found & { readonly atMs: number }>();

  function keep({ repositoryId }: Place, found: Found): Found {
    known.set(repositoryId, { ...found, atMs: now().getTime() });
    return found;
  }

  async function locateAs(installationId: number, place: Place): Promise<Found | undefined> {
    const located = await locate(await asInstallation(installationId), place);
    return typeof located === 'string' ? undefined : { ...located, installationId };
  }

  /** As the App, which no installation that is gone misleads. */
  async function lookAnew(place: Place): Promise<Found> {
    const name = known.get(place.repositoryId)?.name ?? { owner: place.owner, repo: place.repo };
    known.delete(place.repositoryId);
    const app = await asApp();
    const covering = await installationOf(app, `${name.owner}/${name.repo}`);
    const found = covering && (await locateAs(covering, { ...place, ...name }));
    if (found) {
      // Who covers a name that was taken need not cover the repository that had it.
      const present = `${found.name.owner}/${found.name.repo}`;
      const installationId = isCalled(found, name) ? covering : await installationOf(app, present);
      if (installationId !== undefined) return keep(place, { ...found, installationId });
    }
    const about = `repository ${place.repositoryId}, last seen as ${name.owner}/${name.repo}`;
    throw new OutOfReach(`no installation covers ${about}`);
  }

  async function find(place: Place): Promise<Found> {
    const before = known.get(place.repositoryId);
    const ageMs = before ? now().getTime() - before.atMs : trustedMs;
    // Of a clock that was set back nothing follows.
    if (before && ageMs >= 0 && ageMs < trustedMs) return before;
    try {
      const found = await locateAs(place.installationId, place);
      if (found) return keep(place, found);
    } catch (error) {
      if (!mayBeGone(error)) throw error;
    }
    return lookAnew(place);
  }

  async function asCovering({ installationId, name, owner }: Found): Promise<Covered> {
    return { github: await asInstallation(installationId), name, owner };
  }

  function requireOwn(place: Place, { installationId }: Found): void {
    if (installationId !== place.installationId) throw new CoveredAnew(installationId);
  }

  return {
    as: async (place) => asCovering(await find(place)),
    async through(place, call) {
      const found = await find(place);
      requireOwn(place, found);
      try {
        return await call(await asCovering(found));
      } catch (error) {
        // It may be the repository that is not there, and not only what was looked for in it.
        if (!mayBeGone(error)) throw error;
        const anew = await lookAnew(place);
        requireOwn(place, anew);
        // What is not there may have been looked for in the repository that took the name since.
        if (isCalled(anew, found.name)) throw error;
        return call(await asCovering(anew));
      }
    },
    forget(repositoryId) {
      if (repositoryId === undefined) known.clear();
      else known.delete(repositoryId);
    },
  };
}

function isCalled({ name }: Located, { owner, repo }: Located['name']): boolean {
  return name.owner === owner && name.repo === repo;
}

/** What is seen there; undefined where nothing is: the repository is out of reach, or its installation suspended. */
export async function inSight<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof OutOfReach || mayBeGone(error) || isSuspended(error)) return undefined;
    throw error;
  }
}

/**
 * How GitHub answers an installation that is gone, its token of before included, or that does not cover a repository: a
 * private one is not found, and in a public one nothing may be done.
 */
function mayBeGone(error: unknown): boolean {
  const { status } = error as { status?: number };
  return status === 404 || status === 401 || isNotPermitted(error);
}
