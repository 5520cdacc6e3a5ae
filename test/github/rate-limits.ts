// Counts each caller's requests in windows of an hour, for the x-ratelimit-* headers, and says when
// the hour's allowance is used up. REST and GraphQL are counted apart, as GitHub does. Secondary limits
// are not modelled: a fault of kind `answer` speaks their words.
import type { components } from '@octokit/openapi-types';

export type Rate = components['schemas']['rate-limit'];
/** GitHub's names for its allowances: REST and GraphQL. */
export type Resource = 'core' | 'graphql';

export interface RateLimits {
  /** The caller's figures after counting `cost` more requests; `remaining` never falls below zero. */
  count(caller: string, resource: Resource, cost: 0 | 1): Rate;
}

const windowMs = 3_600_000;

/** `perHour` is what GitHub gives one installation. */
export function createRateLimits(now: () => Date, perHour = 5000): RateLimits {
  const windows = new Map<string, { used: number; endsAtMs: number }>();
  return {
    count(caller, resource, cost) {
      const nowMs = now().getTime();
      const key = `${resource} ${caller}`;
      const known = windows.get(key);
      const window =
        known && known.endsAtMs > nowMs ? known : { used: 0, endsAtMs: nowMs + windowMs };
      window.used += cost;
      windows.set(key, window);
      const remaining = Math.max(0, perHour - window.used);
      const reset = Math.ceil(window.endsAtMs / 1000);
      return { limit: perHour, used: window.used, remaining, reset };
    },
  };
}
