// What was moved or renamed while the bot was down, and broke where it was: the bot knows only how it was before.

import assert from 'node:assert/strict';
import test from 'node:test';
import { broken, openRestarting, services } from './restarting.ts';
import { databaseText, policyText, resource, user } from '../access/world.ts';

const ledger = 'acme/ledger';
const options = {
  repositories: [services, ledger],
  policy: policyText.replace('[acme/payments-services]', `[${services}, ${ledger}]`),
};

test('a resource that was moved to another repository is the one there, and not defined twice', async () => {
  const { push, read, restart } = openRestarting(options);
  push({ 'a.yaml': databaseText });
  await read();
  push({ 'a.yaml': broken });
  push({ 'b.yaml': databaseText }, ledger);
  restart();
  const { names, refused, lacking } = await read();
  assert.deepEqual([names, refused, lacking], [['payments-db b.yaml'], [], []]);
});

test('two that are both there contradict each other all the same', async () => {
  const { push, read, restart } = openRestarting(options);
  push({ 'a.yaml': databaseText });
  await read();
  push({ 'a.yaml': broken, 'c.yaml': databaseText });
  push({ 'b.yaml': databaseText }, ledger);
  restart();
  const { names, refused } = await read();
  assert.deepEqual([names, refused], [[], ['resource:payments/payments-db']]);
});

test('who may not define a resource does not take it away from those who could', async () => {
  const { push, read, restart } = openRestarting({ repositories: [services, ledger] });
  push({ 'a.yaml': databaseText });
  await read();
  push({ 'a.yaml': broken });
  push({ 'b.yaml': databaseText }, ledger);
  restart();
  assert.deepEqual((await read()).names, ['payments-db a.yaml']);
});

test('a User that was renamed has the login, and what else the broken file may have is not known', async () => {
  const org = 'acme/org';
  const { push, read, restart } = openRestarting({ repositories: [org] });
  push({ 'a.yaml': [user('dana', []), user('omar', [])].join('\n') }, org);
  await read();
  const renamed = user('dana', []).replace('name: dana', 'name: dana.dev');
  push({ 'a.yaml': broken, 'b.yaml': renamed }, org);
  restart();
  const { users, refused, lacking } = await read();
  assert.deepEqual(users.toSorted(), ['user:default/dana.dev', 'user:default/omar']);
  assert.deepEqual([refused, lacking], [[], [org]]);
});

for (const [owner, claim, expected] of [
  ['group:default/payments', 'of the same owner are both there', ['db a.yaml', 'next b.yaml']],
  ['user:default/otto', 'of another owner is the one that is there', ['next b.yaml']],
] as const) {
  test(`of two resources at one target, one ${claim}`, async () => {
    const { push, read, restart } = openRestarting();
    const at = { 'sallyport.dev/target': 'db.internal:5432' };
    push({ 'a.yaml': resource({ name: 'db', annotations: at }) });
    await read();
    push({ 'a.yaml': broken, 'b.yaml': resource({ name: 'next', owner, annotations: at }) });
    restart();
    const { names, refused, lacking } = await read();
    assert.deepEqual([names.toSorted(), refused], [expected, []]);
    assert.deepEqual(lacking, expected.length === 1 ? [services] : []);
  });
}
