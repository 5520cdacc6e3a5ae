// Writes templates/reference.md from the schemas of the settings files, so that the page cannot say what the
// programs do not do. Run it after a change of a setting; a test fails until it was run.

import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { policyKeys } from '../bot/access/policy-schema.ts';
import { annotationKeys, annotationPrefix } from '../bot/catalog/annotations.ts';
import { policyTestKeys } from '../bot/rehearsal/cases-schema.ts';
import { botSettings } from '../bot/settings.ts';
import { relaySettings } from '../relay/server/settings.ts';

interface Shape {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  /** What a schema says of a text in words of its own. */
  readonly bounds?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
}

const path = new URL('../templates/reference.md', import.meta.url);

/** The page as the schemas of today make it. */
export function reference(): string {
  const parts = [
    '<!-- Written by .ci/write-reference.ts from the schemas; changes belong there. -->',
    '# Reference of settings',
    section(
      'bot.yml',
      'The bot. `SALLYPORT_CONFIG` names the file. `${NAME}` is filled in from the environment.',
      botSettings,
    ),
    section(
      'relay.yml',
      'A relay. `--config` names the file. `${NAME}` is filled in from the environment.',
      relaySettings(() => ({ kind: 'read', text: '' })),
    ),
    section(
      'sallyport.yml',
      'The policy, in the repository that `policy.repository` names. Durations are written `90m`, `8h`, `1d` or `PT30S`.',
      policyKeys,
    ),
    annotations(),
    section(
      'policy-tests.yml',
      'Cases for `sallyportd policy test`, wherever the policy is tested.',
      policyTestKeys,
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

function annotations(): string {
  const rows = Object.entries(annotationKeys).map(
    ([key, meaning]) => `| \`${annotationPrefix}${key}\` | ${meaning} |`,
  );
  return [
    '## Annotations of catalog entities',
    'A Resource, Component or API can be connected to when it has a target. Annotations only narrow what the policy allows, and one that is misspelt or cannot be read makes the entity unusable. A value is always text, so that numbers stand in quotes. A User has `github.com/user-login` and `sallyport.dev/subject`, the key of the person at the identity provider; a Group may have `github.com/team-slug`.',
    ['| Annotation | Meaning |', '|---|---|', ...rows].join('\n'),
  ].join('\n\n');
}

function section(file: string, about: string, schema: z.ZodType): string {
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape;
  const rows = rowsOf(shape, { key: '', isRequired: true });
  return [
    `## ${file}`,
    about,
    ['| Setting | Type | Default | Bounds | Meaning |', '|---|---|---|---|---|', ...rows].join(
      '\n',
    ),
  ].join('\n\n');
}

interface Place {
  readonly key: string;
  /** The optional part it stands in: outside of that nothing is required. */
  readonly part?: string;
  readonly isRequired: boolean;
}

function rowsOf(shape: Shape, place: Place): string[] {
  const { key, isRequired } = place;
  const own = shape.description ? [row(shape, place)] : [];
  const within = key === '' || isRequired ? place : { ...place, part: key };
  if (shape.properties) {
    // What may be one word as well is explained by its own line.
    const isOneWord = typeof shape.default === 'string';
    const isPart = !isRequired && (shape.default === undefined || isOneWord);
    const rows = Object.entries(shape.properties).flatMap(([name, child]) =>
      rowsOf(child, {
        ...within,
        key: key === '' ? name : `${key}.${name}`,
        isRequired: shape.required?.includes(name) ?? false,
      }),
    );
    return isPart ? [...own, ...rows] : rows;
  }
  const values =
    typeof shape.additionalProperties === 'object' ? shape.additionalProperties : undefined;
  if (values) {
    // A mapping of names to texts is explained by its own line.
    const isOneText = !values.properties && !values.description;
    const each = { ...within, key: `${key}.<name>`, isRequired: true };
    return isOneText ? own : [...own, ...rowsOf(values, each)];
  }
  if (shape.items?.properties)
    return [...own, ...rowsOf(shape.items, { ...within, key: `${key}[]` })];
  return [row(shape, place)];
}

function row(shape: Shape, place: Place): string {
  const cells = [
    `\`${place.key}\``,
    typeOf(shape),
    defaultOf(shape, place),
    boundsOf(shape),
    shape.description ?? '',
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function typeOf(shape: Shape): string {
  return oneOf(typesOf(shape));
}

/** Each kind of value that it may have. */
function typesOf({ type = 'string', anyOf, items, ...shape }: Shape): readonly string[] {
  if (anyOf) return [...new Set(anyOf.flatMap(typesOf))];
  if (shape.const !== undefined) return [code(shape.const)];
  if (shape.enum && shape.enum.length <= maxListed) return shape.enum.map(code);
  return [type].flat().map((name) => {
    if (name !== 'array' || !items) return typeNames[name] ?? name;
    const [only = '', ...more] = typesOf(items);
    return more.length === 0 ? `list of ${only}` : `list of (${oneOf([only, ...more])})`;
  });
}

/** More values than these are not listed one by one. */
const maxListed = 6;

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  object: 'mapping',
  array: 'list',
  boolean: '`true` or `false`',
};

function oneOf(types: readonly string[]): string {
  const last = types.at(-1) ?? '';
  return types.length === 1 ? last : `${types.slice(0, -1).join(', ')} or ${last}`;
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function defaultOf(shape: Shape, { isRequired, part }: Place): string {
  if (shape.default !== undefined) return code(shape.default);
  if (!isRequired) return 'none';
  return part === undefined
    ? 'required'
    : `required in \`${part.split('.').at(-1)?.replace('[]', '')}\``;
}

/** Of each kind of value that it may have. */
function boundsOf(shape: Shape): string {
  const { minimum, maximum, minItems, maxItems, bounds, anyOf = [] } = shape;
  const entries = between(minItems, maxItems);
  const all = [
    bounds ?? '',
    between(minimum, maximum),
    entries && `${entries} entries`,
    ...anyOf.map(boundsOf),
  ];
  return [...new Set(all.filter((each) => each !== ''))].join('; ');
}

function between(least: number | undefined, most: number | undefined): string {
  const from = least !== undefined && least > Number.MIN_SAFE_INTEGER ? `${least}` : '';
  const to = most !== undefined && most < Number.MAX_SAFE_INTEGER ? `${most}` : '';
  if (from === '' && to === '') return '';
  return to === '' ? `${from} or more` : `${from} to ${to}`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(path, reference());
