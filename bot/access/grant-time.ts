// The time of a grant. It runs from the last approval, or waits for the first claim, as the policy's `clock` says. What
// waits is started once and before its deadline; it then lasts no longer than was given, and never beyond the moment that
// was named when it was given. Pure: what is stored and shown follows from these values.

import { withinHours, type WithinHours } from './hours.ts';

export type GrantTime = Running | Waiting;

/** Times are ISO 8601 in UTC. */
export interface Running {
  readonly kind: 'running';
  readonly startsAt: string;
  readonly endsAt: string;
}

/** Nobody has claimed it yet, so there is no token of it. */
interface Waiting {
  readonly kind: 'waiting';
  /** How long it lasts once it is started. */
  readonly durationMs: number;
  /** At this moment it expires, unless it was started before. */
  readonly useBy: string;
  /** However late it is started, it has ended by this moment. */
  readonly endsBy: string;
}

interface Timed {
  readonly time: GrantTime;
}

/** What is given at a moment. Where `useWithinMs` is left out, its time runs from that moment. */
export function giveTime(
  given: { readonly durationMs: number; readonly useWithinMs?: number | undefined },
  now: Date,
  hours: WithinHours,
): GrantTime {
  const { durationMs, useWithinMs } = given;
  const lastsMs = withinHours(durationMs, now, hours);
  if (useWithinMs === undefined) return runFrom(now, lastsMs);
  // Both within the hours it is given in: what nobody used by then is asked for anew.
  const useBy = after(now, withinHours(useWithinMs, now, hours));
  const endsBy = after(now, withinHours(useWithinMs + durationMs, now, hours));
  return { kind: 'waiting', durationMs: lastsMs, useBy, endsBy };
}

/** How the time runs when it is claimed at a moment before its deadline. What runs already goes on as it does. */
export function claimTime({ time }: Timed, now: Date, hours: WithinHours): Running {
  if (time.kind === 'running') return time;
  const leftMs = Date.parse(time.endsBy) - now.getTime();
  return runFrom(now, Math.min(withinHours(time.durationMs, now, hours), leftMs));
}

export function runFrom(now: Date, durationMs: number): Running {
  return { kind: 'running', startsAt: now.toISOString(), endsAt: after(now, durationMs) };
}

/** When time alone ends it, as it stands. */
export function expiresAt({ time }: Timed): string {
  return time.kind === 'running' ? time.endsAt : time.useBy;
}

/** No token of it outlives this moment, whoever claims it when: so long a revocation has to be remembered. */
export function lastMoment({ time }: Timed): string {
  return time.kind === 'running' ? time.endsAt : time.endsBy;
}

/** How long it lasts in all. */
export function lengthOf({ time }: Timed): number {
  if (time.kind === 'waiting') return time.durationMs;
  return Date.parse(time.endsAt) - Date.parse(time.startsAt);
}

/** A grant has ended at the very moment it names; a moment that cannot be read counts as past. */
export function hasEnded(grant: Timed, now: Date): boolean {
  return !(now.getTime() < Date.parse(expiresAt(grant)));
}

function after(now: Date, ms: number): string {
  return new Date(now.getTime() + ms).toISOString();
}
