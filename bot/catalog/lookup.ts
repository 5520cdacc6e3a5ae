// From what a person typed to the one entity it names. Exact or refused: a suggestion is only ever a
// suggestion, and a short name that fits two entities fits neither.

import { maxSlips, nearest } from '../access/nearest.ts';
import type { Resource } from './model.ts';
import { foldAscii, refParts } from './ref.ts';
import type { CatalogFault, Snapshot } from './snapshot.ts';

export type Lookup =
  | { readonly kind: 'found'; readonly resource: Resource }
  | { readonly kind: 'refused'; readonly fault: CatalogFault; readonly ref: string }
  | { readonly kind: 'ambiguous'; readonly candidates: readonly string[] }
  | { readonly kind: 'unknown'; readonly suggestions: readonly string[] };

/** How many names a refusal lists at most. */
const maxNames = 5;

/** `payments-db`, `payments/payments-db` or `resource:payments/payments-db`. */
export function lookUp(snapshot: Snapshot, text: string): Lookup {
  // What was asked for earlier is named in full, and a full name is nobody else's.
  const named = snapshot.resources.get(text);
  if (named) return { kind: 'found', resource: named };
  return search(snapshot, text);
}

function search(snapshot: Snapshot, text: string): Lookup {
  const wanted = wantedParts(foldAscii(text));
  if (!wanted) return { kind: 'unknown', suggestions: [] };
  const fits = (ref: string) => {
    const { kind, namespace, name } = refParts(ref);
    return (
      name === wanted.name &&
      (wanted.namespace === undefined || namespace === wanted.namespace) &&
      (wanted.kind === undefined || kind === wanted.kind)
    );
  };
  const same = snapshot.names.get(wanted.name);
  const found = same?.resources.filter(fits) ?? [];
  if (found.length > 1) return { kind: 'ambiguous', candidates: found.slice(0, maxNames) };
  const resource = snapshot.resources.get(found[0] ?? '');
  if (resource) return { kind: 'found', resource };

  const ref = same?.refused.find(fits);
  const fault = ref === undefined ? undefined : snapshot.refused.get(ref);
  if (ref !== undefined && fault) return { kind: 'refused', ref, fault };
  return { kind: 'unknown', suggestions: suggest(snapshot, wanted.name) };
}

function wantedParts(text: string) {
  const match = /^(?:([^:/]+):)?(?:([^:/]+)\/)?([^:/]+)$/.exec(text);
  if (!match) return undefined;
  const [, kind, namespace, name = ''] = match;
  return { kind, namespace, name };
}

function suggest(snapshot: Snapshot, name: string): readonly string[] {
  const { names } = snapshot;
  const meant = nearest(name, mostAlike(name, names));
  return names.get(meant ?? '')?.resources.slice(0, maxNames) ?? [];
}

/** So many names are compared letter by letter: all of a large company's took a tenth of a second, for a slip. */
const maxCompared = 2_000;

/**
 * The names of resources that begin and end most like this one. A small catalog has no more; in a large one a name with
 * two slips far from each other may be missed.
 */
function mostAlike(name: string, names: Snapshot['names']): readonly string[] {
  const byUnlike: string[][] = [];
  for (const [each, { resources }] of names) {
    if (resources.length === 0 || Math.abs(each.length - name.length) > maxSlips) continue;
    (byUnlike[unlike(name, each)] ??= []).push(each);
  }
  return byUnlike.flat().slice(0, maxCompared);
}

/** How many letters of the longer one stand between the beginning and the end that both share. */
function unlike(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let same = 0;
  while (same < shorter && a[same] === b[same]) same += 1;
  for (let end = 1; same < shorter && a[a.length - end] === b[b.length - end]; end += 1) same += 1;
  return Math.max(a.length, b.length) - same;
}
