// Where the operator reads figures and conditions, while the bot runs and while it waits for its App.

import { listenFault } from '../../relay/listen-fault.ts';
import {
  serveMetrics,
  type MetricsServer,
  type MetricsServerParts,
} from '../../relay/metrics-server.ts';
import { StartFault } from '../start-fault.ts';

/** Listens where the settings say. Throws StartFault when the address is taken or may not be used. */
export async function serveFigures(
  listen: MetricsServerParts['listen'],
  parts: Omit<MetricsServerParts, 'listen'>,
): Promise<MetricsServer> {
  try {
    return await serveMetrics({ listen, ...parts });
  } catch (error) {
    const fault = listenFault(error, { ...listen, setting: 'metrics' });
    throw new StartFault([fault], { cause: error });
  }
}
