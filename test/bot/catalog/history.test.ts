import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesIn, type Seen } from '../../../bot/catalog/history.ts';
import { factsOf, resource, type World } from '../access/world.ts';

const resourcesOf = (world: World = {}) => factsOf(world).catalog.resources.values();
const refsOf = (changes: ReadonlyMap<string, Seen>) => [...changes.keys()];
const first = changesIn(new Map(), resourcesOf(), '2026-03-02T09:00:00.000Z');
const later = '2026-03-02T10:00:00.000Z';

test('the first catalog of all is taken as it is', () => {
  assert.deepEqual(refsOf(first), ['resource:payments/payments-db']);
  assert.deepEqual(
    [...first.values()].map(({ since }) => since),
    [null],
  );
  assert.equal(changesIn(first, resourcesOf(), later).size, 0);
});

test('an entity is new when it appears, and when its owner, an address or the approvals of it change', () => {
  const database = { name: 'payments-db' };
  const annotations = { 'sallyport.dev/role.reader.target': 'payments-ro.internal:5432' };
  const table: [string, readonly string[], string[]][] = [
    [
      'another entity',
      [resource(database), resource({ name: 'ledger' })],
      ['resource:payments/ledger'],
    ],
    [
      'another owner',
      [resource({ ...database, owner: 'user:default/otto' })],
      ['resource:payments/payments-db'],
    ],
    [
      'another address',
      [resource({ ...database, annotations: { 'sallyport.dev/target': 'x.internal:1' } })],
      ['resource:payments/payments-db'],
    ],
    [
      'an address for a role',
      [resource({ ...database, annotations })],
      ['resource:payments/payments-db'],
    ],
    [
      'approvals of its own',
      [resource({ ...database, annotations: { 'sallyport.dev/approvals': '2' } })],
      ['resource:payments/payments-db'],
    ],
    [
      'a shorter time',
      [resource({ ...database, annotations: { 'sallyport.dev/max-duration': '1h' } })],
      [],
    ],
    ['nothing at all', [], []],
  ];
  for (const [what, services, refs] of table) {
    const changes = changesIn(first, resourcesOf({ services }), later);
    assert.deepEqual(refsOf(changes), refs, what);
    assert.ok(
      [...changes.values()].every(({ since }) => since === later),
      what,
    );
  }
});
