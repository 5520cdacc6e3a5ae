import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { maxCommentChars, readCommand } from '../../../bot/access/command.ts';
import { maxReasonChars } from '../../../bot/access/grammar.ts';
import { mistakes } from '../../../bot/access/reasons.ts';
import { computingMs, filling, maxReadingMs, slowTexts } from './slow-texts.ts';

const hour = 3_600_000;
const grant = 'g_abcdefghijklmnopqrstuvwxyz';

test('the commands of the grammar are read', () => {
  const table: [string, object][] = [
    ['/connect payments-db', { verb: 'connect', resource: 'payments-db', reason: '' }],
    [
      '/connect payments/payments-db 2h as writer',
      {
        verb: 'connect',
        resource: 'payments/payments-db',
        durationMs: 2 * hour,
        role: 'writer',
        reason: '',
      },
    ],
    [
      '\n \n/CONNECT  Resource:Payments/DB\tas\tReader  \r\n\r\nOn call,\r\n> see 4711\r\n',
      {
        verb: 'connect',
        resource: 'resource:payments/db',
        role: 'reader',
        reason: 'On call,\n> see 4711',
      },
    ],
    [
      '/connect db PT2H\nbecause',
      { verb: 'connect', resource: 'db', durationMs: 2 * hour, reason: 'because' },
    ],
    ['/approve', { verb: 'approve' }],
    ['/approve\nLooks fine.', { verb: 'approve' }],
    ['/Approve r12', { verb: 'approve', request: 'r12' }],
    ['/approve 30m', { verb: 'approve', durationMs: hour / 2 }],
    ['/approve R3 PT10S', { verb: 'approve', request: 'r3', durationMs: 10_000 }],
    ['/deny', { verb: 'deny', reason: '' }],
    ['/deny r1', { verb: 'deny', request: 'r1', reason: '' }],
    [
      '/deny r1 not today\nask Ömer',
      { verb: 'deny', request: 'r1', reason: 'not today\nask Ömer' },
    ],
    ['/deny not today', { verb: 'deny', reason: 'not today' }],
    ['/cancel', { verb: 'cancel' }],
    ['/cancel r4', { verb: 'cancel', request: 'r4' }],
    ['/revoke', { verb: 'revoke', reason: '' }],
    [`/revoke ${grant} done`, { verb: 'revoke', grant, reason: 'done' }],
    ['/revoke r4 done', { verb: 'revoke', grant: 'r4', reason: 'done' }],
    ['/revoke laptop lost', { verb: 'revoke', reason: 'laptop lost' }],
    ['/extend 2h', { verb: 'extend', durationMs: 2 * hour, reason: '' }],
    [`/extend ${grant} 30m`, { verb: 'extend', grant, durationMs: hour / 2, reason: '' }],
    [
      '/Extend R4 PT1H\nThe import runs longer.',
      { verb: 'extend', grant: 'r4', durationMs: hour, reason: 'The import runs longer.' },
    ],
    [
      '/break-glass payments-db 30m as Admin\nProduction is down.',
      {
        verb: 'break-glass',
        resource: 'payments-db',
        durationMs: hour / 2,
        role: 'admin',
        reason: 'Production is down.',
      },
    ],
    ['/break-glass db', { verb: 'break-glass', resource: 'db', reason: '' }],
    ['/review', { verb: 'review', remark: '' }],
    ['/review ok', { verb: 'review', remark: '' }],
    ['/review R7 OK\nSpoke to dana.', { verb: 'review', request: 'r7', remark: 'Spoke to dana.' }],
    ['/review r7 okay then', { verb: 'review', request: 'r7', remark: 'okay then' }],
    ['/why payments-db as writer', { verb: 'why', resource: 'payments-db', role: 'writer' }],
    ['/why payments-db\nI wonder', { verb: 'why', resource: 'payments-db' }],
    ['/resources', { verb: 'resources' }],
    ['/status', { verb: 'status' }],
    ['/help', { verb: 'help' }],
  ];
  for (const [body, command] of table) {
    assert.deepEqual(readCommand(body), { kind: 'command', command }, JSON.stringify(body));
  }
});

test('a slip gets a reason and the corrected line', () => {
  const table: [string, string, string | undefined][] = [
    ['/connect', 'missing-resource', '/connect payments-db 2h'],
    ['/connect päyments', 'bad-resource', '/connect payments-db 2h'],
    ['/connect payments-db for 2h', 'unexpected-word', '/connect payments-db 2h'],
    ['/connect payments-db 2hours', 'bad-duration', '/connect payments-db 2h'],
    ['/connect payments-db 0h', 'bad-duration', '/connect payments-db 2h'],
    ['/connect payments-db 1h writer', 'unexpected-word', '/connect payments-db 1h'],
    ['/connect payments-db as', 'bad-role', '/connect payments-db'],
    ['/connect payments-db as writer 2h', 'unexpected-word', '/connect payments-db as writer'],
    ['/approve looks good', 'unexpected-word', '/approve'],
    ['/approve r1 1h now', 'unexpected-word', '/approve r1 1h'],
    ['/approve request1', 'bad-request', '/approve'],
    ['/approve r1 r2', 'unexpected-word', '/approve r1'],
    ['/approve 99999d', 'bad-duration', '/approve'],
    ['/cancel everything', 'bad-request', '/cancel'],
    ['/cancel r1 please', 'unexpected-word', '/cancel r1'],
    ['/revoke g_short', 'bad-grant', '/revoke'],
    [`/revoke ${grant.toUpperCase()}`, 'bad-grant', '/revoke'],
    ['/help me', 'unexpected-word', '/help'],
    ['/conect payments-db 2h', 'misspelt-command', '/connect payments-db 2h'],
    ['/aprove r1', 'misspelt-command', '/approve r1'],
    ['/approved', 'misspelt-command', '/approve'],
    ['/rveoke', 'misspelt-command', '/revoke'],
    ['/dney', 'misspelt-command', '/deny'],
    // A Cyrillic а, and an accent on the last letter: they look like the command, and must not be it.
    ['/\u0430pprove', 'misspelt-command', '/approve'],
    ['/APPROVE\u0301', 'misspelt-command', '/approve'],
    ['/extend', 'missing-duration', '/extend 1h'],
    [`/extend ${grant}`, 'missing-duration', `/extend ${grant} 1h`],
    ['/extend r4 soon', 'unexpected-word', '/extend r4 1h'],
    ['/extend 2hours', 'bad-duration', '/extend 1h'],
    ['/extend g_short 2h', 'bad-grant', '/extend 1h'],
    ['/extend 2h please', 'unexpected-word', '/extend 2h'],
    ['/break-glass', 'missing-resource', '/break-glass payments-db 2h'],
    ['/break-glass payments-db now', 'unexpected-word', '/break-glass payments-db 2h'],
    ['/breakglass payments-db', 'misspelt-command', '/break-glass payments-db'],
    ['/why', 'missing-resource', '/why payments-db'],
    ['/why payments-db 2h', 'unexpected-word', '/why payments-db'],
    ['/status r1', 'unexpected-word', '/status'],
    ['/resources payments', 'unexpected-word', '/resources'],
    ['/resorces', 'misspelt-command', '/resources'],
    [`/review ${'x'.repeat(maxReasonChars + 1)}`, 'reason-too-long', undefined],
    [`/deny ${'x'.repeat(maxReasonChars + 1)}`, 'reason-too-long', undefined],
    [`/connect db\n${'x'.repeat(maxReasonChars + 1)}`, 'reason-too-long', undefined],
  ];
  for (const [body, code, hint] of table) {
    const reading = readCommand(body);
    assert.ok(reading.kind === 'mistake', `${body}: ${JSON.stringify(reading)}`);
    assert.equal(reading.reason.code, code, body);
    assert.equal(reading.hint, hint, body);
    assert.deepEqual(
      Object.keys(reading.reason.data).sort(),
      [...mistakes[reading.reason.code]].sort(),
    );
  }
});

test('what is not a command of ours is left alone', () => {
  const table = [
    '',
    '   \n\n',
    'hello',
    'please /approve',
    ' /approve',
    '\t/approve',
    '\u00a0/approve',
    '\u200b/approve',
    '\ufeff/approve',
    'Thanks!\n\n/approve',
    'Thanks!\n/approve',
    '> /approve',
    '>/approve',
    '- /approve',
    '* /approve',
    '1. /approve',
    '    /approve',
    '```\n/approve\n```',
    '```\n/approve',
    '~~~\n/approve',
    '<!-- \n/approve\n-->',
    '<div>\n/approve\n</div>',
    '<details>\n\n/approve\n\n</details>',
    '# /approve',
    '/approve\n===',
    '/approve\n---',
    '/approve\nr1 and more\n---',
    '/approve | r1\n--- | ---\n1 | 2',
    '| /approve |\n|---|',
    '`/approve`',
    '**/approve**',
    '[x]: y\n/approve',
    '/ approve',
    '//approve',
    '/approve/r1',
    '/approve\u00a0r1',
    '/approve\u2028r1',
    '/hold',
    '/who',
    '/expand',
    '/close',
    '/assign @omar',
    '/done',
    '/test all',
    `/${'a'.repeat(60_000)}`,
    `/approve\n${'x'.repeat(maxCommentChars)}`,
  ];
  for (const body of table) {
    assert.deepEqual(readCommand(body), { kind: 'none' }, JSON.stringify(body.slice(0, 60)));
  }
});

test('a lone surrogate in a reason is replaced, so that the reason can be written down', () => {
  const reading = readCommand('/deny r1 \ud83d oh');
  assert.ok(reading.kind === 'command' && reading.command.verb === 'deny');
  assert.equal(reading.command.reason, '\ufffd oh');
});

const fragments = fc.constantFrom(
  '/approve',
  '/connect db 2h',
  '/deny r1',
  '\n',
  '\n\n',
  ' ',
  '\t',
  '> ',
  '- ',
  '```\n',
  '~~~',
  '<!--',
  '-->',
  '<div>',
  '===',
  '---',
  '| a |',
  '|---|',
  '# ',
  '    ',
  'text',
  '\u00a0',
  '\u0430',
  '`',
  '\r',
  '1. ',
  '[x]: y',
);
const comments = fc.oneof(
  fc.array(fragments, { maxLength: 14 }).map((parts) => parts.join('')),
  fc.array(fragments, { maxLength: 6 }).map((parts) => `/approve${parts.join('')}`),
  fc.string({ unit: 'binary', maxLength: 80 }),
);

test('an accepted command stands alone in ASCII on the first line with anything on it', () => {
  fc.assert(
    fc.property(comments, (body) => {
      const reading = readCommand(body);
      if (reading.kind !== 'command') return;
      const line = body.split(/\r\n?|\n/).find((each) => !/^[ \t]*$/.test(each)) ?? '';
      const { command } = reading;
      const free = ['deny', 'revoke', 'review'].includes(command.verb);
      assert.match(line, free ? /^\/[A-Za-z]+(?:[ \t]|$)/ : /^\/[\x20-\x7e\t]+$/);
    }),
    { numRuns: 2000 },
  );
});

test('a command that is quoted, listed or fenced never acts, whatever else the comment holds', () => {
  const wrappers: ((line: string, rest: string) => string)[] = [
    (line, rest) => `> ${line}\n${rest}`,
    (line, rest) => `- ${line}\n${rest}`,
    (line, rest) => `2) ${line}\n${rest}`,
    (line, rest) => `\`\`\`\n${line}\n${rest}`,
    (line, rest) => `~~~~ sh\n${line}\n~~~~\n${rest}`,
    (line, rest) => `    ${line}\n${rest}`,
    (line, rest) => `<pre>\n${line}\n</pre>\n${rest}`,
    (line, rest) => `## ${line}\n${rest}`,
    (line, rest) => `${line}\n====\n${rest}`,
    (line, rest) => `said before\n${line}\n${rest}`,
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...wrappers),
      fc.constantFrom('/approve', '/approve r1', '/connect db 2h', '/revoke', '/deny'),
      comments,
      (wrap, line, rest) => {
        assert.notEqual(readCommand(wrap(line, rest)).kind, 'command');
      },
    ),
    { numRuns: 1000 },
  );
});

test('no comment of full length costs more computing than reading may', () => {
  const fill = (unit: string) => filling(unit, maxCommentChars - 20);
  const bodies = [
    `/deny x${fill(' ')}y`,
    `/approve ${fill(' \t')}`,
    `/approve | a\n${fill('-|')}`,
    `/approve\n${fill('a\n')}===`,
    `/${fill('é')}`,
    fill(' \n'),
    ...slowTexts((text) => `/approve\n${text}`).map(({ text }) => text),
    ...slowTexts((text) => `/connect db\n\n${text}`).map(({ text }) => text),
  ];
  for (const body of bodies) {
    const ms = computingMs(() => readCommand(body));
    assert.ok(ms < maxReadingMs, `${ms} ms for ${JSON.stringify(body.slice(0, 30))}`);
  }
});
