import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { explainAsking } from '../../../bot/access/inquire.ts';
import { openPhrases } from '../../../bot/github/phrases.ts';
import { judgeCase } from '../../../bot/rehearsal/judge.ts';
import {
  explanationLines,
  faultLine,
  printableJson,
  verdictLines,
} from '../../../bot/rehearsal/print.ts';
import { openTemplates } from '../../../bot/templates.ts';
import { factsOf, now, people, policyText } from '../access/world.ts';
import { caseOf, rulebookOf } from './rehearsal.ts';

const folder = join(import.meta.dirname, '../../../templates');
const templates = openTemplates(folder);
const phrases = openPhrases(folder, 'printed');
const onIssues = openPhrases(folder);
const facts = factsOf();
const rulebook = rulebookOf();

/** What can drive a terminal, hide, or turn text around. */
const unseen = /[\p{C}\p{Zl}\p{Zp}]/u;
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\u001B[2J',
        '\u009B31m',
        '\r',
        '\n',
        '\u202E',
        '\u200B',
        '\u2028',
        '`',
        '{{',
      ),
      fc.string({ unit: 'binary' }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join(''));

test('what /why says on an issue is said on a terminal in the same words, without marks', () => {
  for (const asked of [
    { resource: 'payments-db' },
    { resource: 'payments-db', role: 'root' },
    { resource: 'payment-db' },
  ]) {
    const why = explainAsking(asked, people.dana, facts);
    const lines = explanationLines('dana', { why, unstated: [], phrases, templates });
    for (const step of why.steps) {
      const told =
        step.satisfied || !why.refusal ? onIssues.rule(step) : onIssues.refusal(why.refusal);
      const text = told.rendered.replaceAll('`', '');
      const sign = step.satisfied ? '✓' : '✗';
      assert.ok(lines.includes(`  ${sign} ${step.rule}: ${text}`), text);
    }
  }
});

test('the words of rules and refusals have no marks that a terminal would show', () => {
  for (const file of ['rules.yml', 'refusals.yml']) {
    const words = readFileSync(join(folder, file), 'utf8').replaceAll(/\{\{\w+\}\}/g, '');
    assert.doesNotMatch(words, /[`*_[\]<>]/, file);
  }
});

test('an explanation says the roles with what they need, what to comment, and which teams were left out', () => {
  const why = explainAsking({ resource: 'payments-db', role: 'writer' }, people.dana, facts);
  const lines = explanationLines('dana', { why, unstated: ['acme/dba'], phrases, templates });
  assert.equal(lines[0], 'dana may ask for resource:payments/payments-db:');
  assert.deepEqual(lines.slice(-6), [
    '  writer  30 min, at most 2 h; needs 1 approval by Olga, omar (group:default/payments) and 1 approval by Olga, dirk (group:default/dba)',
    '  admin   10 min, at most 1 h; needs 2 approvals by Olga, omar (group:default/payments)',
    '',
    'To ask, comment: /connect resource:payments/payments-db as writer',
    '',
    'Nobody was said to be in acme/dba, so that nobody is.',
  ]);
});

test('an explanation says for how long the policy itself approves', () => {
  const rule = '    auto-approve: [{ who: group:default/engineering, role: reader, max: 30m }]\n';
  const atOnce = factsOf({ policy: policyText.replace('    roles:\n', `${rule}    roles:\n`) });
  const why = explainAsking({ resource: 'payments-db' }, people.dana, atOnce);
  const lines = explanationLines('dana', { why, unstated: [], phrases, templates });
  const needs = 'nobody up to 30 min; then 1 approval by Olga, omar (group:default/payments)';
  assert.ok(lines.includes(`  reader  1 h, at most 8 h; needs ${needs}`), lines.join('\n'));
});

test('a case that passed is one line; one that failed says what differs, where it stands, and why', () => {
  const passed = caseOf('{ name: Who reads waits, who: dana, asks: payments-db, expect: open }');
  const good = judgeCase(passed, rulebook, now);
  assert.deepEqual(verdictLines('cases.yml', passed, { verdict: good, phrases }), [
    'ok    Who reads waits',
  ]);
  const failed = caseOf(
    '{ who: dana, asks: payments-db, for: 2h, role: reader, approved-by: [bea], expect: granted }',
  );
  const bad = judgeCase(failed, rulebook, now);
  const lines = verdictLines('cases.yml', failed, { verdict: bad, phrases });
  assert.deepEqual(lines.slice(0, 6), [
    'FAIL  dana: /connect payments-db 2h as reader approved by bea (cases.yml:3)',
    '      expect  expected  granted',
    '              found     refused',
    '',
    '      dana: /connect',
    '        ✓ person-is-known: Whoever asks is user:default/dana in the catalog.',
  ]);
  assert.deepEqual(lines.slice(-3), [
    '        ✗ approver-is-entitled: bea may not decide on r1. These people can: Olga, omar (group:default/payments).',
    '      Decided: refused, not-an-approver.',
    '',
  ]);
  const again = lines.filter((line) => line.includes('✓ role-exists'));
  assert.equal(again.length, 1, 'what the approval found again is not told again');
});

test('what waits for approvals says which, act by act, and is not taken for what was refused', () => {
  const told = (line: string) => {
    const asked = caseOf(line);
    return verdictLines('cases.yml', asked, { verdict: judgeCase(asked, rulebook, now), phrases })
      .filter((each) => each.includes('approvals-suffice'))
      .map((each) => each.trim());
  };
  const admin = 'who: dana, asks: payments-db, role: admin';
  const both =
    '✗ approvals-suffice: Still needed: 2 approvals by Olga, omar (group:default/payments).';
  const one = '✗ approvals-suffice: Still needed: 1 approval by Olga (group:default/payments).';
  assert.deepEqual(told(`{ ${admin}, approved-by: [omar], expect: granted }`), [both, one]);
  assert.deepEqual(told(`{ ${admin}, approved-by: [bea], expect: granted }`), [both]);
});

test('what waits for its first connection is said with the moment by which to use it', () => {
  const waiting = rulebookOf({ policy: policyText.replace('pending: 8h', 'clock: first-connect') });
  const asked = caseOf('{ who: dana, asks: payments-db, approved-by: [omar], expect: open }');
  const lines = verdictLines('cases.yml', asked, {
    verdict: judgeCase(asked, waiting, now),
    phrases,
  });
  const said = [
    'Its time begins with the first connection, at most 8 h after it is given.',
    'Decided: granted for 1 h from the first connection, by 2026-03-02 17:00 UTC.',
  ];
  for (const words of said)
    assert.ok(
      lines.some((line) => line.endsWith(words)),
      lines.join('\n'),
    );
});

test('whatever stands in a file or was typed, it neither drives the terminal nor begins a line of its own', () => {
  const asked = caseOf('{ who: dana, asks: payments-db, expect: open }');
  fc.assert(
    fc.property(nasty, (text) => {
      const why = explainAsking({ resource: text, role: text }, people.dana, facts);
      const named = { ...asked, name: text, resource: text };
      const rules = { 'role-exists': { [text]: [text] } };
      const expected = { decision: 'refused', because: 'role-unknown', rules } as const;
      const inRole = { ...asked, role: text, expected };
      const linesOf = (each: typeof asked, verdict = judgeCase(each, rulebook, now)) =>
        verdictLines(text, each, { verdict, phrases });
      const lines = [
        ...explanationLines('dana', { why, unstated: [text], phrases, templates }),
        ...linesOf(named),
        ...linesOf(inRole),
        ...linesOf(named, { kind: 'unplayed', why: [text] }),
        faultLine(text, { line: 1, column: 1, path: text, message: text }),
      ];
      for (const line of lines) assert.doesNotMatch(line, unseen);
      const json = printableJson({ [text]: [text] });
      assert.doesNotMatch(json.replaceAll('\n', ''), unseen);
      assert.deepEqual(JSON.parse(json), { [text]: [text] });
    }),
    { numRuns: 150 },
  );
});
