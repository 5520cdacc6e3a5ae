import assert from 'node:assert/strict';
import test from 'node:test';
import { readEntities, type Origins } from '../../../bot/catalog/backstage.ts';
import { isMember } from '../../../bot/catalog/ownership.ts';
import { buildSnapshot, type Snapshot } from '../../../bot/catalog/snapshot.ts';
import { openCatalog } from '../../../bot/catalog/source.ts';
import { policyOf, policyText, databaseText } from '../access/world.ts';
import { checkoutOf, location } from './checkouts.ts';

const origins: Origins = {
  site: 'https://github.com',
  branch: 'main',
  path: 'catalog-info.yaml',
  readDirectly: new Set(),
};
const { policy } = policyOf(policyText);
const ref = 'resource:payments/payments-db';
const fileOf = (repository: string) =>
  `url:https://github.com/${repository}/blob/main/catalog-info.yaml`;
const services = fileOf('acme/payments-services');

/** How Backstage tells where an entity is from. */
const from = (location: string, origin = location) => ({
  'backstage.io/managed-by-location': location,
  'backstage.io/managed-by-origin-location': origin,
});

function entity(kind: string, name: string, rest: { annotations: object; spec?: object }) {
  const namespace = kind === 'Resource' ? 'payments' : 'default';
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind,
    metadata: { name, namespace, annotations: rest.annotations },
    spec: rest.spec ?? {},
  };
}

function database(annotations: object, owner = 'group:default/payments') {
  const target = { 'sallyport.dev/target': 'payments-db.internal:5432' };
  return entity('Resource', 'payments-db', {
    annotations: { ...target, ...annotations },
    spec: { type: 'database', owner },
  });
}

function snapshotOf(entities: readonly unknown[], text = policyText): Snapshot {
  return buildSnapshot(readEntities(entities, origins), policyOf(text).policy);
}

const codesOf = (snapshot: Snapshot) => snapshot.faults.map(({ code }) => code);

test('an entity of Backstage counts for the repository that it says the entity is from', () => {
  const snapshot = snapshotOf([database(from(services))]);
  assert.deepEqual(snapshot.faults, []);
  assert.deepEqual(snapshot.resources.get(ref)?.place, {
    repository: 'acme/payments-services',
    path: 'catalog-info.yaml',
    line: 1,
  });
});

test('an entity from elsewhere, from nowhere, or brought in by somebody else counts for nothing', () => {
  const foreign = [
    from(fileOf('acme/evil')),
    from(services, fileOf('acme/evil')),
    from(fileOf('acme/evil'), services),
    { 'backstage.io/managed-by-location': services },
    { 'backstage.io/managed-by-origin-location': services },
    {},
    from(services.replace('/main/', '/mine/')),
  ];
  for (const annotations of foreign) {
    const snapshot = snapshotOf([database(annotations)]);
    assert.deepEqual(codesOf(snapshot), ['origin-not-allowed'], JSON.stringify(annotations));
    assert.equal(snapshot.resources.size, 0);
  }
});

test('an orphan is absent, also as a second definition', () => {
  const orphan = { ...from(services), 'backstage.io/orphan': 'true' };
  assert.equal(snapshotOf([database(orphan)]).refused.size, 0);
  assert.ok(snapshotOf([database(orphan), database(from(services))]).resources.has(ref));
});

test('people of a provider are believed where policy names the provider', () => {
  const entities = [
    entity('User', 'dana', {
      annotations: { ...from('msgraph:default/5c0d'), 'github.com/user-login': 'dana' },
      spec: { memberOf: ['payments'] },
    }),
    entity('Group', 'payments', {
      annotations: from('msgraph:default/77aa'),
      spec: { type: 'team', parent: 'engineering', children: [] },
    }),
    entity('Group', 'engineering', {
      annotations: from('msgraph:default/1b1b'),
      spec: { type: 'department', children: [] },
    }),
  ];
  const isThere = (snapshot: Snapshot) =>
    isMember(snapshot, 'user:default/dana', 'group:default/engineering');
  const named = policyText.replaceAll('[acme/org]', '["msgraph:default/*"]');
  assert.ok(isThere(snapshotOf(entities, named)));
  const unnamed = snapshotOf(entities);
  assert.ok(!isThere(unnamed));
  assert.deepEqual(codesOf(unnamed), Array(3).fill('people-not-believed'));
});

test('relations that another entity gave a user make them no member', () => {
  const user = {
    ...entity('User', 'dana', { annotations: from(fileOf('acme/org')), spec: {} }),
    relations: [{ type: 'memberOf', targetRef: 'group:default/payments' }],
  };
  const group = entity('Group', 'payments', { annotations: from(fileOf('acme/org')) });
  const snapshot = snapshotOf([user, group]);
  assert.equal(snapshot.users.size, 1);
  assert.ok(!isMember(snapshot, 'user:default/dana', 'group:default/payments'));
});

test('the hash follows what was written and by whom, and none of what Backstage notes', () => {
  const text = policyText.replace('[acme/payments-services]', '[acme/payments-services, acme/all]');
  const hashOf = (annotations: object, rest: object = {}) => {
    const found = database(annotations);
    const metadata = { ...found.metadata, ...rest };
    return snapshotOf([{ ...found, metadata }], text).resources.get(ref)?.hash;
  };
  const hash = hashOf(from(services));
  assert.ok(hash);
  const noted = { ...from(services), 'backstage.io/view-url': 'https://elsewhere.example' };
  assert.equal(hashOf(noted, { uid: 'other', etag: 'other' }), hash);
  for (const changed of [
    hashOf({ ...from(services), 'acme.dev/tier': '1' }),
    hashOf(from(services), { title: 'Other' }),
    hashOf(from(services, fileOf('acme/all'))),
    hashOf(from(fileOf('acme/all'))),
  ]) {
    assert.ok(changed);
    assert.notEqual(changed, hash);
  }
});

test('what is no entity at all is nobody, and takes nothing else along', () => {
  const odd = [null, 7, 'x', [], {}, { kind: 'User' }, { kind: 'User', metadata: { name: 7 } }];
  const { descriptors, faulty } = readEntities([...odd, database(from(services))], origins);
  assert.equal(descriptors.length, 1);
  assert.equal(faulty.length, odd.length);
});

test('a file to which the bot follows a Location is not read from Backstage a second time', async () => {
  const name = 'acme/payments-services';
  const files = { 'catalog-info.yaml': location('db/*.yaml'), 'db/x.yaml': databaseText };
  const open = async () => checkoutOf(name, files, { roots: ['catalog-info.yaml'] });
  const place = `url:https://github.com/${name}/tree/main/db/x.yaml`;
  const other = `url:https://github.com/${name}/tree/main/db/y.yaml`;
  const believing = policyText.replace('[acme/payments-services', `[${place}, ${other}, ${name}`);
  const entities = [place, other].map((at) => database(from(at)));
  const backstage = {
    origins: { ...origins, readDirectly: new Set([name]) },
    maxAgeMs: 60_000,
    load: async () => ({ entities: entities.slice(0, 1), revision: '1' }),
  };
  const catalog = openCatalog([{ repository: name, open }], { backstage });
  assert.deepEqual(await catalog.refresh(), []);
  const { resources } = catalog.snapshot(policyOf(believing).policy);
  assert.equal(resources.get(ref)?.place.path, 'db/x.yaml');
  // Of another file of the repository nobody else tells.
  backstage.load = async () => ({ entities: entities.slice(1), revision: '2' });
  await catalog.refresh();
  const { refused } = catalog.snapshot(policyOf(believing).policy);
  assert.equal(refused.get(ref)?.code, 'defined-twice');
});

test('a repository that the bot reads itself is not read from Backstage a second time', async () => {
  const name = 'acme/payments-services';
  const files = { 'catalog-info.yaml': databaseText };
  const repository = { repository: name, open: async () => checkoutOf(name, files) };
  const backstage = {
    origins: { ...origins, readDirectly: new Set(['acme/payments-services']) },
    maxAgeMs: 60_000,
    load: async () => ({ entities: [database(from(services))], revision: '1' }),
  };
  const catalog = openCatalog([repository], { backstage });
  assert.deepEqual(await catalog.refresh(), []);
  assert.ok(catalog.snapshot(policy).resources.has(ref));
});

test('a Backstage that cannot be read keeps all it had, and says so', async () => {
  const answers = [{ entities: [database(from(services))], revision: '1' }];
  const backstage = {
    origins,
    maxAgeMs: 60_000,
    async load() {
      const answer = answers.pop();
      if (!answer) throw new Error('no answer within 8 s');
      return answer;
    },
  };
  const catalog = openCatalog([], { backstage });
  assert.deepEqual(await catalog.refresh(), []);
  assert.deepEqual(catalog.revisions(), ['backstage  1']);
  const [fault] = await catalog.refresh('backstage');
  assert.equal(fault?.code, 'unreadable');
  assert.match(fault?.message ?? '', /Backstage could not be read: no answer within 8 s/);
  assert.ok(catalog.snapshot(policy).resources.has(ref));
});
