import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { errors } from '../.ci/write-errors.ts';
import { metricsPage } from '../.ci/write-metrics.ts';
import { reference } from '../.ci/write-reference.ts';

const templates = join(import.meta.dirname, '..', 'templates');
const page = join(templates, 'reference.md');

test('the reference of settings is what the schemas say: run `node .ci/write-reference.ts`', () => {
  assert.equal(readFileSync(page, 'utf8'), reference());
});

test('the reference of errors is what the lists say: run `node .ci/write-errors.ts`', () => {
  assert.equal(readFileSync(join(templates, 'errors.md'), 'utf8'), errors());
});

test('the reference of metrics is what the tables say: run `node .ci/write-metrics.ts`', () => {
  assert.equal(readFileSync(join(templates, 'metrics.md'), 'utf8'), metricsPage());
});

test('every setting of the reference has a meaning', () => {
  const rows = readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  // A mapping of names to values is explained one line above its values.
  const mute = rows.filter((row) => / \|\s*\|$/.test(row) && !row.includes('.dial.<name>'));
  assert.deepEqual(mute, []);
});
