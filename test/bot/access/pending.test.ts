import assert from 'node:assert/strict';
import test from 'node:test';
import { knowsApprovals } from '../../../bot/access/certainty.ts';
import { decideCancel, decideDeny } from '../../../bot/access/close.ts';
import { startTrail } from '../../../bot/access/explain.ts';
import { judgePending, stillMissing } from '../../../bot/access/pending.ts';
import {
  approve,
  factsOf,
  hourMs,
  now,
  opened,
  orgText,
  people,
  policyText,
  reasonOf,
  resource,
  type World,
} from './world.ts';

const facts = factsOf();
const request = opened(facts, { durationMs: 2 * hourMs });
const later = (ms: number) => new Date(now.getTime() + ms);

test('what is no longer pending is nobody’s to decide', () => {
  for (const state of ['granted', 'denied', 'cancelled', 'lapsed'] as const) {
    const ended = { ...request, state };
    reasonOf(approve(facts, { request: ended, by: people.omar }), 'request-not-pending');
    reasonOf(decideDeny({ request: ended, denier: people.omar }, facts), 'request-not-pending');
    reasonOf(decideCancel({ request: ended, by: people.dana }, now), 'request-not-pending');
  }
});

test('a request lapses at the very moment it names', () => {
  const last = factsOf({ now: later(8 * hourMs - 1) });
  assert.equal(approve(last, { request, by: people.omar }).kind, 'granted');
  for (const ms of [8 * hourMs, 9 * hourMs]) {
    const lapsed = factsOf({ now: later(ms) });
    reasonOf(approve(lapsed, { request, by: people.omar }), 'request-lapsed');
    reasonOf(decideDeny({ request, denier: people.omar }, lapsed), 'request-lapsed');
    reasonOf(decideCancel({ request, by: people.dana }, lapsed.now), 'request-lapsed');
  }
});

test('what has changed since it was shown voids the request, whoever looks at it', () => {
  const table: [string, World, Parameters<typeof reasonOf>[1]][] = [
    [
      'the target moved',
      {
        services: [
          resource({ name: 'payments-db', annotations: { 'sallyport.dev/target': 'x.y:1' } }),
        ],
      },
      'entity-changed',
    ],
    [
      'the owner changed',
      { services: [resource({ name: 'payments-db', owner: 'user:default/otto' })] },
      'entity-changed',
    ],
    ['the entity is gone', { services: [] }, 'resource-unknown'],
    [
      'the entity is faulty',
      { services: [resource({ name: 'payments-db', annotations: { 'sallyport.dev/roles': '' } })] },
      'resource-refused',
    ],
    ['the role is gone', { policy: policyText.replace('reader:', 'viewer:') }, 'role-unknown'],
    [
      'the rule is laxer',
      { policy: policyText.replace('approvers: [owner]', 'approvers: [owner, group:default/dba]') },
      'rule-changed',
    ],
    [
      'the rule is stricter',
      { policy: policyText.replace('approvals: 1 ', 'approvals: 2 ') },
      'rule-changed',
    ],
    [
      'the requester left',
      { org: orgText.replace('{ memberOf: [engineering]', '{ memberOf: []') },
      'not-a-requester',
    ],
    [
      'the requester is unknown',
      { org: orgText.replace('login: dana', 'login: dina') },
      'person-unknown',
    ],
    [
      'the requester’s login is another’s',
      { ids: new Map([...facts.ids, ['dana', 1]]) },
      'account-reassigned',
    ],
  ];
  for (const [name, world, code] of table) {
    for (const by of [people.omar, people.bea, people.dana]) {
      const decision = approve(factsOf(world), { request, by });
      assert.equal(decision.kind, 'voided', name);
      assert.ok(decision.kind === 'voided');
      reasonOf(decision, code);
    }
    assert.equal(decideDeny({ request, denier: people.omar }, factsOf(world)).kind, 'voided', name);
  }
});

test('a request that was altered in the store is void', () => {
  const altered = [
    { target: 'evil.internal:22' },
    { role: 'admin' },
    { durationMs: 3 * hourMs },
    { reason: 'x' },
  ];
  for (const change of altered) {
    const decision = approve(facts, { request: { ...request, ...change }, by: people.omar });
    assert.equal(decision.kind, 'voided');
  }
  const swapped = { ...request, requester: people.bea };
  assert.equal(approve(facts, { request: swapped, by: people.omar }).kind, 'voided');
});

test('that GitHub cannot be asked about the requester decides nothing', () => {
  const blind = factsOf({ logins: new Map() });
  const decision = approve(blind, { request, by: people.omar });
  assert.equal(decision.kind, 'refused');
  assert.ok(decision.kind === 'refused');
  reasonOf(decision, 'person-unresolved');
});

test('a request can be denied by whoever could approve it', () => {
  assert.equal(decideDeny({ request, denier: people.omar }, facts).kind, 'denied');
  reasonOf(decideDeny({ request, denier: people.bea }, facts), 'not-an-approver');
  reasonOf(decideDeny({ request, denier: people.dana }, facts), 'own-request');
});

test('a request can be cancelled by its requester alone, by number', () => {
  assert.equal(
    decideCancel({ request, by: { ...people.dana, login: 'new' } }, now).kind,
    'cancelled',
  );
  const other = decideCancel({ request, by: { id: 4711, login: 'dana' } }, now);
  reasonOf(other, 'not-the-requester');
  reasonOf(decideCancel({ request, by: people.omar }, now), 'not-the-requester');
});

test('what a request needs follows whose approvals count today', () => {
  const request = opened(facts, { role: 'admin' });
  const decision = approve(facts, { request, by: people.omar });
  assert.ok(decision.kind === 'counted');
  const approvals = [decision.approval];
  const needed = (world: World) => {
    const today = factsOf(world);
    const pending = judgePending(request, today, startTrail());
    assert.ok(pending.kind === 'pending', JSON.stringify(pending));
    return stillMissing({ request, approvals }, pending, today);
  };
  assert.deepEqual(needed({}), decision.missing);
  const left = orgText.replace('{ memberOf: [payments] ', '{ memberOf: [] ');
  assert.deepEqual(
    needed({ org: left }).map(({ count, of }) => [count, of.flatMap(({ logins }) => logins)]),
    [[2, ['Olga']]],
  );
});

test('a card follows only what is known: not while a team, a file of people or an approver cannot be read', () => {
  const decision = approve(facts, { request: opened(facts, { role: 'admin' }), by: people.omar });
  assert.ok(decision.kind === 'counted');
  const approvals = [decision.approval];
  const unread = { ...facts, catalog: { ...facts.catalog, lacking: new Set(['acme/org']) } };
  const others = { ...facts.catalog, lacking: new Set(['acme/payments-services']) };
  const unreadableTeams = ['group:default/payments'];
  const belonging = new Map([...facts.belonging, [people.omar.id, 'unreadable'] as const]);
  assert.equal(knowsApprovals(approvals, facts), true);
  assert.equal(knowsApprovals(approvals, { ...facts, catalog: others }), true);
  for (const blind of [unread, factsOf({ unreadableTeams }), factsOf({ belonging })]) {
    assert.equal(knowsApprovals(approvals, blind), false);
  }
});
