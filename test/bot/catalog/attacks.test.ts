// What somebody tries who may merge a descriptor, or write into a catalog, and wants access that nobody would give them.
// Each ends in a refusal that says why. A Backstage that is behind the times is in test/bot/backstage/outage.test.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEntities } from '../../../bot/catalog/backstage.ts';
import type { Descriptor } from '../../../bot/catalog/model.ts';
import { membersOf } from '../../../bot/catalog/ownership.ts';
import { buildSnapshot } from '../../../bot/catalog/snapshot.ts';
import { openCatalog } from '../../../bot/catalog/source.ts';
import { checkoutOf, location, type Files } from './checkouts.ts';
import {
  approve,
  connect,
  databaseText,
  factsOf,
  hourMs,
  opened,
  orgText,
  people,
  policyOf,
  policyText,
  reasonOf,
  resource,
  sourceFile,
  user,
} from '../access/world.ts';

/** The refusal of a request for a resource, with what was wrong with its entry. */
function refusedAs(facts: ReturnType<typeof factsOf>, name: string): unknown {
  const refusal = reasonOf(connect(facts, { resource: name }), 'resource-refused');
  return (refusal.data as { fault?: string }).fault;
}

test('an entity in a namespace that its repository has no say in does not exist', () => {
  const mine = resource({ name: 'my-way-in', annotations: { 'sallyport.dev/target': 'core:22' } });
  const facts = factsOf({ files: [sourceFile('acme/my-own', mine)] });
  assert.equal(refusedAs(facts, 'my-way-in'), 'origin-not-allowed');
});

test('whoever makes themselves the owner of a database has a database that nobody can ask for', () => {
  const services = [resource({ name: 'payments-db', owner: 'user:default/bea' })];
  assert.equal(refusedAs(factsOf({ services }), 'payments-db'), 'owner-not-allowed');
});

test('a door of one’s own to somebody else’s database closes both, and names the reason', () => {
  const target = { 'sallyport.dev/target': 'payments-db.internal:5432' };
  const mine = resource({ name: 'mine', owner: 'user:default/otto', annotations: target });
  const facts = factsOf({ services: [databaseText, mine] });
  assert.equal(refusedAs(facts, 'mine'), 'target-shared');
  assert.equal(refusedAs(facts, 'payments-db'), 'target-shared');
});

test('a second User with an owner’s login makes nobody an owner, and takes the login from both', () => {
  const facts = factsOf({
    org: `${orgText}\n${user('omar', ['engineering']).replace('name: omar', 'name: omar-too').replace('00u-omar', '00u-mine')}`,
  });
  const request = opened(facts);
  reasonOf(approve(facts, { request, by: people.omar }), 'not-an-approver');
});

test('a User of one’s own in a repository of services is nobody', () => {
  const me = user('mallory', ['payments']);
  const facts = factsOf({
    services: [databaseText, me],
    ids: new Map([
      ['dana', people.dana.id],
      ['mallory', 666],
    ]),
  });
  const request = opened(facts);
  const by = { id: 666, login: 'mallory' };
  reasonOf(approve(facts, { request, by }), 'not-an-approver');
});

test('a name that only looks like another is none, in a command and in a descriptor', () => {
  // The second letter is a Cyrillic а.
  const twin = 'p\u0430yments-db';
  reasonOf(connect(factsOf(), { resource: twin }), 'resource-unknown');
  const facts = factsOf({ services: [databaseText, resource({ name: twin })] });
  reasonOf(connect(facts, { resource: twin }), 'resource-unknown');
  assert.match(facts.catalog.faults[0]?.message ?? '', /ASCII letters/);
});

test('groups that contain each other let nobody in who is in neither', () => {
  const org = orgText.replace(
    '{ type: team, children: [] }\n---',
    '{ type: team, parent: engineering, children: [engineering] }\n---',
  );
  const facts = factsOf({ org });
  reasonOf(connect(facts, { requester: people.otto }), 'not-a-requester');
});

test('an annotation that would widen what the policy allows changes nothing, or is no annotation', () => {
  const widened = (key: string, value: string) =>
    factsOf({
      services: [
        resource({ name: 'payments-db', annotations: { [`sallyport.dev/${key}`]: value } }),
      ],
    });
  const long = connect(widened('max-duration', '300d'), { durationMs: 8 * hourMs + 1 });
  reasonOf(long, 'duration-too-long');
  reasonOf(connect(widened('roles', 'root'), { role: 'root' }), 'role-unknown');
  for (const [key, value] of [
    ['approvals', '0'],
    ['identity', 'none'],
    ['requesters', 'group:default/everybody'],
  ] as const) {
    assert.equal(refusedAs(widened(key, value), 'payments-db'), 'invalid', key);
  }
});

test('a poisoned Location brings nothing in, and the fault says at which line, and what to do', async () => {
  const evil = resource({ name: 'evil-db' });
  const github = 'https://github.com';
  const table: readonly (readonly [string, RegExp])[] = [
    [`${github}/mallory/evil/blob/main/evil.yaml`, /Name mallory\/evil in catalog\.repositories/],
    [`${github}/acme/payments-services/blob/mine/evil.yaml`, /only the default branch counts/],
    ['https://mallory.dev/acme/payments-services/blob/main/evil.yaml', /Only addresses at/],
    ['../../mallory/evil.yaml', /leads out of the repository/],
    ['..%2f..%2fmallory/evil.yaml', /two ways/],
    ['link.yaml', /symbolic link/],
    ['linked/evil.yaml', /linked is a symbolic link/],
    ['vendor/evil.yaml', /vendor is a submodule/],
    ['evil.txt', /\.yaml or \.yml/],
    ['nowhere.yaml', /no such file/],
    ['more/*.yaml', /no such file/],
  ];
  const files: Files = {
    'catalog-info.yaml': `${databaseText}\n---\n${location(...table.map(([target]) => target))}`,
    'link.yaml': 'link',
    linked: 'link',
    vendor: 'submodule',
    // As a careless reader would come by them.
    'evil.txt': evil,
    'evil.yaml': evil,
    'mallory/evil.yaml': evil,
  };
  const repository = 'acme/payments-services';
  const root = { roots: ['catalog-info.yaml'] };
  const catalog = openCatalog([
    { repository, open: async () => checkoutOf(repository, files, root) },
    {
      repository: 'acme/org',
      open: async () => checkoutOf('acme/org', { 'catalog-info.yaml': orgText }, root),
    },
  ]);
  const faults = await catalog.refresh();
  const snapshot = catalog.snapshot(policyOf(policyText).policy);
  const facts = { ...factsOf(), catalog: snapshot };
  reasonOf(connect(facts, { resource: 'evil-db' }), 'resource-unknown');
  assert.ok(snapshot.resources.has('resource:payments/payments-db'), 'what is good still counts');
  assert.equal(snapshot.lacking.size, 0);
  const lines = files['catalog-info.yaml']?.split('\n') ?? [];
  assert.equal(faults.length, table.length);
  for (const [target, message] of table) {
    const line = lines.findIndex((each) => each.includes(JSON.stringify(target))) + 1;
    const fault = faults.find(({ place }) => place.line === line);
    assert.equal(fault?.code, 'location-refused', target);
    assert.deepEqual(fault?.place, { repository, path: 'catalog-info.yaml', line });
    assert.match(fault?.message ?? '', message);
  }
});

test('what a Location brings in counts for no more than its repository may define', async () => {
  const files = {
    'catalog-info.yaml': location('./more.yaml'),
    'more.yaml': [
      resource({ name: 'mine', namespace: 'risk' }),
      resource({ name: 'yours', owner: 'group:default/engineering' }),
      user('mallory', ['payments']),
      databaseText,
    ].join('\n---\n'),
    'twice.yaml': databaseText,
  };
  const repository = 'acme/payments-services';
  const roots = ['catalog-info.yaml', 'twice.yaml'];
  const open = async () => checkoutOf(repository, files, { roots });
  const catalog = openCatalog([{ repository, open }]);
  await catalog.refresh();
  const { resources, users, refused } = catalog.snapshot(policyOf(policyText).policy);
  assert.deepEqual([resources.size, users.size], [0, 0]);
  assert.deepEqual(Array.from(refused.values(), ({ code }) => code).toSorted(), [
    'defined-twice',
    'namespace-without-policy',
    'owner-not-allowed',
    'people-not-believed',
  ]);
});

test('what a Backstage has from elsewhere counts for nothing, whatever it says of itself', () => {
  const { policy } = policyOf(policyText);
  const annotations = {
    'backstage.io/managed-by-location':
      'url:https://github.com/mallory/evil/blob/main/catalog-info.yaml',
    'backstage.io/managed-by-origin-location':
      'url:https://github.com/acme/payments-services/blob/main/catalog-info.yaml',
  };
  const entity = JSON.parse(resource({ name: 'evil-db', annotations })) as object;
  const origins = { site: 'https://github.com', branch: 'main', path: 'catalog-info.yaml' };
  const read = readEntities([entity], { ...origins, readDirectly: new Set<string>() });
  const facts = { ...factsOf(), catalog: buildSnapshot(read, policy) };
  const refusal = facts.catalog.refused.get('resource:payments/evil-db');
  assert.equal(refusal?.code, 'origin-not-allowed');
});

test('as many people as fit into a repository may claim one login, and nobody waits for that', () => {
  const crowd = Array.from({ length: 100_000 }, (_, nth): Descriptor => {
    const { ref, name } = { ref: `user:default/u${nth}`, name: `u${nth}` };
    const place = { repository: 'acme/org', path: 'org.yaml', line: nth + 1 };
    const entity = { ref, name, namespace: 'default', title: name, place };
    return { ...entity, kind: 'user', login: 'omar', subject: null, memberOf: [] };
  });
  // With all of them counted for each it takes longer than a test may.
  const { users, faults } = buildSnapshot(
    { descriptors: crowd, faulty: [] },
    policyOf(policyText).policy,
  );
  assert.deepEqual([users.size, faults.length], [0, crowd.length]);
});

test('a group may have as many groups below it as fit into its file', () => {
  const place = { repository: 'acme/org', path: 'org.yaml', line: 1 };
  const refs = Array.from({ length: 200_000 }, (_, nth) => `group:default/g${nth}`);
  const group = (name: string, children: readonly string[]): Descriptor => {
    const entity = { ref: `group:default/${name}`, name, namespace: 'default', title: name, place };
    return { ...entity, kind: 'group', parent: null, children, members: [], team: null };
  };
  const { policy } = policyOf(policyText);
  const catalog = buildSnapshot({ descriptors: [group('top', refs)], faulty: [] }, policy);
  assert.deepEqual(membersOf(catalog, 'group:default/top'), []);
});
