import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainAsking } from '../../../bot/access/inquire.ts';
import { requestDigest } from '../../../bot/access/request.ts';
import { judgeSignIn, judgeWay, sayDemand } from '../../../bot/access/sign-in.ts';
import { stillEligible } from '../../../bot/access/standing.ts';
import { factsOf, grantedTo, opened, people, policyText, resource } from './world.ts';

const now = new Date('2026-03-02T09:00:00.000Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const quarter = { maxAgeMs: 15 * 60_000, acr: [] };
const strong = { maxAgeMs: null, acr: ['phr', 'phrh'] };

for (const [what, authTime, lacks] of [
  ['of just now is recent', ago(0), []],
  ['of 15 minutes ago is recent', ago(900), []],
  ['is recent as long as the clocks may be apart', ago(930), []],
  ['of longer ago is too old', ago(931), ['too-old']],
  ['of a clock that is a little ahead is recent', ago(-30), []],
  ['of a time that is still to come is not believed', ago(-31), ['not-dated']],
  ['without a time is not recent', null, ['not-dated']],
  ['of no time at all is not recent', new Date(NaN), ['not-dated']],
] as const) {
  test(`where at most 15 minutes are demanded, a sign-in ${what}`, () => {
    const verdict = judgeSignIn(quarter, { authTime, acr: ['phr'] }, now);
    assert.deepEqual(verdict.kind === 'unmet' ? verdict.lacks : [], lacks);
  });
}

test('a sign-in by one of the ways is enough, and the most wanted of them is named', () => {
  const met = (acr: readonly string[]) => judgeSignIn(strong, { authTime: null, acr }, now);
  assert.deepEqual(met(['phrh', 'phr']), { kind: 'met', acr: 'phr' });
  for (const acr of [[], ['pwd'], ['PHR'], ['phr phrh']]) assert.equal(met(acr).kind, 'unmet');
});

test('where nothing is demanded, a sign-in of which nothing is known is enough', () => {
  const verdict = judgeSignIn({ maxAgeMs: null, acr: [] }, { authTime: null, acr: [] }, now);
  assert.deepEqual(verdict, { kind: 'met', acr: null });
});

test('a refusal says what was demanded and what came, in the words of RFC 9470', () => {
  const both = { ...quarter, acr: ['phr'] };
  const said = (demand: typeof both, authTime: Date | null, acr: readonly string[]) => {
    const verdict = judgeSignIn(demand, { authTime, acr }, now);
    return verdict.kind === 'unmet' ? verdict.sentence : '';
  };
  assert.equal(
    said(both, ago(7200), ['pwd']),
    'A different authentication level is required: a sign-in of at most 15 min ago, by phr. The identity provider vouches for one of 2 h ago and the way pwd.',
  );
  assert.equal(
    said({ ...both, acr: [] }, null, []),
    'More recent authentication is required: a sign-in of at most 15 min ago. The identity provider vouches for no time of signing in.',
  );
});

test('a demand is told in characters that OAuth takes in a description', () => {
  const text = sayDemand({ maxAgeMs: 90_000, acr: ['urn:okta:loa:2fa:any', 'phr'] });
  assert.equal(text, 'a sign-in of at most 1 min 30 s ago, by urn:okta:loa:2fa:any or phr');
  assert.match(text, /^[\x20-\x21\x23-\x5B\x5D-\x7E]*$/);
});

test('at a renewal the way of the claim counts, and its age no more', () => {
  assert.equal(judgeWay({ ...strong, maxAgeMs: 1 }, 'phrh').kind, 'met');
  assert.equal(judgeWay(quarter, null).kind, 'met');
  const verdict = judgeWay(strong, null);
  assert.match(verdict.kind === 'unmet' ? verdict.sentence : '', /by phr or phrh.*no way of/);
});

const demanding = policyText.replace(
  'pending: 8h',
  'identity: { oidc: { max-age: 15m, acr: [phr] } }',
);
const demanded = { maxAgeMs: 15 * 60_000, acr: ['phr'] };

test('what the policy demands of the sign-in is told to whoever asks, shown on the card and part of its digest', () => {
  const facts = factsOf({ policy: demanding });
  const { steps } = explainAsking({ resource: 'payments-db' }, people.dana, facts);
  const told = steps.filter(({ rule }) => rule.startsWith('sign-in-'));
  assert.deepEqual(told, [
    { rule: 'sign-in-is-recent', fact: { maxAgeMs: 900_000 }, satisfied: true },
    { rule: 'sign-in-is-strong', fact: { acr: ['phr'] }, satisfied: true },
  ]);
  const request = opened(facts);
  assert.deepEqual(request.signIn, demanded);
  const loosened = { ...request, signIn: { ...demanded, acr: ['pwd'] } };
  assert.notEqual(requestDigest(loosened), request.digest);
  assert.equal(opened(factsOf()).signIn, undefined);
});

test('a grant is claimed by the sign-in that the policy demands today', () => {
  const before = factsOf();
  const grant = grantedTo(people.dana, before);
  const standing = stillEligible(grant, factsOf({ policy: demanding }));
  assert.deepEqual(standing.kind === 'eligible' && standing.identity, demanded);
});

for (const annotation of ['ssh', 'github', 'oidc']) {
  test(`an entity that names ${annotation} neither lifts nor changes what the policy demands of the sign-in`, () => {
    const annotations = { 'sallyport.dev/identity': annotation };
    const services = [resource({ name: 'payments-db', annotations })];
    assert.deepEqual(opened(factsOf({ policy: demanding, services })).signIn, demanded);
    assert.equal(opened(factsOf({ services })).signIn, undefined);
  });
}
