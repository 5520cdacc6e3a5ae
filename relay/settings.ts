// Reads one YAML file of settings: the bot's, the relay's, the policy. Promises every fault at once, each with
// its line, column and path and what was expected, so that one run mends a file. It knows no setting by name
// and reads neither the file nor the environment itself: text, schema and variables are arguments.

import { visit, type Document } from 'yaml';
import type { z } from 'zod';
import { maxYamlFaults, offsetOf, plainValue, readYaml, type YamlText } from './yaml.ts';

/** Where a settings file is wrong and how to mend it. `line` and `column` count from 1; 0 means the file as a whole. */
export interface SettingsFault {
  readonly line: number;
  readonly column: number;
  /** The setting, such as `listen.port` or `relays[0].key`; empty for a fault of the syntax. */
  readonly path: string;
  readonly message: string;
}

export type SettingsReading<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'invalid'; readonly faults: readonly SettingsFault[] };

export interface SettingsSource {
  readonly text: string;
  /** Fills `${NAME}` inside strings. Left out, `${` is ordinary text: a policy must not depend on a machine. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
}

/** A settings file larger than this is refused before it is parsed: it is a mistake or an attack. */
const maxSettingsChars = 262_144;
/** More faults than these are not told at once: each is looked up in the file, and nobody reads more. */
const maxFaults = maxYamlFaults;

/** Parses, fills in variables, and checks against the schema. Never throws for a bad file. */
export function readSettings<T>(source: SettingsSource, schema: z.ZodType<T>): SettingsReading<T> {
  if (source.text.length > maxSettingsChars) {
    return refuse(`The file is longer than ${maxSettingsChars} characters.`);
  }
  const yaml = readYaml(source.text);
  const [first, second] = yaml.documents;
  if (second) {
    const message =
      'Expected one document, and here begins another. Put it into a file of its own, or take it out.';
    const at = yaml.position(second.document.range?.[0] ?? 0);
    return { kind: 'invalid', faults: [{ ...at, path: '', message }] };
  }
  const document = first?.document;
  const syntax = (first?.faults ?? []).map(({ offset, message }) => {
    const { line, column } = yaml.position(offset);
    return { line, column, path: '', message };
  });
  if (syntax.length > 0) return { kind: 'invalid', faults: syntax };

  const unset = source.variables && document ? fillVariables(document, source.variables, yaml) : [];
  const value = document ? plainValue(document) : ({ kind: 'read', value: null } as const);
  if (value.kind === 'broken') return refuse(value.message);
  const parsed = schema.safeParse(value.value ?? {}, { error: inOurWords });
  if (parsed.success && unset.length === 0) return { kind: 'valid', value: parsed.data };

  const unfit = parsed.success
    ? []
    : parsed.error.issues
        .slice(0, maxFaults)
        .flatMap((issue) => faultsOf(issue, { value: value.value, document, yaml }));
  // A variable that is not set usually makes its setting unfit as well: say it once, at its root.
  const named = new Set(unset.map((fault) => fault.path));
  return {
    kind: 'invalid',
    faults: [...unset, ...unfit.filter((fault) => !named.has(fault.path))],
  };
}

/** One line for a person: `bot.yml:4:3 listen.port: expected number`. */
export function describeFault(file: string, fault: SettingsFault): string {
  const place = fault.line > 0 ? `${file}:${fault.line}:${fault.column}` : file;
  return fault.path === ''
    ? `${place} ${fault.message}`
    : `${place} ${fault.path}: ${fault.message}`;
}

function fillVariables(
  document: Document,
  variables: Readonly<Record<string, string | undefined>>,
  yaml: YamlText,
): SettingsFault[] {
  const faults: SettingsFault[] = [];
  visit(document, {
    Scalar(_key, node, ancestors) {
      if (typeof node.value !== 'string') return;
      node.value = node.value.replaceAll(
        /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g,
        (whole, name: string) => {
          const value = variables[name];
          if (value !== undefined && value !== '') return value;
          faults.push({
            ...yaml.position(node.range?.[0] ?? 0),
            path: written(pathOf([...ancestors, node])),
            message: `The environment variable ${name} is not set. Set it, or write the value in its place.`,
          });
          return whole;
        },
      );
    },
  });
  return faults;
}

function faultsOf(
  issue: z.core.$ZodIssue,
  { value, document, yaml }: { value: unknown; document: Document | undefined; yaml: YamlText },
): SettingsFault[] {
  const { path } = issue;
  if (issue.code !== 'unrecognized_keys') {
    const message = messageOf(issue, value);
    return [{ ...place(document, path, yaml), path: written(path), message }];
  }
  return issue.keys.map((key) => ({
    ...place(document, [...path, key], yaml),
    path: written([...path, key]),
    message: 'There is no such setting here. Check its spelling, or take it out.',
  }));
}

/** What was expected; where nothing stands, that first: whoever is told of a wrong value looks for one. */
function messageOf({ code, path, message }: z.core.$ZodIssue, value: unknown): string {
  // What settings demand of each other is told in words of its own.
  if (code === 'custom' || !isMissing(path, value)) return message;
  const block = written(path.slice(0, -1));
  const where = block === '' ? 'at the top level' : `in ${block}`;
  return `The key ${String(path.at(-1))} is missing ${where}. ${message}`;
}

/** Whether there is no such key. A mapping that is left blank, or out, has none. */
function isMissing(path: Path, value: unknown): boolean {
  const [key, ...above] = path.toReversed();
  if (key === undefined) return false;
  const block = above.reduceRight<unknown>(
    (at, step) => (at as Record<PropertyKey, unknown> | null | undefined)?.[step],
    value,
  );
  return typeof block === 'object' ? !Object.hasOwn(block ?? {}, key) : block === undefined;
}

/** What is said where a schema has no words of its own: those of its library are no help to whoever mends a file. */
function inOurWords(issue: z.core.$ZodRawIssue): string {
  const kind = issue.code === 'invalid_type' ? kinds[issue.expected] : undefined;
  return kind === undefined ? 'This value cannot be used here.' : `Expected ${kind}.`;
}

const kinds: Readonly<Record<string, string>> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

/** A way to a setting: the keys of mappings, and the places in lists, counted from 0. */
type Path = readonly PropertyKey[];

function written(path: Path): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`));
  return steps.join('').replace(/^\./, '');
}

/** The place of a setting, or of the nearest one around it when it is missing. */
function place(document: Document | undefined, path: Path, yaml: YamlText) {
  return yaml.position((document && offsetOf(document, path)) ?? 0);
}

function pathOf(nodes: readonly unknown[]): Path {
  const steps: (string | number)[] = [];
  nodes.forEach((node, index) => {
    const next = nodes[index + 1];
    const items = (node as { items?: unknown[] }).items;
    if (isPair(node)) steps.push(String((node.key as { value?: unknown }).value ?? node.key));
    else if (Array.isArray(items) && next !== undefined && !isPair(next))
      steps.push(items.indexOf(next));
  });
  return steps;
}

function isPair(node: unknown): node is { key: unknown; value: unknown } {
  return typeof node === 'object' && node !== null && 'key' in node && !('items' in node);
}

function refuse(message: string): { kind: 'invalid'; faults: SettingsFault[] } {
  return { kind: 'invalid', faults: [{ line: 0, column: 0, path: '', message }] };
}
