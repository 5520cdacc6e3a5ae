// Where the operator reads figures and conditions, while the bot runs and while it waits for its App.

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
    const { code } = error as NodeJS.ErrnoException;
    const next = 'Choose another with metrics.host and metrics.port, or stop what listens there.';
    throw new StartFault([`Cannot listen on ${listen.host}:${listen.port} (${code}). ${next}`], {
      cause: error,
    });
  }
}
