// Where a role leads, and whether the relay can tell it from the others by that.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, factsOf, policyText, resource, type World } from './world.ts';

test('a role with an address of its own is dialled there', () => {
  const annotations = { 'sallyport.dev/role.reader.target': 'replica.internal:5432' };
  const facts = factsOf({ services: [resource({ name: 'payments-db', annotations })] });
  const reader = connect(facts);
  assert.ok(reader.kind === 'open');
  assert.equal(reader.request.target, 'replica.internal:5432');
  const writer = connect(facts, { role: 'writer' });
  assert.ok(writer.kind === 'open');
  assert.equal(writer.request.target, 'payments-db.internal:5432');
});

test('a role that leads where another role of the namespace would is one that the relay cannot tell from it', () => {
  const replica = 'replica.internal:5432';
  const aliased = { 'sallyport.dev/role.reader.target': 'payments-db.internal:5432' };
  const split = { 'sallyport.dev/role.reader.target': replica };
  const both = { ...split, 'sallyport.dev/role.writer.target': replica };
  const single = policyText.replace(/ +writer: .*\n +admin: .*\n/, '');
  const table: [string, World, role: string, alike: readonly string[] | undefined][] = [
    ['one address for all', {}, 'reader', ['writer', 'admin']],
    ['an address of its own', worldOf(split), 'reader', undefined],
    ['the others share what is left', worldOf(split), 'writer', ['admin']],
    ['an address of its own that is everybody’s', worldOf(aliased), 'reader', ['writer', 'admin']],
    ['one address for two', worldOf(both), 'reader', ['writer']],
    ['the last one has the address alone', worldOf(both), 'admin', undefined],
    [
      'the entity leaves the others out, and its address is what they would have',
      worldOf({ 'sallyport.dev/roles': 'reader' }),
      'reader',
      ['writer', 'admin'],
    ],
    ['the namespace has no other', { policy: single }, 'reader', undefined],
  ];
  for (const [name, world, role, alike] of table) {
    const decision = connect(factsOf(world), { role });
    assert.ok(decision.kind === 'open', name);
    const step = decision.derivation.find(({ rule }) => rule === 'role-is-recorded');
    assert.deepEqual(step?.fact, alike && { role, alike }, name);
  }
});

const worldOf = (annotations: Readonly<Record<string, string>>): World => ({
  services: [resource({ name: 'payments-db', annotations })],
});
