import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { maxCommentChars } from '../../../bot/access/command.ts';
import { maxFormChars, readForm } from '../../../bot/access/form.ts';
import { maxReasonChars } from '../../../bot/access/grammar.ts';
import { computingMs, maxReadingMs, slowTexts } from './slow-texts.ts';

const labels = {
  resource: 'Resource to reach',
  duration: 'For how long',
  role: 'In which role',
  reason: 'What for',
};

interface Filled {
  resource?: string;
  duration?: string;
  role?: string;
  reason?: string;
}

/** The text that GitHub makes of a form. */
function filled(answers: Filled): string {
  const field = (name: keyof Filled) =>
    `### ${labels[name]}\n\n${answers[name] === undefined ? '_No response_' : answers[name]}`;
  return (['resource', 'duration', 'role', 'reason'] as const).map(field).join('\n\n');
}

const read = (body: string) => readForm(body, labels);

test('a form comes to what /connect would say', () => {
  const whole = {
    resource: 'payments-db',
    duration: '2h',
    role: 'Reader',
    reason: 'Off by a cent.',
  };
  assert.deepEqual(read(filled(whole)), {
    kind: 'command',
    command: {
      verb: 'connect',
      resource: 'payments-db',
      durationMs: 7_200_000,
      role: 'reader',
      reason: 'Off by a cent.',
    },
  });
  assert.deepEqual(read(filled({ resource: 'Payments/DB' })), {
    kind: 'command',
    command: { verb: 'connect', resource: 'payments/db', reason: '' },
  });
});

test('lines may end as Windows ends them', () => {
  const body = filled({ resource: 'payments-db', reason: 'one\ntwo' }).replaceAll('\n', '\r\n');
  const reading = read(body);
  assert.ok(reading.kind === 'command' && reading.command.verb === 'connect');
  assert.equal(reading.command.reason, 'one\ntwo');
});

const good = { resource: 'payments-db', duration: '2h', role: 'reader', reason: 'Off by a cent.' };
const refusedForms: readonly (readonly [string, string, string])[] = [
  ['no resource', filled({ duration: '2h' }), 'missing-resource'],
  [
    'two words for a resource',
    filled({ ...good, resource: 'payments-db 8h' }),
    'form-field-not-a-word',
  ],
  ['two lines for a duration', filled({ ...good, duration: '2h\n8h' }), 'form-field-not-a-word'],
  [
    'a role with more behind it',
    filled({ ...good, role: 'reader as writer' }),
    'form-field-not-a-word',
  ],
  [
    'a duration that is none',
    filled({ ...good, duration: '2 hours'.replace(' ', '') }),
    'bad-duration',
  ],
  ['a word instead of a duration', filled({ ...good, duration: 'as' }), 'unexpected-word'],
  [
    'a reason that is too long',
    filled({ ...good, reason: 'x'.repeat(maxReasonChars + 1) }),
    'reason-too-long',
  ],
  [
    'a heading again in the reason',
    filled({ ...good, reason: 'see\n\n### For how long\n\n9h' }),
    'form-heading-twice',
  ],
  [
    'a heading again inside a fence',
    filled({ ...good, reason: '```\n### Resource to reach\n\nall\n```' }),
    'form-heading-twice',
  ],
  [
    'a heading again in a quote',
    filled({ ...good, reason: '> ### For how long' }),
    'form-heading-twice',
  ],
  [
    'a heading again, larger',
    filled({ ...good, reason: '#   for HOW long ##' }),
    'form-heading-twice',
  ],
  [
    'a heading left out',
    filled(good).replace('### In which role\n\nreader\n\n', ''),
    'form-heading-missing',
  ],
  [
    'headings in another order',
    filled(good)
      .replace('### For how long', '### X')
      .replace('### In which role', '### For how long')
      .replace('### X', '### In which role'),
    'form-heading-misplaced',
  ],
  [
    'a heading of another size',
    filled(good).replace('### For', '## For'),
    'form-heading-misplaced',
  ],
  [
    'a heading again as an underlined line',
    filled({ ...good, reason: 'For how long\n---\n9h' }),
    'form-heading-twice',
  ],
  [
    'a heading again in a list',
    filled({ ...good, reason: '- ### For how long' }),
    'form-heading-twice',
  ],
  [
    'a heading again in bold',
    filled({ ...good, reason: '### **For how long**' }),
    'form-heading-twice',
  ],
  [
    'a heading again with another blank',
    filled({ ...good, reason: '### For how&#32;long' }),
    'form-heading-twice',
  ],
  [
    'a heading written as HTML',
    filled({ ...good, reason: '<h3>For how long</h3>' }),
    'form-heading-misplaced',
  ],
  [
    'a form that GitHub does not show',
    `The build fails.\n\n<!--\n${filled({ ...good, reason: '-->' })}`,
    'form-heading-misplaced',
  ],
  ['an indented heading', filled(good).replace('### For', ' ### For'), 'form-heading-misplaced'],
];
for (const [what, body, code] of refusedForms) {
  test(`a form is refused for ${what}`, () => {
    const reading = read(body);
    assert.ok(reading.kind === 'mistake', reading.kind);
    assert.equal(reading.reason.code, code);
  });
}

for (const [what, body] of [
  ['an empty text', ''],
  ['a bug report', '### What happened?\n\nIt broke.\n\n### What for\n\nnothing'],
  ['a text that speaks of the form', 'I cannot fill in "Resource to reach".'],
  ['a text longer than GitHub keeps', filled({ ...good, reason: 'x'.repeat(65_536) })],
] as const) {
  test(`${what} is no access request`, () => assert.deepEqual(read(body), { kind: 'none' }));
}

test('a command in the text of an issue is answered with how to give it', () => {
  const reading = read('/connect payments-db 2h\n\nOff by a cent.');
  assert.ok(reading.kind === 'mistake');
  assert.equal(reading.reason.code, 'command-in-issue');
  assert.equal(reading.hint, '/connect payments-db 2h');
  assert.deepEqual(read('/lgtm'), { kind: 'none' }, 'that is another bot’s');
});

test('whatever is typed into the reason, the form says what its fields say, or nothing', () => {
  const heading = fc.constantFrom(...Object.values(labels));
  const line = fc.oneof(
    fc.string(),
    fc
      .tuple(fc.constantFrom('', ' ', '> '), fc.constantFrom('#', '###', '######'), heading)
      .map(([before, sign, label]) => `${before}${sign} ${label}`),
    heading,
    fc.constantFrom('```', '~~~', '---', '_No response_', '<!--', '/approve', ''),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const reason = lines.join('\n');
      const reading = read(filled({ ...good, reason }));
      if (reading.kind === 'mistake') return;
      assert.ok(reading.kind === 'command' && reading.command.verb === 'connect');
      const { resource, durationMs, role } = reading.command;
      assert.deepEqual(
        { resource, durationMs, role },
        { resource: 'payments-db', durationMs: 7_200_000, role: 'reader' },
      );
      const said = reason.toWellFormed().replaceAll(/\r\n?/g, '\n').trim();
      assert.equal(reading.command.reason, said === '_No response_' ? '' : said);
    }),
  );
});

test('no form, of any length, costs more computing than reading may', () => {
  for (const maxChars of [maxCommentChars, maxFormChars]) {
    for (const { unit, text } of slowTexts((reason) => filled({ ...good, reason }), maxChars)) {
      const ms = computingMs(() => read(text));
      assert.ok(
        ms < maxReadingMs,
        `${ms} ms for ${maxChars} characters of ${JSON.stringify(unit)}`,
      );
    }
  }
});

test('the labels are those of the form that operators copy', () => {
  const path = join(import.meta.dirname, '../../../templates/ISSUE_TEMPLATE/access-request.yml');
  const form = readFileSync(path, 'utf8');
  for (const label of Object.values(labels)) assert.ok(form.includes(`label: ${label}\n`), label);
});
