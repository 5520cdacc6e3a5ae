import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figure, table } from './figures.ts';

test('a figure is the median with its spread, and its peers are medians too', () => {
  assert.deepEqual(figure('ms', [9, 1, 5.04], { plain: [2, 4] }), {
    value: 5,
    unit: 'ms',
    min: 1,
    max: 9,
    peers: { plain: 3 },
  });
});

test('the table sets a figure and its peers side by side', () => {
  const figures = { cutMs: figure('ms', [9, 1, 5], { plain: [2, 4] }) };
  assert.deepEqual(table(figures), [
    'figure   median  min to max',
    'cutMs    5 ms    1 to 9',
    '  plain  3 ms',
  ]);
});
