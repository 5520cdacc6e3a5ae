// Counts each caller's requests in windows of an hour, for the x-ratelimit-* headers,
// and says when the hour's allowance is used up. Secondary limits are not modelled.
import type { components } from '@octokit/openapi-types';

export type Rate = components['schemas']['rate-limit'];

export interface RateLimits {
  /** The caller's figures after counting `cost` more requests; `remaining` never falls below zero. */
  count(caller: string, cost: 0 | 1): Rate;
}

const windowMs = 3_600_000;

/** `perHour` is what GitHub gives one installation. */
export function createRateLimits(now: () => Date, perHour = 5000): RateLimits {
  const windows = new Map<string, { used: number; endsAtMs: number }>();
  return {
    count(caller, cost) {
      const nowMs = now().getTime();
      const known = windows.get(caller);
      const window =
        known && known.endsAtMs > nowMs ? known : { used: 0, endsAtMs: nowMs + windowMs };
      window.used += cost;
      windows.set(caller, window);
      const remaining = Math.max(0, perHour - window.used);
      const reset = Math.ceil(window.endsAtMs / 1000);
      return { limit: perHour, used: window.used, remaining, reset };
    },
  };
}
