// What the operator's address says while the bot waits for its App: that it is not ready, and why. Whatever else the bot
// measures is not known yet.

import { openMetrics } from '../../relay/metrics.ts';
import type { Condition, MetricsServerParts } from '../../relay/metrics-server.ts';
import { conditionNames, conditionTable, type ConditionName } from '../observe/conditions.ts';
import { botMetrics } from '../observe/metrics.ts';

const { sallyport_bot_condition } = botMetrics;
const missing: ConditionName = 'app';

/** Without an App the bot serves nobody, so that here it counts. */
const condition: Condition = {
  name: missing,
  holds: false,
  counts: true,
  sentence: conditionTable[missing].sentence,
  found: 'there is no App yet: open the address that the bot printed when it started',
};

export function watchSetup(failed: MetricsServerParts['failed']) {
  const metrics = openMetrics({ sallyport_bot_condition });
  for (const name of conditionNames)
    metrics.set('sallyport_bot_condition', { condition: name }, name === missing ? 0 : Number.NaN);
  return { metrics: async () => metrics.text(), conditions: async () => [condition], failed };
}
