// Canonical JSON (RFC 8785): one value has exactly one text, so that a hash of the text is a hash of the value.
// Own code, because every byte of it is evidence. Promises the RFC's output for every JSON value, and refuses
// what JSON cannot carry (NaN, undefined, lone surrogates, dates, maps, cycles) instead of writing something near it.

import { createHash } from 'node:crypto';

export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Deeper values are refused: a cycle would otherwise exhaust the stack, and nothing of ours is a tenth as deep. */
const maxDepth = 64;

/** Thrown for a value without a canonical form; `path` says where it stands, such as `$.data.rows[2]`. */
export class NotCanonical extends Error {
  readonly code = 'not-canonical';
  readonly path: string;

  constructor(path: string, what: string) {
    super(`${path} is ${what}, which canonical JSON cannot carry`);
    this.name = 'NotCanonical';
    this.path = path;
  }
}

/** `sha-256:` and the base64url SHA-256 of the value's canonical JSON in UTF-8. Throws NotCanonical. */
export function digest(value: unknown): string {
  return `sha-256:${createHash('sha256').update(canonicalJson(value), 'utf8').digest('base64url')}`;
}

/** The canonical text of a JSON value. Throws NotCanonical for anything else. */
export function canonicalJson(value: unknown): string {
  return write(value, '$', 0);
}

function write(value: unknown, path: string, depth: number): string {
  if (depth > maxDepth) throw new NotCanonical(path, `nested deeper than ${maxDepth}`);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return writeString(value, path);
  if (typeof value === 'number') return writeNumber(value, path);
  if (Array.isArray(value)) return writeArray(value, path, depth);
  if (typeof value === 'object' && isPlain(value)) return writeObject(value, path, depth);
  throw new NotCanonical(path, typeof value === 'object' ? 'not a plain object' : typeof value);
}

// RFC 8785 §3.2.2.2: the escapes are those of JSON.stringify; a lone surrogate is an error.
function writeString(value: string, path: string): string {
  if (!value.isWellFormed()) throw new NotCanonical(path, 'text with a lone surrogate');
  return JSON.stringify(value);
}

// RFC 8785 §3.2.2.3: numbers as ECMAScript writes them (-0 as 0); NaN and the infinities are errors.
function writeNumber(value: number, path: string): string {
  if (!Number.isFinite(value)) throw new NotCanonical(path, String(value));
  return JSON.stringify(value);
}

function writeArray(value: readonly unknown[], path: string, depth: number): string {
  // Array.from fills holes with undefined, which is then refused: JSON.stringify would write null.
  const items = Array.from(value, (item, index) => write(item, `${path}[${index}]`, depth + 1));
  return `[${items.join(',')}]`;
}

function writeObject(value: object, path: string, depth: number): string {
  // RFC 8785 §3.2.3: members sorted by UTF-16 code units, which is what sort() compares.
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => {
      const at = `${path}.${key}`;
      return `${writeString(key, at)}:${write(item, at, depth + 1)}`;
    });
  return `{${members.join(',')}}`;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
