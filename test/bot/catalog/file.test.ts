import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { readFile } from '../../../bot/catalog/file.ts';
import { readFullRef, readRef } from '../../../bot/catalog/ref.ts';
import { resource, sourceFile, user } from '../access/world.ts';

function read(text: string) {
  const reading = readFile(sourceFile('Acme/Payments', text));
  assert.ok(reading.kind === 'read', JSON.stringify(reading));
  return reading;
}

function faultOf(text: string): string {
  const { faulty, descriptors } = read(text);
  assert.equal(descriptors.length, 0, 'the entity was taken as valid');
  return faulty[0]?.message ?? '';
}

test('a resource is read with everything its annotations say', () => {
  const text = `
# our database
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata:
  namespace: Payments
  name: Payments-DB
  title: Payments database
  annotations:
    example.org/other: ignored
    sallyport.dev/target: payments-db.internal:5432
    sallyport.dev/protocol: postgres
    sallyport.dev/roles: reader, writer
    sallyport.dev/max-duration: PT4H
    sallyport.dev/approvals: '2'
    sallyport.dev/approvers: owner,group:default/dba,ops
    sallyport.dev/identity: oidc
    sallyport.dev/role.reader.target: payments-ro.internal:5432
    sallyport.dev/role.reader.iam: payments-ro@acme.iam.gserviceaccount.com
spec: { type: database, owner: payments, extra: { anything: 1 } }
`;
  const [descriptor, ...others] = read(text).descriptors;
  assert.ok(descriptor?.kind === 'resource' && others.length === 0);
  const { hash, ...rest } = descriptor;
  assert.match(hash, /^sha-256:/);
  assert.deepEqual(rest, {
    kind: 'resource',
    ref: 'resource:payments/payments-db',
    namespace: 'payments',
    name: 'payments-db',
    title: 'Payments database',
    place: { repository: 'acme/payments', path: 'catalog-info.yaml', line: 3 },
    owner: 'group:payments/payments',
    target: 'payments-db.internal:5432',
    protocol: 'postgres',
    roles: ['reader', 'writer'],
    maxDurationMs: 4 * 3_600_000,
    approvals: 2,
    approvers: ['owner', 'group:default/dba', 'group:payments/ops'],
    roleTargets: new Map([['reader', 'payments-ro.internal:5432']]),
    roleIam: new Map([['reader', 'payments-ro@acme.iam.gserviceaccount.com']]),
  });
});

test('components and APIs can be connected to as well, other kinds are left alone', () => {
  const texts = ['Component', 'API', 'System', 'Domain'].map((kind) =>
    resource({ name: 'x', kind }),
  );
  const { descriptors, faulty } = read(texts.join('\n---\n'));
  assert.deepEqual(
    descriptors.map(({ ref }) => ref),
    ['component:payments/x', 'api:payments/x'],
  );
  assert.deepEqual(faulty, []);
});

test('an annotation of ours that there is not, or of a role that there is not, makes the entity unusable', () => {
  const table: [string, string][] = [
    [
      'sallyport.dev/max-durations',
      'There is no such annotation. Did you mean sallyport.dev/max-duration?',
    ],
    ['sallyport.dev/zzz', 'There is no such annotation.'],
    [
      'sallyport.dev/role.reader.targets',
      'There is no such annotation. Did you mean sallyport.dev/role.reader.target?',
    ],
    ['sallyport.dev/role.reader.db-user', 'There is no such annotation.'],
    ['sallyport.dev/role.READER.target', 'There is no role READER among this entity’s roles.'],
    ['sallyport.dev/role.<role>.iam', 'There is no role <role> among this entity’s roles.'],
    ['sallyport.dev/role.writer.target', 'There is no role writer among this entity’s roles.'],
    ['sallyport.dev/role.writer.iam', 'There is no role writer among this entity’s roles.'],
  ];
  for (const [key, message] of table) {
    const annotations = { 'sallyport.dev/roles': 'reader', [key]: 'a.b:1' };
    const fault = faultOf(resource({ name: 'x', annotations }));
    assert.equal(fault, `metadata.annotations.${key}: ${message}`);
  }
});

test('an envelope that is not Backstage’s is refused, with the line of what is wrong', () => {
  const good = [
    'apiVersion: backstage.io/v1alpha1',
    'kind: Resource',
    'metadata:',
    '  name: x',
    '  annotations:',
    '    sallyport.dev/target: a.b:1',
    'spec:',
    '  owner: team',
  ];
  const table: [number, string, number, RegExp][] = [
    [0, 'apiVersion: v1', 1, /^apiVersion: Expected backstage\.io/],
    [0, '', 2, /^apiVersion: Expected text/],
    [1, '', 1, /^kind: Expected text/],
    [1, 'kind: [Resource]', 2, /^kind: Expected text/],
    [2, 'metadata: [1]\nx:', 3, /^metadata: Expected a mapping/],
    [3, '  name: ../x', 4, /^metadata\.name: Expected a name/],
    [3, '  name: 7', 4, /^metadata\.name: Expected text/],
    [3, '  name: x\n  namespace: Prod_x', 4, /^metadata\.name: Expected a name/],
    [3, '  name: x\n  title: [1]', 5, /^metadata\.title: Expected text/],
    [5, '    sallyport.dev/target: 5432', 6, /target: Expected text: put the value in quotes/],
    [6, 'speck:', 1, /^spec: Expected a mapping/],
    [7, '  owner: [team]', 8, /^spec\.owner: Expected text/],
    [7, '  type: x', 7, /^spec\.owner: Expected text/],
    [7, '  owner: a/b/c', 8, /^spec\.owner: Expected an entity ref/],
    [7, '  owner: team\n  size: .nan', 1, /Expected plain JSON values/],
  ];
  for (const [index, line, at, message] of table) {
    const { faulty, descriptors } = read(good.with(index, line).join('\n'));
    assert.equal(descriptors.length, 0, line);
    assert.match(faulty[0]?.message ?? '', message, line);
    assert.equal(faulty[0]?.place.line, at, line);
  }
  assert.equal(read(good.join('\n')).descriptors.length, 1);
});

test('people are read with their login, subject and groups, strictly', () => {
  const [omar] = read(user('omar', ['payments', 'group:other/x'])).descriptors;
  assert.ok(omar?.kind === 'user');
  assert.equal(omar.login, 'omar');
  assert.equal(omar.subject, '00u-omar');
  assert.deepEqual(omar.memberOf, ['group:default/payments', 'group:other/x']);
  assert.match(
    faultOf(user('omar', []).replace('login: omar', 'login: o mar')),
    /Expected a GitHub login/,
  );
  assert.match(faultOf(user('omar', []).replace('00u-omar', 'o é')), /stable key/);
  assert.match(faultOf(user('omar', ['a b'])), /memberOf\.0: Expected an entity ref/);
});

test('a Location points at what it says, each target with its line', () => {
  const text = `
apiVersion: backstage.io/v1alpha1
kind: Location
metadata: { name: services }
spec:
  type: url
  presence: optional
  target: ./a.yaml
  targets:
    - b/*.yaml
    - https://github.com/acme/payments/blob/main/c.yaml
---
apiVersion: vendor.example/v1
kind: Location
spec: { targets: 7 }
---
${resource({ name: 'x' })}
---
apiVersion: backstage.io/v1beta1
kind: Location
metadata: { name: nothing }
spec: {}
`;
  const { pointers, descriptors, faulty } = read(text);
  assert.deepEqual([descriptors.length, faulty], [1, []]);
  assert.deepEqual(
    pointers.map(({ target, place }) => [target, place.line]),
    [
      ['./a.yaml', 8],
      ['b/*.yaml', 10],
      ['https://github.com/acme/payments/blob/main/c.yaml', 11],
    ],
  );
  const [first] = pointers;
  assert.deepEqual([first?.type, first?.isOptional, read('').pointers], ['url', true, []]);
});

test('a Location that cannot be understood breaks its file: nobody can say what it pointed at', () => {
  const table: readonly (readonly [string, number, RegExp])[] = [
    ['spec: { targets: ./a.yaml }', 4, /^spec\.targets: Expected a list/],
    ['spec:\n  targets:\n    - ./a.yaml\n    - 7', 7, /^spec\.targets\.1: Expected text/],
    ['spec:\n  target:', 5, /^spec\.target: Expected text/],
    ['spec:\n  targets:', 5, /^spec\.targets: Expected a list/],
    ['spec:\n  type: [url]', 5, /^spec\.type: Expected text/],
    ['spec:\n  presence: maybe', 5, /^spec\.presence: Expected required or optional/],
    ['targets: [./a.yaml]', 1, /^spec: Expected a mapping/],
  ];
  for (const [spec, line, message] of table) {
    const head = 'apiVersion: backstage.io/v1alpha1\nkind: Location\nmetadata: { name: x }\n';
    const reading = readFile(sourceFile('acme/payments', head + spec));
    assert.ok(reading.kind === 'broken', spec);
    assert.match(reading.message, message, spec);
    assert.equal(reading.place.line, line, spec);
  }
  for (const version of ['backstage.io/v2', '[1]']) {
    const text = `apiVersion: ${version}\nkind: Location\nspec: {}`;
    assert.equal(readFile(sourceFile('acme/payments', text)).kind, 'broken', version);
  }
});

test('a file that is not YAML is broken as a whole, with its line', () => {
  const table: [string, number][] = [
    [`${resource({ name: 'x' })}\n---\nkind: [`, 3],
    ['a: 1\na: 2\n', 2],
    ['a: *nowhere\n', 1],
  ];
  for (const [text, line] of table) {
    const reading = readFile(sourceFile('acme/payments', text));
    assert.ok(reading.kind === 'broken', text);
    assert.equal(reading.place.line, line, text);
  }
  assert.equal(readFile(sourceFile('a/b', ' '.repeat(1_048_577))).kind, 'broken');
});

test('aliases that multiply are refused before they fill the memory', () => {
  const levels = Array.from(
    { length: 12 },
    (_, level) =>
      `l${level}: &l${level} [${
        level === 0
          ? 'x'
          : Array(9)
              .fill(`*l${level - 1}`)
              .join(',')
      }]`,
  );
  const reading = readFile(sourceFile('acme/payments', levels.join('\n')));
  assert.ok(reading.kind === 'broken');
  assert.match(reading.message, /alias/);
});

test('documents that are empty are nothing', () => {
  assert.deepEqual(read(`---\n---\n${resource({ name: 'x' })}\n---\n`).faulty, []);
});

test('the hash covers everything written but etag and uid, and the repository', () => {
  const hashOf = (text: string, repository = 'acme/payments') => {
    const reading = readFile(sourceFile(repository, text));
    assert.ok(reading.kind === 'read');
    const [descriptor] = reading.descriptors;
    assert.ok(descriptor?.kind === 'resource');
    return descriptor.hash;
  };
  const text = resource({ name: 'x' });
  assert.equal(hashOf(text.replace('"name"', '"etag":"pinned","uid":"1","name"')), hashOf(text));
  assert.notEqual(hashOf(text.replace('"database"', '"cache"')), hashOf(text));
  assert.notEqual(hashOf(text.replace('"name"', '"title":"X","name"')), hashOf(text));
  assert.notEqual(hashOf(text, 'acme/other'), hashOf(text));
});

test('refs are read strictly, with what is left out taken from where they stand', () => {
  const here = { kind: 'group', namespace: 'payments' };
  assert.equal(readRef('Team', here), 'group:payments/team');
  assert.equal(readRef('default/team', here), 'group:default/team');
  assert.equal(readRef('user:omar', here), 'user:payments/omar');
  for (const text of [
    '',
    'a b',
    '../x',
    'a:b:c/d',
    'user:/x',
    'x/',
    ':x',
    'té',
    'x'.repeat(64),
    '-x',
    'x-',
    '\u212a',
  ]) {
    assert.equal(readRef(text, here), undefined, text);
  }
  assert.equal(readFullRef('Group:Default/Team'), 'group:default/team');
  assert.equal(readFullRef('default/team'), undefined);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const ref = readRef(text, here);
      if (ref !== undefined) assert.match(ref, /^[a-z0-9]+:[a-z0-9-]+\/[a-z0-9._-]+$/);
    }),
  );
});

test('an annotation of ours that does not exist is refused on every kind, also where it may be the misspelt target', () => {
  const table = [
    ['Resource', 'sallyport.dev/targt', /Did you mean sallyport\.dev\/target\?/],
    ['User', 'sallyport.dev/subjct', /Did you mean sallyport\.dev\/subject\?/],
    ['Group', 'sallyport.dev/target', /There is no such annotation\./],
  ] as const;
  for (const [kind, annotation, message] of table) {
    const text = `apiVersion: backstage.io/v1alpha1
kind: ${kind}
metadata: { name: x, annotations: { ${annotation}: 'a.b:1' } }
spec: { owner: team, memberOf: [], children: [] }
`;
    const { faulty, descriptors } = read(text);
    assert.deepEqual(descriptors, [], kind);
    assert.match(faulty[0]?.message ?? '', message);
  }
});
