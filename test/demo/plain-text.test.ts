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
    plainText(card, 50).map(({ text }) => text),
    [
      '✅ Access to resource:payments/payments-db: granted',
      '',
      'Grantee  @dana',
      'Reason   I have to see why INV-2043 failed, and',
      '         its customer is waiting for an answer',
      '',
      'Approvals: omar as an owner',
      '',
      'Start  End',
      '14:05  open',
    ],
  );
  assert.deepEqual(
    plainText(card, 50)
      .map(({ strong }) => strong)
      .indexOf(true),
    0,
    'the heading stands out',
  );
});

test('no line is longer than the paper, whatever is in it', () => {
  for (const width of [40, 76, 116]) {
    const long = `${'word '.repeat(40)}${'x'.repeat(300)} end`;
    for (const line of wrap(long, width)) assert.ok(line.length <= width, line);
    assert.equal(wrap(long, width).join('').replaceAll(' ', ''), long.replaceAll(' ', ''));
  }
});
