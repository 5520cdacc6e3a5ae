// What a write that failed means: what GitHub answered, and what became of the repository. Pure; what follows from it is
// the outbox's.

import type { ShutCause } from '../store/shut.ts';
import { isSuspended } from './calls.ts';
import { CoveredAnew, OutOfReach } from './coverage.ts';

export type WriteFault =
  /** To be waited out, by the whole installation. */
  | { readonly kind: 'limit'; readonly waitMs: number }
  /**
   * What an owner can undo: what was said meanwhile is then still to be shown, or the thread would go on telling of access
   * that has ended.
   */
  | { readonly kind: 'shut'; readonly cause: ShutCause }
  /** To be written as another installation. */
  | { readonly kind: 'covered-anew'; readonly installationId: number }
  /** A locked issue, a deleted one, a body GitHub will not have: asking again changes nothing. */
  | { readonly kind: 'refused'; readonly status: number }
  /** It failed on the way, and may have been carried out. */
  | { readonly kind: 'lost' };

/** After a limit that does not say when it ends: GitHub's documentation asks for a minute at least. */
const limitPauseMs = 60_000;
/** A limit that is over by GitHub's own clock is waited out all the same. */
const minLimitMs = 1_000;

interface ApiError {
  status?: number;
  message?: string;
  response?: { headers?: Record<string, string | number | undefined> };
}

export function writeFault(error: unknown): WriteFault {
  if (error instanceof CoveredAnew) {
    return { kind: 'covered-anew', installationId: error.installationId };
  }
  if (error instanceof OutOfReach) return { kind: 'shut', cause: 'out-of-reach' };
  const waitMs = retryAfterMs(error as ApiError);
  if (waitMs !== undefined) return { kind: 'limit', waitMs };
  const { status, message = '' } = error as ApiError;
  // GitHub tells these from a missing permission by its words alone.
  if (isSuspended(error)) return { kind: 'shut', cause: 'suspended' };
  if (status === 403 && /was archived/i.test(message)) return { kind: 'shut', cause: 'archived' };
  const isRefused = status === 403 || status === 404 || status === 410 || status === 422;
  return isRefused ? { kind: 'refused', status } : { kind: 'lost' };
}

/** How long GitHub asks to wait; undefined when its answer is about something else than a limit. */
function retryAfterMs({ status, message = '', response }: ApiError): number | undefined {
  const { headers = {} } = response ?? {};
  const seconds = Number(headers['retry-after']);
  if (headers['retry-after'] !== undefined && Number.isFinite(seconds)) return seconds * 1_000;
  if (String(headers['x-ratelimit-remaining']) === '0') {
    const resetMs =
      Number(headers['x-ratelimit-reset']) * 1_000 - Date.parse(String(headers['date']));
    return Number.isFinite(resetMs) ? Math.max(resetMs, minLimitMs) : limitPauseMs;
  }
  // A secondary limit need not say how long it lasts, and only its words tell it from a missing permission.
  return status === 429 || /secondary rate limit|abuse/i.test(message) ? limitPauseMs : undefined;
}
