// Which delivery, comment, request and grant the work under way is about, so that every line of the log can say so.
// Kept beside the call stack (AsyncLocalStorage) and not in loggers that are handed down: the client that calls GitHub
// is made once and long before a delivery comes, and the ledger and the claim are reached through a dozen functions
// that would carry a logger for nothing else. Nothing is decided by it: it is read for the log, and to note with a
// posting what caused it.

import { AsyncLocalStorage } from 'node:async_hooks';

export interface Trail {
  /** X-GitHub-Delivery. */
  readonly delivery?: string;
  readonly comment?: number;
  /** `r17`. */
  readonly request?: string;
  readonly grant?: string;
}

const trails = new AsyncLocalStorage<Trail & Record<string, unknown>>();

/** Runs work that is about these, and about what the work around it is about. */
export function follow<T>(ids: Trail, work: () => T): T {
  return trails.run({ ...trails.getStore(), ...ids }, work);
}

/** What is known from here on until the work is over. Outside of any it is not kept. */
export function learn(ids: Trail): void {
  Object.assign(trails.getStore() ?? {}, ids);
}

export function trail(): Trail {
  return { ...trails.getStore() };
}
