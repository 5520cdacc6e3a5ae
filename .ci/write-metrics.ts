// Writes templates/metrics.md: every metric and every condition of readiness, from the lists that the programs use. Run
// it after a change of one; a test fails until it was run.

import { writeFileSync } from 'node:fs';
import { conditionTable as botConditions } from '../bot/observe/conditions.ts';
import { botMetrics } from '../bot/observe/metrics.ts';
import type { LabelValues, MetricTable } from '../relay/metrics.ts';
import { conditionTable as relayConditions } from '../relay/server/conditions.ts';
import { relayMetrics } from '../relay/server/metrics.ts';

const path = new URL('../templates/metrics.md', import.meta.url);

/** The page as the lists of today make it. */
export function metricsPage(): string {
  const parts = [
    '<!-- Written by .ci/write-metrics.ts from the lists in the code; changes belong there. -->',
    '# Reference of metrics and conditions',
    'Served at `/metrics` and `/readyz` on the address that `metrics` names in `bot.yml` and `relay.yml`. No label holds a person, a resource, a grant, an issue or a repository.',
    '## Metrics of the bot',
    metrics(botMetrics),
    '## Metrics of a relay',
    metrics(relayMetrics),
    '## Conditions of the bot',
    'Only a condition that counts makes `/readyz` answer 503; before the App is created `app` counts as well. The others fail while GitHub or a relay is down, when the bot has to stay where its relays reach it: they are there to be alerted on.',
    conditions(
      Object.entries(botConditions).map(([name, condition]) => ({
        name,
        counts: condition.counts,
        limit: 'limitSeconds' in condition ? `${condition.limitSeconds} s` : '',
        sentence: condition.sentence,
      })),
    ),
    '## Conditions of a relay',
    'All of them count: without one no session is admitted.',
    conditions(
      Object.entries(relayConditions).map(([name, { sentence }]) => ({
        name,
        counts: true,
        limit: name === 'lease' ? '`limits.lease-seconds`' : '',
        sentence,
      })),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

function metrics(metrics: MetricTable): string {
  const rows = Object.entries(metrics).map(([name, { type, labels = {}, sentence }]) => [
    `\`${name}\``,
    type,
    Object.keys(labels)
      .map((label) => `\`${label}\``)
      .join(', '),
    sentence,
  ]);
  return [table(['Metric', 'Type', 'Labels', 'Meaning'], rows), 'Values:', values(metrics)].join(
    '\n\n',
  );
}

function values(metrics: MetricTable): string {
  const lines = Object.entries(metrics).flatMap(([name, { labels = {} }]) =>
    Object.entries(labels).map(
      ([label, given]) => `- \`${label}\` of \`${name}\`: ${described(given)}`,
    ),
  );
  return lines.join('\n');
}

function described(given: LabelValues): string {
  if ('named' in given) return `${given.named}; the hundred and first counts as \`other\`.`;
  return `${given.map((value) => `\`${value}\``).join(', ')}.`;
}

interface Row {
  readonly name: string;
  readonly counts: boolean;
  readonly limit: string;
  readonly sentence: string;
}

function conditions(rows: readonly Row[]): string {
  return table(
    ['Condition', 'Counts', 'Limit', 'Meaning'],
    rows.map(({ name, counts, limit, sentence }) => [
      `\`${name}\``,
      counts ? 'yes' : 'no',
      limit,
      sentence,
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

if (process.argv[1] === import.meta.filename) writeFileSync(path, metricsPage());
