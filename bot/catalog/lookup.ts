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
  const known = names
    .entries()
    .flatMap(([each, { resources }]) => (resources.length > 0 ? [each] : []));
  const meant = nearest(name, known);
  return names.get(meant ?? '')?.resources.slice(0, maxNames) ?? [];
}
