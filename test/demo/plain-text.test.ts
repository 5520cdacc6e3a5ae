import assert from 'node:assert/strict';
import { test } from 'node:test';
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

test('an emoji takes two columns', () => {
  assert.deepEqual(wrap('✅ ab cd', 7), ['✅ ab', 'cd']);
  assert.deepEqual(wrap('✅ ab cd', 8), ['✅ ab cd']);
});

test('no line is longer than the paper, whatever is in it', () => {
  for (const width of [40, 76, 116]) {
    const long = `${'word '.repeat(40)}${'x'.repeat(300)} end`;
    for (const line of wrap(long, width)) assert.ok(line.length <= width, line);
    assert.equal(wrap(long, width).join('').replaceAll(' ', ''), long.replaceAll(' ', ''));
  }
});
