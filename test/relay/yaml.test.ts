// YAML of strangers: what is wrong with it is said. How long the worst file takes is measured by `npm run bench -- decide`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assert as assertProperty, jsonValue, property } from 'fast-check';
import { parse } from 'yaml';
import { maxYamlFaults, offsetOf, plainValue, readYaml } from '../../relay/yaml.ts';

test('a key that stands twice is a fault at the second place, however it is written', () => {
  for (const text of ['a: 1\na: 2\n', '1: a\n"1": b\n', 'x:\n  - { k: 1, k: 2 }\n']) {
    const { documents, position } = readYaml(text);
    const [fault] = documents[0]?.faults ?? [];
    assert.match(fault?.message ?? '', /stands here twice/, text);
    assert.equal(position(fault?.offset ?? 0).line, 2, text);
  }
});

test('what has nothing wrong with it is read as the library reads it', () => {
  assertProperty(
    property(jsonValue(), (value) => {
      const text = JSON.stringify(value);
      const [first] = readYaml(text).documents;
      assert.ok(first);
      assert.deepEqual(first.faults, []);
      const reading = plainValue(first.document);
      assert.deepEqual(reading, { kind: 'read', value: parse(text) as unknown });
    }),
  );
});

test('of many mistakes so many are told as somebody would mend at once', () => {
  const [first] = readYaml('a: &x &x 1\n'.repeat(1_000)).documents;
  assert.equal(first?.faults.length, maxYamlFaults);
});

test('what is nested deeper than can be read is a fault and no crash', () => {
  for (const text of ['['.repeat(100_000), `${'['.repeat(3_000)}${']'.repeat(3_000)}`]) {
    const [first] = readYaml(text).documents;
    assert.ok(first);
    const faults = [
      ...first.faults,
      ...(first.faults.length > 0 ? [] : [plainValue(first.document)]),
    ];
    assert.ok(faults.length > 0);
  }
});

test('a setting is found by its key, one that is missing at what is around it', () => {
  const text = 'a:\n  b:\n    - c: 1\n    - d: 2\n';
  const { documents, position } = readYaml(text);
  const [first] = documents;
  assert.ok(first);
  const lineOf = (...path: PropertyKey[]) => position(offsetOf(first.document, path) ?? 0).line;
  assert.deepEqual(
    [lineOf('a'), lineOf('a', 'b', 1, 'd'), lineOf('a', 'b', 1, 'e'), lineOf('x')],
    [1, 4, 4, 1],
  );
});

test('the places of many settings of one large file are found at once', () => {
  const count = 60_000;
  const lines = (line: (nth: number) => string) =>
    Array.from({ length: count }, (_, nth) => line(nth)).join('');
  const text = `spec:\n${lines((nth) => `  k${nth}: 1\n`)}  targets:\n${lines(() => '  - a\n')}`;
  const [first] = readYaml(text).documents;
  assert.ok(first);
  // With all keys looked through for each of them it takes longer than a test may.
  for (let nth = 0; nth < count; nth += 1) {
    assert.ok(offsetOf(first.document, ['spec', 'targets', nth]) !== undefined);
  }
});

test('a document with more aliases than anybody writes is a fault at the first that is too much', () => {
  const text = `- &a 1\n${'- *a\n'.repeat(1_001)}`;
  const { documents, position } = readYaml(text);
  const [fault] = documents[0]?.faults ?? [];
  assert.match(fault?.message ?? '', /no more than 1000 aliases/);
  assert.equal(position(fault?.offset ?? 0).line, 1_002);
});

test('a text is read as YAML 1.2, also where it says that it is of an older version', () => {
  const [first] = readYaml('%YAML 1.1\n---\na: yes\nb: 0o17\n<<: { c: 1 }\n').documents;
  const reading = plainValue(first?.document ?? assert.fail());
  assert.deepEqual(reading, { kind: 'read', value: { a: 'yes', b: 15, '<<': { c: 1 } } });
  // The library's ordered map compares each key with each other.
  const [map] = readYaml('!!omap\n- a: 1\n- a: 2\n').documents;
  assert.deepEqual(map?.faults, []);
  assert.deepEqual(plainValue(map.document), { kind: 'read', value: [{ a: 1 }, { a: 2 }] });
});
