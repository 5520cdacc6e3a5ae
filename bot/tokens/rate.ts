// How many requests one address may make in a minute. It counts addresses and nothing else: a limit that counted grants
// or people would let a stranger lock somebody out by naming them.

import { addressBucket, createExpiring } from './expiring.ts';

export const rateLimits = {
  /** Requests to the authorization and token endpoints from one address (or IPv6 /64) in a minute. */
  maxRequestsPerMinute: 120,
  /** Addresses counted at a time. Past that, an address not yet seen has to wait: memory is the bound. */
  maxAddresses: 50_000,
} as const;

export interface Rate {
  /** False when this address has to wait. */
  allow(address: string, now: Date): boolean;
}

export function createRate(): Rate {
  const table = createExpiring<{ count: number }>({
    lifetimeMs: 60_000,
    maxEntries: rateLimits.maxAddresses,
  });
  return {
    allow(address, now) {
      const bucket = addressBucket(address);
      const seen = table.get(bucket, now);
      if (seen === undefined) return table.add(bucket, { count: 1 }, now);
      seen.count += 1;
      return seen.count <= rateLimits.maxRequestsPerMinute;
    },
  };
}
