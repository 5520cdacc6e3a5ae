// A table in memory whose entries end by themselves and whose size has a bound: sign-ins, codes and counts of requests
// live here between two steps of a claim. It never makes room by dropping what is still alive, because then a stranger
// who knocks often enough could throw others out; when it is full it says so. What is in it is gone with the process.

import { isIPv6 } from 'node:net';

export interface Expiring<T> {
  /** False when the table is full of living entries. A key that is there already is replaced. */
  add(key: string, value: T, now: Date): boolean;
  get(key: string, now: Date): T | undefined;
  remove(key: string): void;
  values(now: Date): IteratorObject<T>;
}

export interface ExpiringLimits {
  readonly lifetimeMs: number;
  readonly maxEntries: number;
}

export function createExpiring<T>(limits: ExpiringLimits): Expiring<T> {
  const entries = new Map<string, { value: T; endsAtMs: number }>();

  // Every entry lives equally long, so the order of insertion is the order of ending.
  function sweep(now: Date): void {
    for (const [key, entry] of entries) {
      if (entry.endsAtMs > now.getTime()) return;
      entries.delete(key);
    }
  }

  return {
    add(key, value, now) {
      sweep(now);
      entries.delete(key);
      if (entries.size >= limits.maxEntries) return false;
      entries.set(key, { value, endsAtMs: now.getTime() + limits.lifetimeMs });
      return true;
    },
    get(key, now) {
      sweep(now);
      return entries.get(key)?.value;
    },
    remove: (key) => void entries.delete(key),
    values(now) {
      sweep(now);
      return entries.values().map((entry) => entry.value);
    },
  };
}

/**
 * Whom a limit counts as one: an IPv4 address, or the /64 network of an IPv6 address, since one household or one
 * attacker owns all 2^64 addresses of it (RFC 4291 §2.5.4).
 */
export function addressBucket(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.toLowerCase().split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  const groups = address.includes('::') ? [...left, ...zeros, ...right] : left;
  return `${groups.slice(0, 4).map(withoutLeadingZeros).join(':')}::/64`;
}

function withoutLeadingZeros(group: string): string {
  return group.replace(/^0+(?=.)/, '');
}
