// From what a person typed to the one entity it names. Exact or refused: a suggestion is only ever a
// suggestion, and a short name that fits two entities fits neither.

import { nearest } from '../access/nearest.ts';
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
  const found = [...snapshot.resources.values()].filter(({ ref }) => fits(ref));
  if (found.length > 1) {
    return { kind: 'ambiguous', candidates: found.map(({ ref }) => ref).slice(0, maxNames) };
  }
  if (found[0]) return { kind: 'found', resource: found[0] };

  const refused = [...snapshot.refused].find(([ref]) => fits(ref) && !/^(user|group):/.test(ref));
  if (refused) return { kind: 'refused', ref: refused[0], fault: refused[1] };
  return { kind: 'unknown', suggestions: suggest(snapshot, wanted.name) };
}

function wantedParts(text: string) {
  const match = /^(?:([^:/]+):)?(?:([^:/]+)\/)?([^:/]+)$/.exec(text);
  if (!match) return undefined;
  const [, kind, namespace, name = ''] = match;
  return { kind, namespace, name };
}

function suggest(snapshot: Snapshot, name: string): readonly string[] {
  const byName = Map.groupBy(snapshot.resources.values(), (resource) => resource.name);
  const meant = nearest(name, byName.keys());
  const near = meant === undefined ? [] : (byName.get(meant) ?? []);
  return near.map(({ ref }) => ref).slice(0, maxNames);
}
