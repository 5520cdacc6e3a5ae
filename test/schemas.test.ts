// The JSON Schemas that editors use, beside the readers they were written from: what the program takes the editor takes,
// and what the editor marks the program refuses.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { schemas } from '../.ci/write-schemas.ts';
import { durationPattern, readDuration } from '../bot/access/duration.ts';
import { readPolicy } from '../bot/access/policy.ts';
import { readCases } from '../bot/rehearsal/cases.ts';

const templates = join(import.meta.dirname, '..', 'templates');
const read = (name: string): string => readFileSync(join(templates, name), 'utf8');
const compiled = (name: string) =>
  new Ajv({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
    JSON.parse(schemas[name] ?? '') as object,
  );

const kinds = [
  {
    file: 'sallyport.yml',
    name: 'sallyport.schema.json',
    isTaken: (text: string) => readPolicy(text, 'sallyport.yml').kind === 'valid',
    otherwise: [
      ['pending: 8h', 'hours: mon-fri 08:00-18:00 Europe/Berlin'],
      ['pending: 8h', 'hours: [mon-fri 08:00-18:00 UTC, sat 10:00-12:00 UTC]'],
      ['pending: 8h', 'auto-approve: [{ who: owner, role: reader, max: PT1H }]'],
      ['pending: 8h', 'break-glass: { who: User:default/Omar, max: 1h }'],
      ['pending: 8h', 'grace: 0'],
      ['pending: 8h', 'clock: first-connect'],
      ['pending: 8h', 'clock: { first-connect: 24h }'],
      ['pending: 8h', 'confirm: sign-in'],
      ['identity: oidc', 'identity: { oidc: { max-age: PT15M, acr: [phr, phrh] } }'],
      ['approvals: 1', 'approvals: [owner, group:default/dba]'],
    ],
    spoilt: [
      ['version: 1', 'version: 2'],
      ['users: [acme/org]', 'users: []'],
      ['users: [acme/org]', 'users: [acme/org, acme/org]'],
      ['groups: [acme/org]', 'groups: [org]'],
      ['namespaces:', 'namespces:'],
      ['  payments:', '  Payments:'],
      ['    catalog:', '    catalogue:'],
      ['group:default/payments', 'team:default/payments'],
      ['group:default/payments', 'payments'],
      ['[eu-1]', 'eu-1'],
      ['[eu-1]', '[EU]'],
      ['pending: 8h', 'confirm: oidc'],
      ['identity: oidc', 'identity: ssh'],
      ['identity: oidc', 'identity: { ssh: {} }'],
      ['identity: oidc', 'identity: { oidc: { max-age: soon } }'],
      ['identity: oidc', 'identity: { oidc: { acr: [] } }'],
      ['identity: oidc', "identity: { oidc: { acr: ['a b'] } }"],
      ['identity: oidc', 'identity: { oidc: { acr: [a, b, c, d, e, f, g, h, i] } }'],
      ['pending: 8h', 'pending: 8 hours'],
      ['pending: 8h', 'pending: 8'],
      ['pending: 8h', 'hours: 8'],
      ['pending: 8h', 'hours: []'],
      ['pending: 8h', 'clock: { approval: 8h }'],
      ['pending: 8h', 'auto-approve: [{ who: owner, role: reader }]'],
      ['approvals: 1', 'approvals: 0'],
      ['approvals: 1', 'approvals: 11'],
      ['approvals: 1', 'approvals: []'],
      ['default: 1h, ', ''],
      ['max: 8h', 'max: 8h, min: 1h'],
    ],
  },
  {
    file: 'policy-tests.yml',
    name: 'policy-tests.schema.json',
    isTaken: (text: string) => readCases(text).kind === 'valid',
    otherwise: [
      ['[owner]', '[[owner, group:default/dba], owner]'],
      ['who: dana', 'who: user:default/dana'],
      ['for: 5h', 'for: P1DT2H'],
    ],
    spoilt: [
      ['version: 1', 'version: 0'],
      ['who: dana', 'whom: dana'],
      ['asks: payments-db', 'asks: []'],
      ['expect: open', 'expect: opened'],
      ['because: own-request', 'because: own-requests'],
      ['missing: 1', 'missing: 0'],
      ['[owner]', '[owners]'],
      ['for: 2h', 'for: two hours'],
      ['duration-is-allowed', 'duration-was-allowed'],
      ['{ max: 4h }', '4h'],
    ],
  },
] as const;

for (const { file, name, isTaken, otherwise, spoilt } of kinds) {
  const validate = compiled(name);

  test(`${file} is taken by its schema as by the program, and names it for editors`, () => {
    const text = read(file);
    assert.ok(validate(parse(text)), JSON.stringify(validate.errors));
    assert.ok(isTaken(text));
    const { $id } = JSON.parse(schemas[name] ?? '') as { $id: string };
    assert.equal(text.split('\n')[0], `# yaml-language-server: $schema=${$id}`);
  });

  for (const [good, other] of otherwise) {
    test(`${file}: ${other} is taken by its schema and by the program`, () => {
      const text = read(file).replace(good, other);
      assert.notEqual(text, read(file));
      assert.ok(validate(parse(text)), JSON.stringify(validate.errors));
      assert.ok(isTaken(text));
    });
  }

  for (const [good, bad] of spoilt) {
    test(`${file}: ${bad || `without ${good}`} is refused by its schema and by the program`, () => {
      const text = read(file).replace(good, bad);
      assert.notEqual(text, read(file));
      assert.equal(validate(parse(text)), false);
      assert.equal(isTaken(text), false);
    });
  }

  test(`every key of ${name} is described`, () => {
    const mute: string[] = [];
    const visit = (shape: Shape, path: string): void => {
      for (const [key, child] of Object.entries(shape.properties ?? {})) {
        if (child.description === undefined) mute.push(`${path}.${key}`);
        visit(child, `${path}.${key}`);
      }
      for (const inner of [shape.items, shape.additionalProperties, ...(shape.anyOf ?? [])]) {
        if (typeof inner === 'object') visit(inner, `${path}[]`);
      }
    };
    visit(JSON.parse(schemas[name] ?? '') as Shape, '');
    assert.deepEqual(mute, []);
  });
}

interface Shape {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly additionalProperties?: Shape | boolean;
  readonly anyOf?: readonly Shape[];
}

test('an editor takes every duration that the program takes', () => {
  const pattern = new RegExp(durationPattern, 'u');
  const part = (unit: string) => fc.constantFrom('', `1${unit}`, `90${unit}`, unit);
  const text = fc
    .tuple(
      fc.constantFrom('', 'P', 'PT', 'P1DT'),
      fc.oneof(
        fc.tuple(part('d'), part('h'), part('m')),
        fc.tuple(part('H'), part('M'), part('S')),
        fc.tuple(part('m'), part('D'), part('s')),
      ),
    )
    .map(([start, parts]) => start + parts.join(''));
  let taken = 0;
  fc.assert(
    fc.property(text, (written) => {
      if (readDuration(written).kind !== 'valid') return;
      taken += 1;
      assert.match(written, pattern);
    }),
    { numRuns: 1_000 },
  );
  assert.ok(taken > 20, `${taken} durations among the samples`);
});

test('an editor takes every ref that the program takes, in any case', () => {
  const validate = compiled('sallyport.schema.json');
  const piece = fc.constantFrom('group', 'USER', 'Group', ':', '/', 'a', 'B', '9', '-', '.', '_');
  const ref = fc.oneof(
    fc.array(piece, { maxLength: 6 }).map((parts) => parts.join('')),
    fc.stringMatching(/^(group|USER):[a-zA-Z9-]{1,3}\/[a-zA-Z9._-]{1,4}$/),
  );
  let taken = 0;
  fc.assert(
    fc.property(ref, (written) => {
      const text = read('sallyport.yml').replace('group:default/engineering', `"${written}"`);
      if (readPolicy(text, 'sallyport.yml').kind !== 'valid') return;
      taken += 1;
      assert.ok(validate(parse(text)), written);
    }),
    { numRuns: 200 },
  );
  assert.ok(taken > 20, `${taken} refs among the samples`);
});
