import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCases } from '../../../bot/rehearsal/cases.ts';
import { readMoment } from '../../../bot/rehearsal/moment.ts';
import { caseOf } from './rehearsal.ts';

function faultsOf(text: string): readonly string[] {
  const reading = readCases(text);
  assert.ok(reading.kind === 'invalid', 'the cases were taken');
  return reading.faults.map(
    ({ line, column, path, message }) => `${line}:${column} ${path} ${message}`,
  );
}

test('a case that leaves everything out is asked by default: by a member, in no team, whenever it runs', () => {
  const { line, ...rest } = caseOf('{ who: dana, asks: payments-db, expect: open }');
  assert.equal(line, 3);
  assert.deepEqual(rest, {
    name: undefined,
    verb: 'connect',
    who: 'dana',
    resource: 'payments-db',
    role: undefined,
    durationMs: undefined,
    approvedBy: [],
    home: 'policy/repository',
    place: 'policy/repository',
    world: { at: null, teams: {}, outsiders: [], isNew: false },
    expected: {
      decision: 'open',
      because: undefined,
      missing: undefined,
      lastsMs: undefined,
      rules: {},
    },
  });
});

test('what a case says of time, teams and outsiders stands before what the file says', () => {
  const head = `at: 2026-01-01T00:00Z
teams: { acme/payments: [omar], Acme/DBA: [dirk] }
outsiders: [carl]
`;
  const inherited = caseOf('{ who: dana, asks: x, expect: open }', head);
  assert.deepEqual(inherited.world, {
    at: new Date('2026-01-01T00:00:00Z'),
    teams: { 'acme/payments': ['omar'], 'acme/dba': ['dirk'] },
    outsiders: ['carl'],
    isNew: false,
  });
  const own = caseOf(
    '{ who: dana, asks: x, expect: open, at: "2026-07-01T09:00[Europe/Berlin]", teams: { acme/dba: [] }, outsiders: [], new: true }',
    head,
  );
  assert.deepEqual(own.world, {
    at: new Date('2026-07-01T07:00:00Z'),
    teams: { 'acme/payments': ['omar'], 'acme/dba': [] },
    outsiders: [],
    isNew: true,
  });
});

test('all faults of the cases are told at once, each with its line and column and what was expected', () => {
  const text = `version: 2
team: { acme/payments: [omar] }
at: yesterday
cases:
  - whom: dana
    asks: payments-db
    expect: refused
    because: not-requester
  - { who: "@dana", asks: payments-db, expect: maybe }
  - { who: group:default/payments, asks: x, for: 2 hours, approved-by: omar, expect: open }
  - { who: dana, asks: x, expect: open, missing: [owners] }
  - { who: dana, asks: x, expect: open, rules: { duration-allowed: { max: 4h } } }
  - { who: dana, asks: x, expect: open, rules: { duration-is-allowed: 4h } }
`;
  assert.deepEqual(faultsOf(text), [
    '1:1 version Expected 1, the version of this format.',
    '2:1 team There is no key team here. Did you mean teams?',
    '3:1 at Expected a moment, such as 2026-11-24T09:00Z, 2026-11-24T09:00+01:00 or 2026-11-24T09:00[Europe/Berlin].',
    '5:5 cases[0].who The key who is missing in cases[0]. Expected a GitHub login, or a full ref, such as user:default/dana.',
    '5:5 cases[0].whom There is no key whom here. Did you mean who?',
    '8:5 cases[0].because There is no such reason. Did you mean not-a-requester?',
    '9:7 cases[1].who Expected a GitHub login, or a full ref, such as user:default/dana.',
    '9:40 cases[1].expect Expected open, granted or refused.',
    '10:7 cases[2].who Expected a GitHub login, or a full ref, such as user:default/dana.',
    '10:45 cases[2].for Expected a duration, such as 90m, 8h, 1d or PT30S, of at most 365 days.',
    '10:59 cases[2].approved-by Expected a list of people, such as [dana, omar].',
    '11:41 cases[3].missing Expected a number, or a list of whose approvals are missing, such as [owner, group:default/dba].',
    '12:50 cases[4].rules.duration-allowed There is no such rule. They are listed where a case fails, and in templates/rules.yml.',
    '13:50 cases[5].rules.duration-is-allowed Expected facts, such as { max: 4h }.',
  ]);
});

const senseless: readonly (readonly [string, string])[] = [
  ['{ who: dana, expect: open }', 'Expected one of asks and breaks-glass.'],
  [
    '{ who: dana, asks: x, breaks-glass: x, expect: open }',
    'Expected one of asks and breaks-glass.',
  ],
  [
    '{ who: dana, asks: x, expect: refused }',
    'Say which refusal is expected: add because, such as not-a-requester.',
  ],
  [
    '{ who: dana, asks: x, expect: open, because: own-request }',
    'Only a refusal has a reason. Take it out, or expect refused.',
  ],
  [
    '{ who: dana, asks: x, expect: granted, missing: 1 }',
    'Only of an open request something is missing. Take it out, or expect open.',
  ],
  [
    '{ who: dana, asks: x, expect: refused, because: own-request, lasts: 1h }',
    'What is refused does not last. Take it out.',
  ],
  [
    '{ who: dana, breaks-glass: x, approved-by: [omar], expect: granted }',
    'Nobody approves where the glass is broken. Take it out.',
  ],
  [
    '{ who: dana, asks: x, in: acme/access, expect: open }',
    'Only where the glass is broken it matters on whose issue. Take it out.',
  ],
  [
    '{ who: dana, breaks-glass: x, in: acme/access, expect: granted }',
    "Name the policy's own repository as well: home, at the top of the file.",
  ],
];
for (const [line, message] of senseless) {
  test(`a case that cannot be meant is refused: ${line}`, () => {
    const [fault = '', ...more] = faultsOf(`version: 1\ncases:\n  - ${line}\n`);
    assert.match(fault, /^3:\d+ cases\[0\]/);
    assert.ok(fault.endsWith(message), fault);
    const isAskedNowhere = line.includes('asks: x, in:');
    assert.equal(more.length, isAskedNowhere ? 1 : 0, more.join('\n'));
  });
}

test('a moment that the clocks of a place have twice or never is none', () => {
  assert.equal(readMoment('2026-03-29T02:30[Europe/Berlin]'), undefined);
  assert.equal(readMoment('2026-10-25T02:30[Europe/Berlin]'), undefined);
  assert.equal(readMoment('2026-07-01T09:00+01:00[Europe/Berlin]'), undefined);
  for (const text of ['', '2026-07-01', '2026-07-01T09:00', 'now', '2026-07-01T09:00[Atlantis]']) {
    assert.equal(readMoment(text), undefined, text);
  }
  assert.deepEqual(readMoment('2026-07-01T09:00+02:00'), new Date('2026-07-01T07:00:00Z'));
});
