// The words of `sallyportd policy` that are more than a name: places of descriptors, people, teams and moments. Whatever
// cannot be read is a UsageError that says what was expected.

import { isLogin } from '../access/login.ts';
import { origin, repository } from '../access/policy-kinds.ts';
import { readFullRef } from '../catalog/ref.ts';
import type { CatalogPlace } from '../rehearsal/files.ts';
import { readMoment } from '../rehearsal/moment.ts';
import { isRepositoryFile } from '../rehearsal/provided.ts';
import { UsageError } from './command.ts';

/** The one word that may stand on its own. */
export function only(words: readonly string[], ask: string): string | undefined {
  if (words.length > 1) throw new UsageError(ask);
  return words[0];
}

/** `--catalog ORIGIN=PATH`, of which there has to be one, and of a repository no more than one. */
export function readPlaces(texts: readonly string[] = []): readonly CatalogPlace[] {
  if (texts.length === 0) {
    const ask =
      'Name the catalog: --catalog ORIGIN=PATH, once for each origin that the policy trusts';
    throw new UsageError(ask);
  }
  const places = texts.map(readPlace);
  const repositories = places.filter(({ origin: name }) => !name.includes(':'));
  for (const [name, of] of Map.groupBy(repositories, (place) => place.origin)) {
    if (of.length === 1) continue;
    const why =
      'The bot reads one file of a repository, and what its Locations lead to from there.';
    throw new UsageError(`${name} is named ${of.length} times by --catalog. ${why}`);
  }
  return places;
}

function readPlace(text: string): CatalogPlace {
  const form = "--catalog ORIGIN=PATH, such as acme/org=org or 'msgraph:default/*=people.yaml'";
  // The name of a repository has no `=`, and a location may have some: a directory's names do.
  const isOfRepository = repository.safeParse(text.split('=', 1)[0]).success;
  const at = isOfRepository ? text.indexOf('=') : text.lastIndexOf('=');
  const path = text.slice(at + 1);
  if (at < 0 || path === '') throw unread(form, text);
  const name = text.slice(0, at);
  const read = origin.safeParse(name);
  if (!read.success) {
    const why = read.error.issues.map(({ message }) => message).join(' ');
    throw new UsageError(`${JSON.stringify(name)} is no origin for --catalog. ${why}`);
  }
  if (isRepositoryFile(read.data)) {
    const why = 'policy names it by its repository, and so does --catalog OWNER/NAME=PATH.';
    throw new UsageError(`${read.data} is the file of a repository: ${why}`);
  }
  return { origin: read.data, path };
}

/** `--team ORG/TEAM=PERSON,…`: people by team, in lower case. */
export function readTeams(texts: readonly string[] = []): Readonly<Record<string, string[]>> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name, people] = /^([A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+)=(.+)$/.exec(text) ?? [];
      if (name === undefined || people === undefined)
        throw unread('--team ORG/TEAM=PERSON,…', text);
      return [name.toLowerCase(), people.split(',').map(readPerson)];
    }),
  );
}

/** A GitHub login as it is, or the full ref of a User. */
export function readPerson(text: string): string {
  if (isLogin(text)) return text;
  const ref = readFullRef(text);
  if (ref?.startsWith('user:')) return ref;
  throw unread('a GitHub login, or a ref such as user:default/dana', text);
}

export function readAt(text: string): Date {
  const moment = readMoment(text);
  if (moment) return moment;
  throw unread('--at with a moment such as 2026-11-24T09:00Z', text);
}

function unread(expected: string, text: string): UsageError {
  return new UsageError(`Expected ${expected}, found ${JSON.stringify(text)}.`);
}
