// Backstage's `kind: Location`: an entity that points at other files with entities. What it points at is read strictly,
// because nobody can say which entities are missing behind a Location that cannot be understood. Where each target leads
// is destination.ts's.

import { DescriptorFault } from './fault.ts';
import type { Place } from './model.ts';
import { checkVersion, optionalText, record, text } from './values.ts';

/** One target of a Location. */
export interface Pointer {
  /** As it is written: a path from the file that says so, or an address. */
  readonly target: string;
  /** How Backstage would read it; undefined where it is left out. */
  readonly type: string | undefined;
  /** `spec.presence: optional`: what is not there is not missed. */
  readonly isOptional: boolean;
  /** Where the target is written. */
  readonly place: Place;
}

export type LocationReading =
  | { readonly kind: 'valid'; readonly pointers: readonly Pointer[] }
  /** `path` leads to what is wrong. */
  | { readonly kind: 'invalid'; readonly path: readonly string[]; readonly message: string };

/** Whether a document is a Location of Backstage's. */
export function isLocation(value: unknown): boolean {
  const { kind, apiVersion } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const isOthers = typeof apiVersion === 'string' && !apiVersion.startsWith('backstage.io/');
  return typeof kind === 'string' && kind.toLowerCase() === 'location' && !isOthers;
}

/** Reads a document that is a Location. `placeOf` gives the place of what a path leads to. */
export function readLocation(
  value: unknown,
  placeOf: (path: readonly string[]) => Place,
): LocationReading {
  try {
    const document = record(value, []);
    checkVersion(document);
    const spec = record(document['spec'], ['spec']);
    const type = optionalText(spec['type'], ['spec', 'type']);
    const isOptional = readPresence(spec['presence']) === 'optional';
    const pointers = targetsOf(spec).map(({ target, path }): Pointer => ({
      target,
      type,
      isOptional,
      place: placeOf(path),
    }));
    return { kind: 'valid', pointers };
  } catch (error) {
    if (!(error instanceof DescriptorFault)) throw error;
    return { kind: 'invalid', path: error.path, message: error.message };
  }
}

function readPresence(value: unknown): 'required' | 'optional' {
  if (value === undefined || value === 'required') return 'required';
  if (value === 'optional') return value;
  throw new DescriptorFault(['spec', 'presence'], 'Expected required or optional.');
}

/** `target` and `targets`, both where both are there. A key without a value is a slip of the pen, and no empty list. */
function targetsOf(
  spec: Readonly<Record<string, unknown>>,
): readonly { readonly target: string; readonly path: readonly string[] }[] {
  const { target, targets = [] } = spec;
  if (!Array.isArray(targets)) {
    throw new DescriptorFault(['spec', 'targets'], 'Expected a list of paths or addresses.');
  }
  const all = targets.map((value: unknown, index) => ({
    value,
    path: ['spec', 'targets', String(index)],
  }));
  if (target !== undefined) all.unshift({ value: target, path: ['spec', 'target'] });
  return all.map(({ value, path }) => ({ target: text(value, path), path }));
}
