// One descriptor file: YAML of one or several documents, read into descriptors. A file that is not YAML is
// broken as a whole, since nobody can say which of its entities are missing; a faulty entity is only itself.

import { isNode, LineCounter, parseAllDocuments, type Document } from 'yaml';
import { entityHash } from './entity-hash.ts';
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
    }
  | { readonly kind: 'broken'; readonly place: Place; readonly message: string };

/** A descriptor file longer than this is not read: 1 MiB of UTF-16 units. */
const maxFileChars = 1_048_576;
/** How often YAML aliases may repeat a node; more is how a small file fills the memory. */
const maxAliases = 50;

export function readFile(file: SourceFile): FileReading {
  const repository = file.repository.toLowerCase();
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => ({
    repository,
    path: file.path,
    line: Math.max(1, lines.linePos(offset).line),
  });
  if (file.text.length > maxFileChars) {
    const message = `The file is longer than ${maxFileChars} characters.`;
    return { kind: 'broken', place: { repository, path: file.path, line: 1 }, message };
  }
  const descriptors: Descriptor[] = [];
  const faulty: FaultyEntity[] = [];
  for (const document of parseAllDocuments(file.text, { lineCounter: lines, merge: false })) {
    const value = plain(document);
    if (value.kind === 'broken') {
      return { kind: 'broken', place: placeAt(value.offset), message: value.message };
    }
    const reading = readDocument(document, value.value, placeAt);
    if (reading?.kind === 'valid') descriptors.push(reading.descriptor);
    if (reading?.kind === 'faulty') faulty.push(reading.entity);
  }
  return { kind: 'read', descriptors, faulty };
}

function readDocument(document: Document, value: unknown, placeAt: (offset: number) => Place) {
  // An empty document is what a trailing `---` leaves behind.
  if (value === null || value === undefined) return undefined;
  const start = document.contents?.range?.[0] ?? 0;
  const place = placeAt(start);
  const hash = (entity: unknown) => entityHash(entity, place.repository);
  const reading = readDescriptor(value, place, hash);
  if (reading.kind === 'valid') return reading;
  if (reading.kind === 'other') return undefined;
  const offset = nearestOffset(document, reading.path) ?? start;
  const message = `${reading.path.join('.')}: ${reading.message}`;
  return {
    kind: 'faulty',
    entity: { ref: reading.ref, place: placeAt(offset), message },
  } as const;
}

function plain(document: Document) {
  const [error] = document.errors;
  if (error) {
    const message = error.message.split(' at line ')[0] ?? '';
    return { kind: 'broken', offset: error.pos[0], message } as const;
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: maxAliases });
    return { kind: 'read', value } as const;
  } catch (cause) {
    // Aliases that lead nowhere, or that multiply.
    if (!(cause instanceof ReferenceError)) throw cause;
    const offset = document.contents?.range?.[0] ?? 0;
    return { kind: 'broken', offset, message: cause.message } as const;
  }
}

/** The offset of the node at the path, or of the nearest node around it. */
function nearestOffset(document: Document, path: readonly string[]): number | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}
