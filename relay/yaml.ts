// YAML that anybody may have written, read in a time that grows with its length and no faster. The library compares each
// key of a mapping with each other one, looks for what an alias means among all the others, and shows the lines around
// each mistake: a file of one megabyte can make any of these take minutes, in which nothing else is done. So keys are
// compared here, aliases are counted, and of a mistake only its place is kept.

import {
  LineCounter,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  visit,
  type Document,
  type Pair,
  type YAMLMap,
} from 'yaml';

/** The first thing that is wrong with a document. `offset` counts UTF-16 units from the start of the text. */
export interface YamlFault {
  readonly offset: number;
  readonly message: string;
}

interface YamlDocument {
  readonly document: Document;
  readonly faults: readonly YamlFault[];
}

export interface YamlText {
  readonly documents: readonly YamlDocument[];
  /** Line and column of an offset, from 1. */
  position(offset: number): { readonly line: number; readonly column: number };
}

/** So many mistakes of one document are told: whoever mends these sees the next ones then. */
export const maxYamlFaults = 100;
/** YAML aliases may repeat a node this often; more is how a small file is made to fill the memory. */
const maxRepeats = 50;
/** More aliases than these in one document are there to take time: each is looked for among all of them. */
const maxAliases = 1_000;

/**
 * Read as YAML 1.2 alone, whatever the text says of itself. Merge keys (`<<`) and tags of older versions have no meaning:
 * an ordered map (`!!omap`) would compare each key with each other. Never throws for a bad text.
 */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    merge: false,
    prettyErrors: false,
    resolveKnownTags: false,
    schema: 'core',
    uniqueKeys: false,
  });
  return {
    documents: [...documents].map((document) => ({ document, faults: faultsIn(document) })),
    position(offset) {
      const { line, col } = lines.linePos(offset);
      return { line: Math.max(line, 1), column: Math.max(col, 1) };
    },
  };
}

/** A document without faults as plain values; an empty one is null. */
export function plainValue(
  document: Document,
): { readonly kind: 'read'; readonly value: unknown } | ({ readonly kind: 'broken' } & YamlFault) {
  try {
    return { kind: 'read', value: document.toJS({ maxAliasCount: maxRepeats }) as unknown };
  } catch (cause) {
    const offset = document.contents?.range?.[0] ?? 0;
    if (isTooDeep(cause)) return { kind: 'broken', offset, message: nestedTooDeeply };
    // Aliases that lead nowhere, or that multiply.
    if (!(cause instanceof ReferenceError)) throw cause;
    return { kind: 'broken', offset, message: `${cause.message}.` };
  }
}

/** The offset of a setting, by its key where it has one, or of the nearest one around it; undefined at the top. */
export function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents;
  let nearest: number | undefined;
  for (const step of path) {
    const below = stepInto(node, step);
    if (!below) break;
    nearest = below.offset ?? nearest;
    node = below.node;
  }
  return nearest;
}

const nestedTooDeeply = 'It is nested too deeply.';

/** The library goes into what is nested by calling itself. */
function isTooDeep(cause: unknown): boolean {
  return cause instanceof RangeError;
}

function faultsIn(document: Document): readonly YamlFault[] {
  if (document.errors.length === 0) return faultsOfNodes(document);
  return document.errors.slice(0, maxYamlFaults).map(({ pos, message }) => ({
    offset: pos[0],
    message: /call stack/i.test(message) ? nestedTooDeeply : message,
  }));
}

/** Two keys are the same where they would be the same property, `1` and `"1"` among them. */
function faultsOfNodes(document: Document): readonly YamlFault[] {
  const faults: YamlFault[] = [];
  let aliases = 0;
  try {
    visit(document, {
      Alias(_key, { range }) {
        aliases += 1;
        if (aliases <= maxAliases) return undefined;
        const message = `A document has no more than ${maxAliases} aliases, and this is one more.`;
        faults.push({ offset: range?.[0] ?? 0, message });
        return visit.BREAK;
      },
      Map(_key, { items }) {
        const seen = new Set<string>();
        for (const { key } of items) {
          const name = isScalar(key) ? String(key.value) : undefined;
          if (name === undefined) continue;
          if (seen.has(name) && faults.length < maxYamlFaults) {
            const offset = isScalar(key) ? (key.range?.[0] ?? 0) : 0;
            faults.push({ offset, message: 'This key stands here twice.' });
          }
          seen.add(name);
        }
      },
    });
  } catch (cause) {
    if (!isTooDeep(cause)) throw cause;
    return [{ offset: document.contents?.range?.[0] ?? 0, message: nestedTooDeeply }];
  }
  return faults;
}

const pairsOfMaps = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

/** By key, the first of each. Made once: a Location asks for the place of each of its thousands of targets. */
function pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
  const known = pairsOfMaps.get(map);
  if (known) return known;
  const pairs = new Map<string, Pair>();
  for (const pair of map.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : undefined;
    if (key !== undefined && !pairs.has(key)) pairs.set(key, pair);
  }
  pairsOfMaps.set(map, pairs);
  return pairs;
}

function stepInto(
  node: unknown,
  step: PropertyKey,
): { readonly node: unknown; readonly offset: number | undefined } | undefined {
  if (isMap(node)) {
    const pair = pairsOf(node).get(String(step));
    if (!pair) return undefined;
    return { node: pair.value, offset: isScalar(pair.key) ? pair.key.range?.[0] : undefined };
  }
  if (isSeq(node) && typeof step !== 'symbol') {
    const item = node.items[Number(step)] as { range?: readonly number[] } | undefined;
    return item === undefined ? undefined : { node: item, offset: item.range?.[0] };
  }
  return undefined;
}
