import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { readPolicy, ruleHash } from '../../../bot/access/policy.ts';
import { signGrant } from '../../../relay/grant.ts';
import { grantClaims, newKey } from '../../relay/signing.ts';
import { policyOf, policyText } from './world.ts';

const valid = policyText.trimStart();

function faultsOf(text: string): readonly string[] {
  const reading = readPolicy(text, 'sallyport.yml');
  assert.ok(reading.kind === 'invalid', 'the policy was taken as valid');
  return reading.faults.map(
    ({ file, line, column, path, message }) => `${file}:${line}:${column} ${path} ${message}`,
  );
}

test('a policy is read with every default filled in and names in one spelling', () => {
  const { policy, revision } = policyOf(valid.replace('acme/org]', 'Acme/Org]'));
  assert.deepEqual(policy.people, { users: ['acme/org'], groups: ['acme/org'] });
  const payments = policy.namespaces.get('payments');
  assert.ok(payments);
  const { roles, ...rest } = payments;
  assert.deepEqual(rest, {
    name: 'payments',
    catalog: ['acme/payments-services'],
    owners: ['group:default/payments', 'user:default/otto'],
    relays: ['eu-1', 'eu-2'],
    requesters: ['group:default/engineering'],
    approvers: ['owner'],
    identity: { maxAgeMs: null, acr: [] },
    confirm: 'comment',
    clock: { from: 'approval' },
    pendingMs: 8 * 3_600_000,
    graceSeconds: 300,
    idleSeconds: 1800,
    stewards: [],
    hours: null,
    autoApprove: [],
    breakGlass: null,
    limits: { sessions: 2, connections: 64 },
  });
  assert.deepEqual([...roles.keys()], ['reader', 'writer', 'admin']);
  assert.deepEqual(roles.get('writer'), {
    name: 'writer',
    defaultMs: 1_800_000,
    maxMs: 7_200_000,
    approvals: { kind: 'each', of: ['owner', 'group:default/dba'] },
  });
  assert.match(revision, /^sha-256:/);
});

test('the policy that operators start from is valid', async () => {
  policyOf(await readFile(new URL('../../../templates/sallyport.yml', import.meta.url), 'utf8'));
});

test('all faults are told at once, each with its line and column and what was expected', () => {
  const text = `version: 2
people: { users: [], groups: [acme/org] }
namespaces:
  payments:
    catalogue: [acme/payments-services]
    catalog: [payments-services]
    owners: [payments]
    relays: [EU]
    requesters: group:default/engineering
    approvers: [owner, owner]
    pending: 8 hours
    roles:
      reader: { default: 9h, max: 8h, approvals: 0 }
`;
  assert.deepEqual(faultsOf(text), [
    'sallyport.yml:1:1 version Expected 1, the version of this format.',
    'sallyport.yml:2:11 people.users Expected at least one.',
    'sallyport.yml:5:5 namespaces.payments.catalogue There is no key catalogue here. Did you mean catalog?',
    'sallyport.yml:6:15 namespaces.payments.catalog[0] Expected a repository, owner/name, or a location as a Backstage gives it, such as msgraph:default/*, where * stands for one whole part.',
    'sallyport.yml:7:14 namespaces.payments.owners[0] Expected a full ref, such as group:default/payments or user:default/omar.',
    'sallyport.yml:8:14 namespaces.payments.relays[0] Expected a relay’s name: lower-case letters, digits and dashes.',
    'sallyport.yml:9:5 namespaces.payments.requesters Expected a list, such as [group:default/engineering].',
    'sallyport.yml:10:5 namespaces.payments.approvers Expected each to be named once.',
    'sallyport.yml:11:5 namespaces.payments.pending Expected a duration, such as 90m, 8h, 1d or PT30S, of at most 365 days.',
    'sallyport.yml:13:17 namespaces.payments.roles.reader.default Expected a default that is not longer than max.',
    'sallyport.yml:13:39 namespaces.payments.roles.reader.approvals Expected a whole number from 1 to 10.',
  ]);
});

test('a key that a later version honours is refused, so that nobody believes in it today', () => {
  const later = ['step-up: mfa', 'headless: true'];
  for (const line of later) {
    const key = line.split(':')[0];
    assert.deepEqual(faultsOf(valid.replace('    pending: 8h', `    ${line}`)), [
      `sallyport.yml:10:5 namespaces.payments.${key} ${key} is not supported by this version. Take it out.`,
    ]);
  }
});

test('a key that there is not, or that stands there twice, is a fault of its own', () => {
  const table: [string, string, RegExp][] = [
    ['roles:', 'rolls:', /rolls There is no key rolls here\. Did you mean roles\?/],
    ['max: 8h', 'maxx: 8h', /roles\.reader\.maxx .*Did you mean max\?/],
    [
      'pending: 8h',
      'limits: { session: 1 }',
      /limits\.session There is no key session here\. Did you mean sessions\?/,
    ],
    ['reader:', '__proto__:', /roles\.__proto__ There is no key __proto__ anywhere/],
    ['version: 1\n', '', /version The key version is missing at the top level\. Expected 1/],
    ['pending: 8h', 'relays: [eu-3]', /This key stands here twice/],
    ['pending: 8h', 'pending: [', /:1\d:\d+ /],
  ];
  for (const [from, to, fault] of table) {
    assert.ok(valid.includes(from), from);
    const faults = faultsOf(valid.replace(from, to));
    assert.ok(
      faults.some((each) => fault.test(each)),
      `${to}: ${faults.join('\n')}`,
    );
  }
});

test('the clock runs from the approval, or from the first connection within 8 h or what the policy says', () => {
  const clockOf = (clock: string) =>
    policyOf(valid.replace('pending: 8h', `clock: ${clock}`)).policy.namespaces.get('payments')
      ?.clock;
  const from = 'first-connect';
  const hourMs = 3_600_000;
  assert.deepEqual(clockOf('approval'), { from: 'approval' });
  assert.deepEqual(clockOf('first-connect'), { from, useWithinMs: 8 * hourMs });
  assert.deepEqual(clockOf('{ first-connect: 90m }'), { from, useWithinMs: 1.5 * hourMs });
  assert.deepEqual(clockOf('{ first-connect: 7d }'), { from, useWithinMs: 168 * hourMs });
});

test('an empty file is a fault and not an empty policy', () => {
  for (const text of ['', '# nothing\n', '[]', 'true', '{}'])
    assert.notEqual(faultsOf(text).length, 0);
});

test('a second document is a fault at the place where it begins', () => {
  const lines = valid.trimEnd().split('\n').length;
  for (const [text, line] of [
    [`${valid}---\n${valid}`, lines + 1],
    [`# The policy\n---\n${valid}\n# And more\n--- # of it\n${valid}`, lines + 5],
    [`${valid}---\n`, lines + 1],
    [`${valid}---\n---\n`, lines + 1],
  ] as const) {
    assert.deepEqual(faultsOf(text), [
      `sallyport.yml:${line}:1  Expected one document, and here begins another. Put it into a file of its own, or take it out.`,
    ]);
  }
});

test('the hash of a rule changes with what the rule says, and with nothing else', () => {
  const hashOf = (text: string, role = 'reader') => {
    const { policy } = policyOf(text);
    const rules = policy.namespaces.get('payments');
    const rule = rules?.roles.get(role);
    assert.ok(rules && rule);
    return ruleHash(policy, rules, rule);
  };
  const before = hashOf(valid);
  const same = [
    `# a remark\n${valid}`,
    valid.replace('max: 2h', 'max: 90m'),
    `${valid}  other:\n${valid.split('  payments:\n')[1]}`,
  ];
  for (const text of same) assert.equal(hashOf(text), before);
  const different = [
    valid.replace('max: 8h', 'max: 7h'),
    valid.replace('approvals: 1 ', 'approvals: 2 '),
    valid.replace('approvers: [owner]', 'approvers: [owner, group:default/dba]'),
    valid.replace('[group:default/engineering]', '[group:default/dba]'),
    valid.replace('groups: [acme/org]', 'groups: [acme/other]'),
    valid.replace('[acme/payments-services]', '[acme/payments-services, acme/x]'),
    valid.replace('pending: 8h', 'pending: 8h\n    clock: first-connect'),
    valid.replace('pending: 8h', 'pending: 8h\n    clock: { first-connect: 4h }'),
    valid.replace('pending: 8h', 'pending: 8h\n    confirm: sign-in'),
    valid.replace('pending: 8h', 'pending: 8h\n    identity: { oidc: { max-age: 15m } }'),
    valid.replace('pending: 8h', 'pending: 8h\n    identity: { oidc: { acr: [phr] } }'),
  ];
  assert.equal(new Set(different.map((text) => hashOf(text))).size, different.length);
  for (const text of different) assert.notEqual(hashOf(text), before, text);
  assert.notEqual(hashOf(valid, 'admin'), before);
});

test('an upgrade changes the hash of no rule, so that what waits for an approval goes on waiting', () => {
  const { policy } = policyOf(valid);
  const rules = policy.namespaces.get('payments');
  const rule = rules?.roles.get('reader');
  assert.ok(rules && rule);
  // As the version before `clock`, `confirm` and demands on the sign-in had it.
  assert.equal(
    ruleHash(policy, rules, rule),
    'sha-256:lVkejgJrJnXvcFhgFs8itHtEC6qoPwSChOcTDRLsCoU',
  );
});

test('aliases that multiply, or that lead nowhere, are faults of the file and not of the bot', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const lines = names.map((name, index) => {
    const below =
      index === 0
        ? 'x, x'
        : Array(9)
            .fill(`*${names[index - 1]}`)
            .join(', ');
    return `${name}: &${name} [${below}]`;
  });
  assert.match(faultsOf(lines.join('\n')).join('\n'), /alias count/);
  assert.match(faultsOf('version: *nowhere\n').join('\n'), /nowhere/);
});

test('every limit that a policy may set fits into a grant token', async () => {
  const set = (grace: string, idle: string, connections: number) =>
    valid.replace(
      'relays: [eu-1, eu-2]',
      `relays: [eu-1, eu-2]\n    grace: ${grace}\n    idle: ${idle}\n    limits: { sessions: 100, connections: ${connections} }`,
    );
  const { policy } = policyOf(set('15m', '24h', 1000));
  const rules = policy.namespaces.get('payments');
  assert.ok(rules);
  const { limits, idleSeconds, graceSeconds } = rules;
  const lim = { ...limits, idleSeconds, graceSeconds };
  assert.ok(await signGrant(grantClaims(Date.now(), { lim }), newKey()));
});
