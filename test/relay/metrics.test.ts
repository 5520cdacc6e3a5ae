import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxNamedValues, openMetrics } from '../../relay/metrics.ts';
import { readExposition } from '../support/exposition.ts';

const table = {
  doors_opened_total: {
    type: 'counter',
    labels: { by: ['key', 'other'], relay: { named: 'the relays' } },
    sentence: 'How often.',
  },
  doors_open: {
    type: 'gauge',
    labels: { side: ['left', 'right'] },
    sentence: 'A sentence with a \\ and\na line.',
  },
  door_seconds: { type: 'histogram', buckets: [0.1, 1], sentence: 'How long.' },
} as const;

test('what has not happened yet is shown as zero, where it is known what could', () => {
  const { families } = readExposition(openMetrics(table).text());
  assert.deepEqual(
    families.get('doors_open')?.samples.map(({ value }) => value),
    [0, 0],
  );
  assert.deepEqual(families.get('doors_opened_total')?.samples, []);
  assert.equal(families.get('door_seconds')?.samples.length, 5);
});

test('a value that no list has counts as other, and so does one name too many', () => {
  const metrics = openMetrics(table);
  metrics.add('doors_opened_total', { by: 'a crowbar', relay: 'r0' });
  for (let n = 0; n < maxNamedValues + 50; n += 1)
    metrics.add('doors_opened_total', { by: 'key', relay: `r${n}` });
  const seen = readExposition(metrics.text());
  assert.equal(seen.value('doors_opened_total', { by: 'other', relay: 'r0' }), 1);
  assert.equal(seen.value('doors_opened_total', { by: 'key', relay: 'r99' }), 1);
  assert.equal(seen.value('doors_opened_total', { by: 'key', relay: 'other' }), 50);
  assert.equal(seen.families.get('doors_opened_total')?.samples.length, maxNamedValues + 2);
});

test('a histogram counts each value in every bucket that holds it', () => {
  const metrics = openMetrics(table);
  for (const seconds of [0.05, 0.1, 0.5, 7]) metrics.observe('door_seconds', {}, seconds);
  const seen = readExposition(metrics.text());
  const bucket = (le: string) => seen.value('door_seconds_bucket', { le });
  assert.deepEqual([bucket('0.1'), bucket('1'), bucket('+Inf')], [2, 3, 4]);
  assert.equal(seen.value('door_seconds_count'), 4);
  assert.equal(seen.value('door_seconds_sum'), 7.65);
});

test('text that would break a line is escaped', () => {
  const metrics = openMetrics(table);
  metrics.add('doors_opened_total', { by: 'key', relay: 'a"b\\c\nd' });
  const { families } = readExposition(metrics.text());
  const [sample] = families.get('doors_opened_total')?.samples ?? [];
  assert.equal(sample?.labels['relay'], 'a"b\\c\nd');
  assert.equal(families.get('doors_open')?.help, 'A sentence with a \\\\ and\\na line.');
});
