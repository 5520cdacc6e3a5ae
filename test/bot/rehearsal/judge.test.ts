import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeCase, verdictData } from '../../../bot/rehearsal/judge.ts';
import { now, orgText, policyText, resource } from '../access/world.ts';
import { caseOf, rulebookOf } from './rehearsal.ts';

const glass = `    break-glass: { who: group:default/dba, max: 30m }
`;
const rulebook = rulebookOf({
  policy: policyText.replace('    roles:\n', `${glass}    roles:\n`),
  org: `${orgText.trimEnd()}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: analysts, annotations: { github.com/team-slug: Acme/Analysts } }
spec: { type: team, parent: engineering, children: [] }
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: ann, annotations: { github.com/user-login: ann } }
spec: { memberOf: [] }
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: { name: ghost }
spec: { memberOf: [engineering] }
`,
  services: [
    resource({ name: 'payments-db' }),
    resource({ name: 'ledger', annotations: { 'sallyport.dev/max-duration': 'PT4H' } }),
  ],
});

function judge(line: string, head?: string) {
  return judgeCase(caseOf(line, head), rulebook, now);
}

const asExpected = [
  '{ who: dana, asks: payments-db, expect: open, missing: [owner], lasts: 1h }',
  '{ who: dana, asks: payments-db, expect: open, missing: [group:default/payments] }',
  '{ who: user:default/dana, asks: payments-db, for: 2h, approved-by: [omar], expect: granted, lasts: 2h }',
  '{ who: DANA, asks: payments-db, approved-by: [user:default/omar], expect: granted }',
  '{ who: dana, asks: payments-db, role: writer, expect: open, missing: [group:default/dba, owner] }',
  '{ who: dana, asks: payments-db, role: writer, approved-by: [dirk], expect: open, missing: [owner] }',
  '{ who: dana, asks: payments-db, role: writer, approved-by: [dirk, omar], expect: granted }',
  '{ who: dana, asks: payments-db, role: admin, expect: open, missing: [owner, owner] }',
  '{ who: dana, asks: payments-db, role: admin, approved-by: [omar], expect: open, missing: 1 }',
  '{ who: dana, asks: payments-db, approved-by: [omar, olga], expect: refused, because: request-not-pending }',
  '{ who: omar, asks: payments-db, approved-by: [omar], expect: refused, because: own-request }',
  '{ who: dana, asks: payments-db, role: admin, approved-by: [omar, omar], expect: refused, because: already-approved }',
  '{ who: dana, asks: payments-db, approved-by: [bea], expect: refused, because: not-an-approver }',
  '{ who: mallory, asks: payments-db, expect: refused, because: person-unknown }',
  '{ who: dana, asks: payments-db, outsiders: [user:default/dana], expect: refused, because: not-a-member }',
  '{ who: dana, asks: ledger, for: 5h, expect: refused, because: duration-too-long, rules: { duration-is-allowed: { max: 240m, asked: 5h } } }',
  '{ who: dana, asks: ledger, expect: open, rules: { requester-is-eligible: { via: group:default/engineering }, role-exists: { roles: [reader, writer, admin] } } }',
  '{ who: dana, asks: ledger, role: admin, expect: open, rules: { approvals-suffice: { missing: [2 of group:default/payments] } } }',
  '{ who: ann, asks: payments-db, expect: refused, because: not-a-requester }',
  '{ who: ann, asks: payments-db, teams: { acme/analysts: [Ann] }, expect: open }',
  '{ who: dirk, breaks-glass: payments-db, expect: granted, lasts: 30m }',
  '{ who: dirk, breaks-glass: payments-db, for: 1h, expect: refused, because: duration-too-long }',
  '{ who: dana, breaks-glass: payments-db, expect: refused, because: not-a-breaker }',
];
for (const line of asExpected) {
  test(`is as expected: ${line}`, () => {
    const verdict = judge(line);
    assert.equal(verdict.kind, 'passed', JSON.stringify(verdict, null, 1));
  });
}

test('the glass is broken on an issue of the policy’s repository, and of no other', () => {
  const asked = 'who: dirk, breaks-glass: payments-db, for: 30m';
  const head = 'home: acme/policy\n';
  assert.equal(judge(`{ ${asked}, in: acme/policy, expect: granted }`, head).kind, 'passed');
  const elsewhere = `{ ${asked}, in: acme/other, expect: refused, because: glass-elsewhere }`;
  assert.equal(judge(elsewhere, head).kind, 'passed');
});

const office = rulebookOf({
  policy: policyText.replace(
    '    roles:\n',
    `    hours: mon-fri 08:00-18:00 Europe/Berlin
    auto-approve: [{ who: group:default/engineering, role: reader, max: 30m }]
    stewards: [group:default/dba]
    roles:
`,
  ),
});
for (const line of [
  '{ who: dana, asks: payments-db, for: 30m, at: "2026-03-02T09:00[Europe/Berlin]", expect: granted, lasts: 30m, rules: { policy-approves: { max: 30m } } }',
  '{ who: dana, asks: payments-db, for: 1h, at: "2026-03-02T09:00[Europe/Berlin]", expect: open, missing: 1 }',
  '{ who: dana, asks: payments-db, for: 30m, approved-by: [omar], at: "2026-03-02T09:00[Europe/Berlin]", expect: refused, because: request-not-pending }',
  '{ who: dana, asks: payments-db, for: 8h, approved-by: [omar], at: "2026-03-02T16:30[Europe/Berlin]", expect: granted, lasts: 90m }',
  '{ who: dana, asks: payments-db, for: 8h, approved-by: [omar], at: "2026-03-02T18:00[Europe/Berlin]", expect: refused, because: outside-hours }',
  '{ who: dana, asks: payments-db, for: 30m, at: "2026-03-01T09:00[Europe/Berlin]", expect: open }',
  '{ who: dana, asks: payments-db, for: 30m, new: true, at: "2026-03-02T09:00[Europe/Berlin]", expect: open, missing: [owner, group:default/dba] }',
]) {
  test(`with hours, stewards, and what the policy approves by itself, is as expected: ${line}`, () => {
    const verdict = judgeCase(caseOf(line), office, now);
    assert.equal(verdict.kind, 'passed', JSON.stringify(verdict, null, 1));
  });
}

test('what waits for its first connection is given for as long as it will last, and says by when to use it', () => {
  const waiting = rulebookOf({
    policy: policyText.replace(
      'pending: 8h',
      'clock: { first-connect: 4h }\n    hours: mon 08:00-12:00 UTC',
    ),
  });
  const asked = caseOf(
    '{ who: dana, asks: payments-db, for: 2h, approved-by: [omar], expect: granted, lasts: 2h, rules: { starts-with-first-connection: { useWithin: 4h } } }',
  );
  const verdict = judgeCase(asked, waiting, now);
  assert.equal(verdict.kind, 'passed', JSON.stringify(verdict, null, 1));
  const data = verdictData(asked, verdict);
  const useBy = '2026-03-02T12:00:00.000Z';
  assert.deepEqual('decision' in data && data.decision, {
    kind: 'granted',
    durationMs: 7_200_000,
    useBy,
  });
});

const otherwise: readonly (readonly [string, readonly (readonly [string, string, string])[]])[] = [
  [
    '{ who: dana, asks: payments-db, approved-by: [omar], expect: open, missing: 1, lasts: 2h }',
    // What was decided is another thing, so that nothing else can be compared.
    [['expect', 'open', 'granted']],
  ],
  [
    '{ who: dana, asks: payments-db, role: writer, expect: open, missing: [owner], lasts: 1h }',
    [
      ['lasts', '1h', '30m'],
      ['missing', '[owner]', '[owner, group:default/dba]'],
    ],
  ],
  [
    '{ who: dana, asks: payments-db, expect: open, missing: [owner, owner] }',
    [['missing', '[owner, owner]', '[owner]']],
  ],
  [
    '{ who: dana, asks: payments-db, expect: open, missing: [[owner, group:default/dba]] }',
    [['missing', '[[owner, group:default/dba]]', '[owner]']],
  ],
  ['{ who: dana, asks: payments-db, expect: open, missing: 2 }', [['missing', '2', '1']]],
  [
    '{ who: dana, asks: payment-db, expect: refused, because: not-a-requester }',
    [['because', 'not-a-requester', 'resource-unknown']],
  ],
  [
    '{ who: dana, asks: ledger, expect: open, rules: { duration-is-allowed: { max: 8h }, card-is-as-shown: {} } }',
    [
      ['rules.duration-is-allowed', '{ max: 8h }', '{ duration: 1h, max: 4h }'],
      ['rules.card-is-as-shown', '{  }', 'it was not looked at'],
    ],
  ],
  [
    '{ who: dana, asks: ledger, expect: open, rules: { role-exists: { rolls: [reader] } } }',
    [
      [
        'rules.role-exists',
        '{ rolls: [reader] }',
        '{ role: reader, roles: [reader, writer, admin] }',
      ],
    ],
  ],
];
for (const [line, differences] of otherwise) {
  test(`is not as expected, and says what differs: ${line}`, () => {
    const verdict = judge(line);
    assert.ok(verdict.kind === 'failed', verdict.kind);
    const found = verdict.differences.map(({ what, expected, found: is }) => [what, expected, is]);
    assert.deepEqual(found, differences);
  });
}

test('what is missing from the owner and from the same group by its name is two approvals', () => {
  const twice = rulebookOf({
    policy: policyText.replace('[owner, group:default/dba]', '[owner, group:default/payments]'),
  });
  for (const missing of ['[owner, group:default/payments]', '[group:default/payments, owner]']) {
    const line = `{ who: dana, asks: payments-db, role: writer, expect: open, missing: ${missing} }`;
    assert.equal(judgeCase(caseOf(line), twice, now).kind, 'passed', missing);
  }
});

test('a case that fails names the teams that nobody was said to be in', () => {
  const verdict = judge('{ who: ann, asks: payments-db, expect: open }');
  assert.ok(verdict.kind === 'failed');
  assert.deepEqual(verdict.unstated, ['Acme/Analysts']);
  const stated = judge(
    '{ who: otto, asks: payments-db, teams: { acme/analysts: [ann] }, expect: open }',
  );
  assert.ok(stated.kind === 'failed');
  assert.deepEqual(stated.unstated, []);
});

test('a case about somebody or a team that the catalog does not have tests nothing, and does not pass', () => {
  for (const [line, why] of [
    [
      '{ who: user:default/dan, asks: x, expect: refused, because: resource-unknown }',
      'The catalog has no user:default/dan that counts.',
    ],
    [
      '{ who: user:default/ghost, asks: x, expect: refused, because: resource-unknown }',
      'user:default/ghost has no GitHub login, so that nobody on GitHub is them.',
    ],
    [
      '{ who: dana, asks: x, teams: { acme/analyst: [dana] }, expect: refused, because: resource-unknown }',
      'No group of the catalog is tied to the team acme/analyst.',
    ],
    [
      '{ who: dana, asks: payments-db, approved-by: [omarr], expect: refused, because: not-an-approver }',
      'The catalog has no User that counts with the GitHub login omarr. Did you mean omar?',
    ],
    [
      '{ who: mallory, asks: payments-db, expect: refused, because: not-a-requester }',
      'The catalog has no User that counts with the GitHub login mallory.',
    ],
  ] as const) {
    assert.deepEqual(judge(line), { kind: 'unplayed', why: [why] });
  }
});

test('a stranger acts in a case only where that is meant', () => {
  for (const line of [
    '{ who: mallory, asks: payments-db, expect: refused, because: person-unknown }',
    '{ who: dana, asks: payments-db, approved-by: [Mallory], outsiders: [mallory], expect: refused, because: not-an-approver }',
  ]) {
    assert.equal(judge(line).kind, 'passed', line);
  }
});

test('a program is told the decision, what differs, and every rule with its facts as a case writes them', () => {
  const asked = caseOf('{ who: dana, asks: ledger, for: 5h, expect: open }');
  const data = verdictData(asked, judgeCase(asked, rulebook, now));
  assert.ok('derivation' in data);
  const { derivation, ...rest } = data;
  assert.deepEqual(rest, {
    name: null,
    line: 3,
    passed: false,
    decision: { kind: 'refused', because: 'duration-too-long' },
    differences: [{ what: 'expect', expected: 'open', found: 'refused' }],
  });
  const facts = { role: 'reader', asked: '5h', max: '4h' };
  assert.deepEqual(
    derivation.map(({ by, verb, rules }) => [by, verb, rules.at(-1)]),
    [['dana', 'connect', { rule: 'duration-is-allowed', satisfied: false, facts }]],
  );
});

test('where approvers have to sign in, whoever is said to approve has done so, as it is demanded', () => {
  const demanding = policyText.replace(
    'pending: 8h',
    'confirm: sign-in\n    identity: { oidc: { max-age: 1m, acr: [phr] } }',
  );
  const rules = rulebookOf({ policy: demanding });
  for (const line of [
    '{ who: dana, asks: payments-db, approved-by: [omar], expect: granted, rules: { approval-is-confirmed: {}, sign-in-is-strong: { acr: [phr] } } }',
    '{ who: dana, asks: payments-db, role: admin, approved-by: [omar, olga], expect: granted }',
    '{ who: dana, asks: payments-db, approved-by: [bea], expect: refused, because: not-an-approver }',
  ])
    assert.equal(judgeCase(caseOf(line), rules, now).kind, 'passed', line);
});

test('an approver whom the catalog does not tie to the identity provider cannot sign in, and approves nothing', () => {
  const policy = policyText.replace('pending: 8h', 'confirm: sign-in');
  const rules = rulebookOf({
    policy,
    org: orgText.replace(', sallyport.dev/subject: 00u-omar', ''),
  });
  for (const line of [
    '{ who: dana, asks: payments-db, approved-by: [omar], expect: open, missing: 1 }',
    // Whoever approves after them is heard all the same.
    '{ who: dana, asks: payments-db, approved-by: [omar, olga], expect: granted }',
  ])
    assert.equal(judgeCase(caseOf(line), rules, now).kind, 'passed', line);
});
