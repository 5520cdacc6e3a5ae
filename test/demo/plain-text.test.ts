import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { plainText, wrap } from './plain-text.ts';

const card = String.raw`<!-- sallyport:r1:card -->
### ✅ Access to ${'`resource:payments/payments-db`'}: granted

| | |
|---|---|
| Grantee | @dana |
| Reason | I have to see why INV\-2043 failed, and its customer is waiting for an answer |

**Approvals:** ${'`omar`'} as [an owner](https://example.org)

| Start | End |
|---|---|
| 14:05 | open |`;

test('a card reads as text: no marks, tables as columns, long values under their beginning', () => {
  assert.deepEqual(
    plainText(card, 51).map(({ text }) => text),
    [
      '✅ Access to resource:payments/payments-db: granted',
      '',
      'Grantee  @dana',
      'Reason   I have to see why INV-2043 failed, and its',
      '         customer is waiting for an answer',
      '',
      'Approvals: omar as an owner',
      '',
      'Start  End',
      '14:05  open',
    ],
  );
  assert.deepEqual(
    plainText(card, 51)
      .map(({ strong }) => strong)
      .indexOf(true),
    0,
    'the heading stands out',
  );
});

test('a table wider than the paper is spelled out, row by row, and loses nothing', () => {
  const sessions = `| Start | End | Sent | Why |
|---|---|--:|---|
| 2026-11-24 14:05 UTC | 2026-11-24 14:06 UTC | 322 B | \`revoked\` |
| 2026-11-24 14:07 UTC | open | | |`;
  const read = (width: number) => plainText(sessions, width).map(({ text }) => text);
  assert.deepEqual(read(60), [
    'Start                 End                   Sent   Why',
    '2026-11-24 14:05 UTC  2026-11-24 14:06 UTC  322 B  revoked',
    '2026-11-24 14:07 UTC  open',
  ]);
  assert.deepEqual(read(56), [
    'start 2026-11-24 14:05 UTC · end 2026-11-24 14:06 UTC ·',
    'sent 322 B · why revoked',
    'start 2026-11-24 14:07 UTC · end open',
  ]);
});

// Each with the columns it takes, said a second time and by hand.
const characters = new Map([
  ...Array.from('abcXYZ09.,@-', (each) => [each, 1] as const),
  ['e\u0301', 1],
  ['·', 1],
  ['✅', 2],
  ['⚠\uFE0F', 2],
  ['👩🏽\u200D💻', 2],
  ['🇩🇪', 2],
  ['請', 2],
  ['カ', 2],
  ['한', 2],
  ['！', 2],
]);
const words = fc.string({
  unit: fc.constantFrom(...characters.keys()),
  minLength: 1,
  maxLength: 40,
});
const texts = fc.array(words, { minLength: 1, maxLength: 12 }).map((each) => each.join(' '));

function columnsOf(line: string): number {
  let rest = line;
  for (const [character, columns] of characters)
    if (character.length > 1 || columns > 1) rest = rest.replaceAll(character, '-'.repeat(columns));
  return rest.length;
}

test('an emoji takes two columns', () => {
  assert.deepEqual(wrap('✅ ab cd', 7), ['✅ ab', 'cd']);
  assert.deepEqual(wrap('✅ ab cd', 8), ['✅ ab cd']);
  assert.deepEqual(wrap('✅'.repeat(60), 40), ['✅'.repeat(20), '✅'.repeat(20), '✅'.repeat(20)]);
});

test('no line is wider than the paper, whatever is in it, and nothing is lost', () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 4, max: 120 }), (text, width) => {
      const lines = wrap(text, width);
      for (const line of lines) assert.ok(columnsOf(line) <= width, line);
      assert.equal(lines.join('').replaceAll(' ', ''), text.replaceAll(' ', ''));
    }),
  );
});

test('the columns of a table begin one below the other, whatever is in them', () => {
  const bodies = fc.array(fc.tuple(words, words, words), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(bodies, fc.constantFrom(1, 2), (rows, last) => {
      // A sign that no cell holds marks where the last column begins.
      const marked = rows.map((row) => [...row.slice(0, last), `#${row[last]}`]);
      const head = [['A', 'B', 'C'].slice(0, last + 1), ['-', '-', '-'].slice(0, last + 1)];
      const table = [...head, ...marked].map((row) => `| ${row.join(' | ')} |`).join('\n');
      const [, ...lines] = plainText(table, 300).map(({ text }) => text);
      const begins = lines.map((line) => columnsOf(line.slice(0, line.indexOf('#'))));
      assert.equal(lines.length, rows.length);
      assert.equal(new Set(begins).size, 1, lines.join('\n'));
    }),
  );
});
