// Every key of `sallyport.yml`: a policy and a question that it allows, one that it refuses and why, and what is said of
// a value that it cannot have. The questions are cases as `sallyportd policy test` plays them, by the functions that
// decide; where another part of the program keeps a key, that part's function answers. A key without an entry fails.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { z } from 'zod';
import { policyKeys } from '../../../bot/access/policy-schema.ts';
import { readPolicy } from '../../../bot/access/policy.ts';
import { judgeCase } from '../../../bot/rehearsal/judge.ts';
import { caseOf, rulebookOf } from '../rehearsal/rehearsal.ts';
import { text, type Entry, type Example } from './policy-keys/entry.ts';
import { ofFile } from './policy-keys/of-file.ts';
import { ofNamespace } from './policy-keys/of-namespace.ts';
import { cloudRole, ofRoles } from './policy-keys/of-roles.ts';
import { ofSignIn } from './policy-keys/of-sign-in.ts';
import { databaseText, factsOf, now, resource } from './world.ts';

const services = [
  databaseText,
  resource({ name: 'backed', annotations: { 'sallyport.dev/role.reader.iam': cloudRole } }),
];

const entries: Readonly<Record<string, Entry>> = {
  ...ofFile,
  ...Object.fromEntries(
    Object.entries({ ...ofNamespace, ...ofSignIn, ...ofRoles }).map(([key, entry]) => [
      `namespaces.<name>.${key}`,
      entry,
    ]),
  ),
};

test('every key of a policy has an entry here', () => {
  const shape = z.toJSONSchema(policyKeys, { io: 'input', unrepresentable: 'any' }) as Shape;
  assert.deepEqual(Object.keys(entries).toSorted(), [...new Set(keysOf(shape))].toSorted());
});

for (const [key, { allows, refuses, bad }] of Object.entries(entries)) {
  suite(key, () => {
    test(`allows ${summaryOf(allows)}`, () => play(allows));
    if (typeof refuses !== 'string') test(`refuses ${summaryOf(refuses)}`, () => play(refuses));
    for (const [value, fault] of Object.entries(bad)) {
      test(`says what is wrong with ${value.includes('\n') ? 'it' : value}`, () => {
        const reading = readPolicy(policyWith(value), 'sallyport.yml');
        assert.ok(reading.kind === 'invalid', 'it was taken');
        const told = reading.faults.map(
          ({ line, column, message }) => `${line}:${column} ${message}`,
        );
        assert.deepEqual(told, [fault]);
      });
    }
  });
}

function play([policy, question, answer]: Example): void {
  const all = { policy: policyWith(policy), services };
  if (typeof question !== 'string') return assert.equal(question(factsOf(all)), answer);
  const verdict = judgeCase(caseOf(`{ ${question} }`, 'home: acme/policy\n'), rulebookOf(all), now);
  assert.equal(verdict.kind, 'passed', JSON.stringify(verdict));
}

function policyWith(change: string): string {
  if (change.includes('\n')) return change;
  const [key = ''] = change.split(':');
  const own = new RegExp(`^( *)${key}:.*$`, 'm');
  if (own.test(text)) return text.replace(own, (_line, indent: string) => `${indent}${change}`);
  return Object.hasOwn(ofFile, key)
    ? `${text}${change}\n`
    : text.replace('    roles:', `    ${change}\n    roles:`);
}

function summaryOf([policy, question, answer]: Example): string {
  const what = typeof question === 'string' ? question : `and answers ${answer}`;
  return policy.includes('\n') ? what : `${what}, with ${policy}`;
}

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
}

/** Every key that the schema has; what stands in a list as if it stood in its place. */
function* keysOf(shape: Shape, at = ''): Generator<string> {
  const { properties = {}, additionalProperties: values, items, anyOf = [] } = shape;
  const named = typeof values === 'object' ? { '<name>': values } : {};
  for (const [key, below] of Object.entries({ ...properties, ...named })) {
    yield `${at}${key}`;
    yield* keysOf(below, `${at}${key}.`);
  }
  for (const inner of [...(items ? [items] : []), ...anyOf]) yield* keysOf(inner, at);
}
