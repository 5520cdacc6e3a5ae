// The words of `sallyportd policy` that are more than a name: places of descriptors, people, teams and moments. Whatever
// cannot be read is a UsageError that says what was expected.

import { isLogin } from '../access/login.ts';
import { readFullRef } from '../catalog/ref.ts';
import type { CatalogPlace } from '../rehearsal/files.ts';
import { readMoment } from '../rehearsal/moment.ts';
import { UsageError } from './command.ts';

/** The one word that may stand on its own. */
export function only(words: readonly string[], ask: string): string | undefined {
  if (words.length > 1) throw new UsageError(ask);
  return words[0];
}

/** `--catalog OWNER/NAME=PATH`, of which there has to be one, and of a repository no more than one. */
export function readPlaces(texts: readonly string[] = []): readonly CatalogPlace[] {
  if (texts.length === 0) {
    throw new UsageError('Name the catalog: --catalog OWNER/NAME=PATH, once for each repository');
  }
  const places = texts.map((text) => {
    const { name, value: path } = readPair(text, '--catalog OWNER/NAME=PATH');
    return { repository: name.toLowerCase(), path };
  });
  for (const [name, of] of Map.groupBy(places, ({ repository }) => repository)) {
    if (of.length === 1) continue;
    const why =
      'The bot reads one file of a repository, and what its Locations lead to from there.';
    throw new UsageError(`${name} is named ${of.length} times by --catalog. ${why}`);
  }
  return places;
}

/** `--team ORG/TEAM=PERSON,…`: people by team, in lower case. */
export function readTeams(texts: readonly string[] = []): Readonly<Record<string, string[]>> {
  return Object.fromEntries(
    texts.map((text) => {
      const { name, value } = readPair(text, '--team ORG/TEAM=PERSON,…');
      return [name.toLowerCase(), value.split(',').map(readPerson)];
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

function readPair(text: string, form: string): { readonly name: string; readonly value: string } {
  const [, name, value] = /^([A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+)=(.+)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return { name, value };
  throw unread(form, text);
}

function unread(expected: string, text: string): UsageError {
  return new UsageError(`Expected ${expected}, found ${JSON.stringify(text)}.`);
}
