import assert from 'node:assert/strict';
import test from 'node:test';
import { chooseGrant, chooseRequest } from '../../../bot/access/choose.ts';
import { moveGrant, moveRequest, type Grant } from '../../../bot/access/lifecycle.ts';
import type { AccessRequest, Person } from '../../../bot/access/request.ts';
import { decideOperatorRevoke, decideRevoke, stillEligible } from '../../../bot/access/standing.ts';
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
  running,
  type World,
} from './world.ts';

const facts = factsOf();
const request = opened(facts, { durationMs: 2 * hourMs });
const grant = granted();

function granted(): Grant {
  const decision = approve(facts, { request, by: people.omar });
  assert.ok(decision.kind === 'granted');
  return decision.grant;
}

test('a grant stands while everybody and everything is as it was', () => {
  const standing = stillEligible(grant, facts);
  assert.ok(standing.kind === 'eligible');
  assert.deepEqual(standing.relays, ['eu-1', 'eu-2']);
  assert.deepEqual(standing.limits, {
    sessions: 2,
    connections: 64,
    idleSeconds: 1800,
    graceSeconds: 300,
  });
});

test('what matters not to a grant does not end it', () => {
  const table: [string, World][] = [
    [
      'a new title',
      { services: [resource({ name: 'payments-db' }).replace('"name"', '"title":"T","name"')] },
    ],
    ['a laxer rule', { policy: policyText.replace('max: 8h', 'max: 9h') }],
    ['one relay of two', { policy: policyText.replace('[eu-1, eu-2]', '[eu-2, us-1]') }],
  ];
  for (const [name, world] of table) {
    assert.equal(stillEligible(grant, factsOf(world)).kind, 'eligible', name);
  }
  const moved = stillEligible(
    grant,
    factsOf({ policy: policyText.replace('[eu-1, eu-2]', '[eu-2, us-1]') }),
  );
  assert.ok(moved.kind === 'eligible');
  assert.deepEqual(moved.relays, ['eu-2'], 'a relay that was added later was never granted');
});

test('a grant stands no longer when nobody would give it today', () => {
  const annotated = (annotations: Readonly<Record<string, string>>) => ({
    services: [resource({ name: 'payments-db', annotations })],
  });
  const table: [string, World, Parameters<typeof reasonOf>[1]][] = [
    ['the time is up', { now: new Date(now.getTime() + 2 * hourMs) }, 'grant-not-active'],
    ['the entity is gone', { services: [] }, 'resource-unknown'],
    ['the target moved', annotated({ 'sallyport.dev/target': 'x.y:1' }), 'target-changed'],
    [
      'the role got its own target',
      annotated({ 'sallyport.dev/role.reader.target': 'x.y:1' }),
      'target-changed',
    ],
    ['the protocol changed', annotated({ 'sallyport.dev/protocol': 'mysql' }), 'target-changed'],
    [
      'no relay is left',
      { policy: policyText.replace('[eu-1, eu-2]', '[us-1]') },
      'target-changed',
    ],
    ['the role left the entity', annotated({ 'sallyport.dev/roles': 'writer' }), 'role-unknown'],
    [
      'the grantee left',
      { org: orgText.replace('{ memberOf: [engineering]', '{ memberOf: []') },
      'not-a-requester',
    ],
    [
      'the grantee is unknown',
      { org: orgText.replace('login: dana', 'login: dina') },
      'person-unknown',
    ],
    [
      'the grantee’s login is another’s',
      { ids: new Map([...facts.ids, ['dana', 1]]) },
      'account-reassigned',
    ],
    ['GitHub could not be asked', { logins: new Map() }, 'person-unresolved'],
    [
      'the approver left',
      { org: orgText.replace('{ memberOf: [payments]', '{ memberOf: []') },
      'approval-withdrawn',
    ],
    [
      'the approver is unknown',
      { org: orgText.replace('login: omar', 'login: omer') },
      'approval-withdrawn',
    ],
    [
      'the owner changed',
      { services: [resource({ name: 'payments-db', owner: 'user:default/otto' })] },
      'approval-withdrawn',
    ],
    [
      'more approvals are asked for',
      annotated({ 'sallyport.dev/approvals': '2' }),
      'approval-withdrawn',
    ],
  ];
  for (const [name, world, code] of table) {
    const standing = stillEligible(grant, factsOf(world));
    assert.ok(standing.kind === 'refused', name);
    reasonOf(standing, code);
  }
  for (const state of ['expired', 'revoked'] as const) {
    reasonOf(stillEligible({ ...grant, state }, facts), 'grant-not-active');
  }
});

test('a grant stands no longer once it is longer than is given today, also before its first connection', () => {
  const annotations = { 'sallyport.dev/max-duration': 'PT10M' };
  const short: readonly World[] = [
    { policy: policyText.replace('default: 1h, max: 8h', 'default: 1h, max: 1h') },
    { services: [resource({ name: 'payments-db', annotations })] },
  ];
  const asItIs = { policy: policyText.replace('max: 8h', 'max: 2h') };
  const waiting = {
    kind: 'waiting',
    durationMs: 2 * hourMs,
    useBy: new Date(now.getTime() + hourMs).toISOString(),
    endsBy: new Date(now.getTime() + 3 * hourMs).toISOString(),
  } as const;
  for (const given of [grant, { ...grant, time: waiting }]) {
    for (const world of short) {
      const { data } = reasonOf(stillEligible(given, factsOf(world)), 'grant-too-long');
      assert.equal('durationMs' in data && data.durationMs, 2 * hourMs);
    }
    assert.equal(stillEligible(given, factsOf(asItIs)).kind, 'eligible');
  }
});

test('a grant of which nobody can say how long it lasts does not stand', () => {
  const useBy = new Date(now.getTime() + hourMs).toISOString();
  const time = { kind: 'waiting', durationMs: Number.NaN, useBy, endsBy: useBy } as const;
  reasonOf(stillEligible({ ...grant, time }, facts), 'grant-too-long');
  const { endsAt } = running(grant);
  const begun = { ...grant, time: { kind: 'running', startsAt: 'some time', endsAt } as const };
  reasonOf(stillEligible(begun, facts), 'grant-too-long');
});

test('what was added to a grant counts when the rule becomes shorter', () => {
  const { startsAt } = running(grant);
  const endsAt = new Date(Date.parse(startsAt) + 6 * hourMs).toISOString();
  const extended = { ...grant, time: { kind: 'running', startsAt, endsAt } as const };
  assert.equal(stillEligible(extended, facts).kind, 'eligible');
  const shorter = factsOf({ policy: policyText.replace('max: 8h', 'max: 5h') });
  reasonOf(stillEligible(extended, shorter), 'grant-too-long');
  assert.equal(stillEligible(grant, shorter).kind, 'eligible', 'without it, it is short enough');
});

test('a grant whose approver is its grantee, or none at all, never stands', () => {
  const [approval] = grant.approvals;
  assert.ok(approval);
  reasonOf(stillEligible({ ...grant, approvals: [] }, facts), 'approval-withdrawn');
  const self = { ...grant, grantee: people.omar };
  const org = orgText.replace('{ memberOf: [payments]', '{ memberOf: [payments, engineering]');
  reasonOf(stillEligible(self, factsOf({ org })), 'approval-withdrawn');
  const other = { ...grant, approvals: [{ ...approval, digest: 'sha-256:other' }] };
  reasonOf(stillEligible(other, facts), 'approval-withdrawn');
});

test('a grant can be ended by its grantee, its approvers of then and now, and the operator', () => {
  for (const by of [people.dana, people.omar, people.olga]) {
    assert.equal(decideRevoke({ grant, by }, facts).kind, 'revoked', JSON.stringify(by));
  }
  assert.equal(decideOperatorRevoke(grant, now).kind, 'revoked');
  for (const by of [
    people.bea,
    people.dirk,
    { id: 4711, login: 'omar' },
    { id: 4711, login: 'dana' },
  ]) {
    const decision = decideRevoke({ grant, by }, facts);
    reasonOf(decision, 'not-a-revoker');
  }
});

test('grantee and approver can end a grant when nothing else is known any more', () => {
  const blind = factsOf({ services: [], org: '', logins: new Map(), ids: new Map() });
  for (const by of [people.dana, people.omar]) {
    assert.equal(decideRevoke({ grant, by }, blind).kind, 'revoked');
  }
  reasonOf(decideRevoke({ grant, by: people.olga }, blind), 'not-a-revoker');
});

test('an ended grant is not ended again', () => {
  const ended = { ...grant, state: 'revoked' } as const;
  reasonOf(decideRevoke({ grant: ended, by: people.dana }, facts), 'grant-not-active');
  const over = new Date(now.getTime() + 2 * hourMs);
  for (const decision of [decideOperatorRevoke(ended, now), decideOperatorRevoke(grant, over)]) {
    reasonOf(decision, 'grant-not-active');
  }
});

test('only what is pending or active moves, and it moves once', () => {
  const events = ['grant', 'deny', 'cancel', 'void', 'lapse'] as const;
  assert.deepEqual(
    events.map((event) => moveRequest('pending', event).state),
    ['granted', 'denied', 'cancelled', 'cancelled', 'lapsed'],
  );
  for (const state of ['granted', 'denied', 'cancelled', 'lapsed'] as const) {
    for (const event of events)
      assert.deepEqual(moveRequest(state, event), { kind: 'refused', state });
  }
  assert.equal(moveGrant('active', 'expire').state, 'expired');
  assert.equal(moveGrant('active', 'revoke').state, 'revoked');
  for (const state of ['expired', 'revoked'] as const) {
    for (const event of ['expire', 'revoke'] as const) {
      assert.deepEqual(moveGrant(state, event), { kind: 'refused', state });
    }
  }
});

test('a bare command is taken only where it cannot mean another request than its author saw', () => {
  const make = (
    id: string,
    state: AccessRequest['state'],
    requester: Person = people.dana,
  ): AccessRequest => ({
    ...request,
    id,
    state,
    requester,
  });
  const pending = make('r1', 'pending');
  const bea = make('r2', 'pending', people.bea);
  const denied = make('r3', 'denied');
  const choose = (
    verb: 'approve' | 'deny' | 'cancel',
    requests: AccessRequest[],
    named?: string,
    by: Person = people.dana,
  ) => {
    const command = named === undefined ? { verb } : { verb, request: named };
    const choice = chooseRequest(command, by, requests);
    return choice.kind === 'chosen' ? choice.request.id : reasonOf(choice, choice.reason.code).code;
  };
  for (const verb of ['approve', 'deny', 'cancel'] as const) {
    assert.equal(choose(verb, [pending]), 'r1');
    assert.equal(choose(verb, []), 'no-pending-request');
    assert.equal(choose(verb, [denied]), 'no-pending-request');
    assert.equal(choose(verb, [pending, bea], 'r2'), 'r2');
    assert.equal(choose(verb, [pending], 'r9'), 'request-unknown');
    assert.equal(
      choose(verb, [denied], 'r3'),
      'r3',
      'that it is not pending is the decision’s to say',
    );
  }
  for (const state of ['granted', 'denied', 'cancelled', 'lapsed'] as const) {
    assert.equal(choose('approve', [make('r0', state), pending]), 'request-must-be-named', state);
    assert.equal(choose('deny', [make('r0', state), pending]), 'r1', state);
  }
  assert.equal(choose('approve', [pending, bea]), 'request-must-be-named');
  assert.equal(choose('deny', [pending, bea]), 'request-must-be-named');
  assert.equal(choose('cancel', [pending, bea]), 'r1', 'their own');
  assert.equal(choose('cancel', [pending, bea], undefined, people.omar), 'request-must-be-named');
});

test('a bare /revoke means the only active grant, and a named one may be named by its request', () => {
  const second = { ...grant, id: 'g_bbbbbbbbbbbbbbbbbbbbbbbbbb', requestId: 'r2' };
  const over = {
    ...grant,
    id: 'g_cccccccccccccccccccccccccc',
    requestId: 'r3',
    state: 'expired' as const,
  };
  const choose = (named: string | undefined, grants: readonly Grant[]) => {
    const choice = chooseGrant(named, grants);
    return choice.kind === 'chosen' ? choice.grant.id : reasonOf(choice, choice.reason.code).code;
  };
  assert.equal(choose(undefined, [grant, over]), grant.id);
  assert.equal(choose(undefined, [grant, second]), 'grant-must-be-named');
  assert.equal(choose(undefined, [over]), 'no-active-grant');
  assert.equal(choose('r2', [grant, second]), second.id);
  assert.equal(choose(second.id, [grant, second]), second.id);
  assert.equal(choose('r9', [grant]), 'grant-unknown');
});
