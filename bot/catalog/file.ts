// One descriptor file: YAML of one or several documents, read into descriptors, and into the other files that its
// Locations point at. A file that is not YAML, or holds a Location that cannot be understood, is broken as a whole, since
// nobody can say which entities are missing; a faulty entity is only itself.

import type { Document } from 'yaml';
import { offsetOf, plainValue, readYaml } from '../../relay/yaml.ts';
import { entityHash } from './entity-hash.ts';
import { isLocation, readLocation, type Pointer } from './location.ts';
import { readDescriptor, type Descriptor, type Place } from './model.ts';

export interface SourceFile {
  /** `owner/name`. */
  readonly repository: string;
  readonly path: string;
  /** The commit or blob it was read at. */
  readonly revision: string;
  readonly text: string;
}

/** An entity that cannot be used, and why. `ref` is null when not even its name could be read. */
export interface FaultyEntity {
  readonly ref: string | null;
  readonly place: Place;
  readonly message: string;
}

export type FileReading =
  | {
      readonly kind: 'read';
      readonly descriptors: readonly Descriptor[];
      readonly faulty: readonly FaultyEntity[];
      /** What its Locations point at, in their order. */
      readonly pointers: readonly Pointer[];
    }
  | { readonly kind: 'broken'; readonly place: Place; readonly message: string };

/** A descriptor file longer than this is not read: 1 MiB of UTF-16 units. */
const maxFileChars = 1_048_576;

export function readFile(file: SourceFile): FileReading {
  const repository = file.repository.toLowerCase();
  if (file.text.length > maxFileChars) {
    const message = `The file is longer than ${maxFileChars} characters.`;
    return { kind: 'broken', place: { repository, path: file.path, line: 1 }, message };
  }
  const descriptors: Descriptor[] = [];
  const faulty: FaultyEntity[] = [];
  const pointers: Pointer[] = [];
  const yaml = readYaml(file.text);
  const placeAt = (offset: number): Place => ({
    repository,
    path: file.path,
    line: yaml.position(offset).line,
  });
  for (const { document, faults } of yaml.documents) {
    const [fault] = faults;
    const value = fault ? ({ kind: 'broken', ...fault } as const) : plainValue(document);
    if (value.kind === 'broken') {
      return { kind: 'broken', place: placeAt(value.offset), message: value.message };
    }
    const reading = readDocument(document, value.value, placeAt);
    if (reading?.kind === 'valid') descriptors.push(reading.descriptor);
    if (reading?.kind === 'faulty') faulty.push(reading.entity);
    if (reading?.kind === 'pointing') for (const each of reading.pointers) pointers.push(each);
    if (reading?.kind === 'broken') return reading;
  }
  return { kind: 'read', descriptors, faulty, pointers };
}

function readDocument(document: Document, value: unknown, placeAt: (offset: number) => Place) {
  // An empty document is what a trailing `---` leaves behind.
  if (value === null || value === undefined) return undefined;
  const start = document.contents?.range?.[0] ?? 0;
  const placeOf = (path: readonly string[]) => placeAt(offsetOf(document, path) ?? start);
  if (isLocation(value)) {
    const location = readLocation(value, placeOf);
    if (location.kind === 'valid') return { ...location, kind: 'pointing' } as const;
    const message = faultOf(location);
    return { kind: 'broken', place: placeOf(location.path), message } as const;
  }
  const place = placeAt(start);
  const hash = (entity: unknown) => entityHash(entity, place.repository);
  const reading = readDescriptor(value, place, hash);
  if (reading.kind === 'valid') return reading;
  if (reading.kind === 'other') return undefined;
  const message = faultOf(reading);
  return {
    kind: 'faulty',
    entity: { ref: reading.ref, place: placeOf(reading.path), message },
  } as const;
}

function faultOf({ path, message }: { path: readonly string[]; message: string }): string {
  return `${path.join('.')}: ${message}`;
}
