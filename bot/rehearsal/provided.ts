// What a Backstage has from elsewhere than the repositories that the bot reads: descriptors in a file on this disk, each
// counted as of the location that the file was named with. A Backstage has what a Location in it leads to from another
// location, so that nothing is followed here.

import { digest } from '../access/canonical.ts';
import { readFile, type FaultyEntity } from '../catalog/file.ts';
import type { Descriptor, Place } from '../catalog/model.ts';
import { fileAt, originOf } from '../catalog/origin.ts';
import type { CatalogFault } from '../catalog/snapshot.ts';
import { readText } from './disk.ts';
import { usualPath } from './repository.ts';

/** What a bot takes for a repository's own file, where no setting says otherwise. */
const usualFiles = { site: 'https://github.com', branch: 'main', path: usualPath };

export interface ProvidedFile {
  readonly location: string;
  readonly descriptors: readonly Descriptor[];
  readonly faulty: readonly FaultyEntity[];
  readonly faults: readonly CatalogFault[];
  readonly revisions: readonly string[];
}

/** `location` is as policy may name it, with or without `*`. Throws a StartFault for a file that cannot be read. */
export function readProvided(location: string, path: string): ProvidedFile {
  const text = readText(path);
  const revision = digest(text.toWellFormed());
  const reading = readFile({ repository: location, path, revision, text });
  // The reader takes it for the name of a repository, which it folds, and locations are compared as they are spelled.
  const located = <Read extends { readonly place: Place }>(read: Read): Read => ({
    ...read,
    place: { ...read.place, repository: location },
  });
  const about = { location, revisions: [`${location} ${path} ${revision}`] };
  if (reading.kind === 'broken') {
    const { place, message } = reading;
    const fault = { code: 'broken-file', ref: null, place, message } as const;
    return { ...about, descriptors: [], faulty: [], faults: [located(fault)] };
  }
  const { descriptors, faulty, pointers } = reading;
  return {
    ...about,
    descriptors: descriptors.map(located),
    faulty: faulty.map(located),
    faults: pointers.map(({ target, place }) => {
      const message = `${JSON.stringify(target)} is not followed. A Backstage has what is there from a location of its own: name its file with that one.`;
      return located({ code: 'location-refused', ref: null, place, message } as const);
    }),
  };
}

/** Whether the bot has what is there from its own reading of a repository, and leaves out what a Backstage has of it. */
export function isReadDirectly(
  location: string,
  isRead: (repository: string, path: string) => boolean,
): boolean {
  const file = fileAt(location, usualFiles);
  return file !== undefined && isRead(file.repository, file.path);
}

/** Whether policy names what is there by its repository, so that the bot never meets this location. */
export function isRepositoryFile(location: string): boolean {
  return (
    location.includes(':') && !originOf(location.replaceAll('*', 'any'), usualFiles).includes(':')
  );
}
