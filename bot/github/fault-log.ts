// Faults of the catalog in the log: each once, until it is mended. Every reading finds them again, several times a
// minute, and a repository may point at hundreds of others that nobody means to bring in.

import type { Logger } from 'pino';
import { isOfConcern, type CatalogFault } from '../catalog/snapshot.ts';

/** More faults than these are not told one by one. */
const maxToldFaults = 20;

/** Tells what is new among the faults, of which these are all. */
export function openFaultLog(log: Logger): (faults: readonly CatalogFault[]) => void {
  let told: ReadonlySet<string> = new Set();
  return (faults) => {
    const now = new Map(faults.filter(isOfConcern).map((fault) => [JSON.stringify(fault), fault]));
    const news = [...now].flatMap(([key, fault]) => (told.has(key) ? [] : [fault]));
    for (const fault of news.slice(0, maxToldFaults)) log.warn({ fault }, 'a fault in the catalog');
    const more = news.length - maxToldFaults;
    if (more > 0) log.warn({ more }, 'more faults in the catalog');
    told = new Set(now.keys());
  };
}
