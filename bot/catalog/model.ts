// Backstage's descriptor format as far as access depends on it: the envelope, and who, whose and where of
// users, groups and the kinds that can be connected to. A descriptor is read strictly: an annotation of ours
// that is mistyped, unknown or out of bounds makes the whole entity unusable, because leaving it out would widen it.

import { isLogin } from '../access/login.ts';
import { readConnection, refuseStrangers, type Connection } from './annotations.ts';
import { annotationPath, DescriptorFault } from './fault.ts';
import { readFullRef, readRef, refParts } from './ref.ts';
import { checkVersion, optionalText, record, text } from './values.ts';

/** Where an entity was read. `line` counts from 1. */
export interface Place {
  /** Who wrote it: `owner/name`, lower case; or a location, where a Backstage has it from anywhere else. */
  readonly repository: string;
  /** Empty where there is none beside the location. */
  readonly path: string;
  readonly line: number;
  /** Who had a Backstage read it from there, where that is somebody else. */
  readonly broughtBy?: string;
}

interface Entity {
  readonly ref: string;
  readonly namespace: string;
  readonly name: string;
  readonly title: string;
  readonly place: Place;
}

export interface User extends Entity {
  readonly kind: 'user';
  /** GitHub login as the catalog writes it; null when there is none. */
  readonly login: string | null;
  /** The identity provider's stable key for this person, compared byte by byte; null when there is none. */
  readonly subject: string | null;
  readonly memberOf: readonly string[];
}

export interface Group extends Entity {
  readonly kind: 'group';
  readonly parent: string | null;
  readonly children: readonly string[];
  readonly members: readonly string[];
  /** `org/team` by `github.com/team-slug`; null when it is not tied to one. */
  readonly team: string | null;
}

/** Something one can connect to: a Resource, Component or API that carries `sallyport.dev/target`. */
export interface Resource extends Entity, Connection {
  readonly kind: 'resource';
  /** Entity ref of the group or user that owns it. */
  readonly owner: string;
  /** Digest of the whole entity as it was written, and of the repository that wrote it. */
  readonly hash: string;
}

/** A Resource, Component or API without a target: it exists, and nobody can connect to it. */
interface Unconnectable extends Entity {
  readonly kind: 'unconnectable';
}

export type Descriptor = User | Group | Resource | Unconnectable;

export type DescriptorReading =
  | { readonly kind: 'valid'; readonly descriptor: Descriptor }
  /** A kind that access does not depend on: System, Domain, Template, …; and Location, which location.ts reads. */
  | { readonly kind: 'other' }
  /** `ref` is null when not even a name could be read. `path` leads to what is wrong. */
  | {
      readonly kind: 'invalid';
      readonly ref: string | null;
      readonly path: readonly string[];
      readonly message: string;
    };

const connectableKinds = new Set(['resource', 'component', 'api']);

/** Reads one document of a descriptor file. `hash` is asked for only where it is kept. */
export function readDescriptor(
  value: unknown,
  place: Place,
  hash: (value: unknown) => string,
): DescriptorReading {
  let ref: string | null = null;
  try {
    const document = record(value, []);
    const kind = text(document['kind'], ['kind']).toLowerCase();
    if (kind !== 'user' && kind !== 'group' && !connectableKinds.has(kind))
      return { kind: 'other' };
    // First of all the name, so that whatever else is wrong can be said of this entity.
    ref = readName(document, kind);
    const envelope = readEnvelope(document, ref, place);
    return { kind: 'valid', descriptor: readKind(kind, envelope, () => hash(value)) };
  } catch (error) {
    if (!(error instanceof DescriptorFault)) throw error;
    return { kind: 'invalid', ref, path: error.path, message: error.message };
  }
}

interface Envelope {
  readonly entity: Entity;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly annotations: ReadonlyMap<string, string>;
}

function readName(document: Readonly<Record<string, unknown>>, kind: string): string {
  const metadata = record(document['metadata'], ['metadata']);
  const name = text(metadata['name'], ['metadata', 'name']);
  const namespace = optionalText(metadata['namespace'], ['metadata', 'namespace']) ?? 'default';
  const ref = readFullRef(`${kind}:${namespace}/${name}`);
  if (ref) return ref;
  throw new DescriptorFault(
    ['metadata', 'name'],
    'Expected a name of 1 to 63 ASCII letters, digits, dots, dashes or underscores, and a namespace of letters, digits and dashes.',
  );
}

function readEnvelope(
  document: Readonly<Record<string, unknown>>,
  ref: string,
  place: Place,
): Envelope {
  checkVersion(document);
  const metadata = record(document['metadata'], ['metadata']);
  const { namespace, name } = refParts(ref);
  const title = optionalText(metadata['title'], ['metadata', 'title']) ?? name;
  return {
    entity: { ref, namespace, name, title, place },
    spec: record(document['spec'], ['spec']),
    annotations: readAnnotations(metadata['annotations']),
  };
}

function readKind(kind: string, envelope: Envelope, hash: () => string): Descriptor {
  if (kind === 'user') return readUser(envelope);
  if (kind === 'group') return readGroup(envelope);
  const { entity, spec, annotations } = envelope;
  const connection = readConnection(annotations, entity.namespace);
  if (!connection) return { ...entity, kind: 'unconnectable' };
  const owner = refIn(spec['owner'], ['spec', 'owner'], 'group', entity.namespace);
  return { ...entity, ...connection, kind: 'resource', owner, hash: hash() };
}

/** Ours on a User; on a Group there is none. */
const keysOfUser = { subject: true };

function readUser({ entity, spec, annotations }: Envelope): User {
  const login = annotations.get('github.com/user-login') ?? null;
  if (login !== null && !isLogin(login)) {
    throw new DescriptorFault(annotationPath('github.com/user-login'), 'Expected a GitHub login.');
  }
  refuseStrangers(annotations, keysOfUser);
  const subject = annotations.get('sallyport.dev/subject') ?? null;
  if (subject !== null && !/^[\x21-\x7e]{1,255}$/.test(subject)) {
    throw new DescriptorFault(
      annotationPath('sallyport.dev/subject'),
      'Expected the identity provider’s stable key for this person: 1 to 255 visible ASCII characters.',
    );
  }
  const memberOf = refsIn(spec['memberOf'], ['spec', 'memberOf'], 'group', entity.namespace);
  return { ...entity, kind: 'user', login, subject, memberOf };
}

function readGroup({ entity, spec, annotations }: Envelope): Group {
  refuseStrangers(annotations, {});
  const { namespace } = entity;
  const team = annotations.get('github.com/team-slug') ?? null;
  if (team !== null && !/^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/.test(team)) {
    throw new DescriptorFault(annotationPath('github.com/team-slug'), 'Expected org/team.');
  }
  const parent = spec['parent'];
  return {
    ...entity,
    kind: 'group',
    parent:
      parent === undefined || parent === null
        ? null
        : refIn(parent, ['spec', 'parent'], 'group', namespace),
    children: refsIn(spec['children'], ['spec', 'children'], 'group', namespace),
    members: refsIn(spec['members'], ['spec', 'members'], 'user', namespace),
    team,
  };
}

function readAnnotations(value: unknown): ReadonlyMap<string, string> {
  const annotations = new Map<string, string>();
  if (value === undefined || value === null) return annotations;
  for (const [key, item] of Object.entries(record(value, ['metadata', 'annotations']))) {
    if (typeof item !== 'string') {
      // Unquoted `2` or `true` is the usual slip, and Backstage refuses it as well.
      throw new DescriptorFault(annotationPath(key), 'Expected text: put the value in quotes.');
    }
    annotations.set(key, item);
  }
  return annotations;
}

function refsIn(value: unknown, path: readonly string[], kind: string, namespace: string) {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new DescriptorFault(path, 'Expected a list of entity refs.');
  return value.map((item, index) => refIn(item, [...path, String(index)], kind, namespace));
}

function refIn(value: unknown, path: readonly string[], kind: string, namespace: string): string {
  const ref = readRef(text(value, path), { kind, namespace });
  if (!ref) throw new DescriptorFault(path, 'Expected an entity ref, such as group:default/team.');
  return ref;
}
