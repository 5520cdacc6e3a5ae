// The hours in which access is given and lasts: days of the week and times of day in a time zone, as policy writes them
// (`mon-fri 08:00-18:00 Europe/Berlin`). Pure over a moment; what a clock shows there, summer time included, is Temporal's.

import type { Refused, Trail } from './explain.ts';
import { refuse } from './reasons.ts';

/** One stretch of each of some days. `from` and `to` are minutes after midnight; 1,440 is the next midnight. */
export interface OpenHours {
  /** 1 is Monday, 7 is Sunday. */
  readonly days: readonly number[];
  readonly from: number;
  readonly to: number;
  /** A name of the IANA time zone database. */
  readonly zone: string;
  /** As it was written. */
  readonly text: string;
}

export type HoursReading =
  | { readonly kind: 'valid'; readonly hours: OpenHours }
  | { readonly kind: 'invalid'; readonly message: string };

const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const dayMinutes = 24 * 60;
const example = 'mon-fri 08:00-18:00 Europe/Berlin';

export function readHours(text: string): HoursReading {
  const [days = '', times = '', zone = '', ...rest] = text.trim().split(/\s+/);
  if (zone === '' || rest.length > 0)
    return invalid(`Expected days, times and a zone: ${example}.`);
  const named = readDays(days.toLowerCase());
  if (!named) return invalid(`Expected days such as mon-fri or sat,sun, as in ${example}.`);
  const [from, to] = times.split('-').map(readTime);
  if (from === undefined || to === undefined || !/^[^-]+-[^-]+$/.test(times))
    return invalid(`Expected times from 00:00 to 24:00, as in ${example}.`);
  if (from >= to)
    return invalid('Expected an end after the beginning; write a night as two entries.');
  if (!isZone(zone))
    return invalid(`Expected a time zone such as Europe/Berlin or UTC, as in ${example}.`);
  return { kind: 'valid', hours: { days: named, from, to, zone, text: text.trim() } };
}

/** The moment at which the hours close, or undefined while they are closed. Hours that meet are one. */
function openUntil(all: readonly OpenHours[], now: Date): Date | undefined {
  let until: Date | undefined;
  // No grant is longer than this.
  const horizon = now.getTime() + 366 * dayMinutes * 60_000;
  for (let at = now; at.getTime() <= horizon;) {
    const ends = all.flatMap((hours) => endOf(hours, at) ?? []);
    const latest = new Date(Math.max(...ends.map((end) => end.getTime())));
    if (ends.length === 0 || latest <= at) break;
    until = latest;
    at = latest;
  }
  return until;
}

/** The moment at which they open next; undefined where there are none. */
function opensNext(all: readonly OpenHours[], now: Date): Date | undefined {
  const starts = all.flatMap((hours) => nextStart(hours, now) ?? []);
  return starts.length === 0
    ? undefined
    : new Date(Math.min(...starts.map((each) => each.getTime())));
}

/** As a policy has them: null where access is given at any time. */
interface Ruled {
  readonly name: string;
  readonly hours: readonly OpenHours[] | null;
}

export interface WithinHours {
  readonly kind: 'open';
  /** When they close; null where they never do. */
  readonly until: Date | null;
}

/** For what is given at any time. */
export const anyTime: WithinHours = { kind: 'open', until: null };

/** How the hours stand at a moment. `opensAt` is undefined only where they never open. */
export function hoursAt(
  hours: Ruled['hours'],
  at: Date,
): WithinHours | { readonly kind: 'closed'; readonly opensAt: Date | undefined } {
  if (hours === null) return anyTime;
  const until = openUntil(hours, at);
  return until ? { kind: 'open', until } : { kind: 'closed', opensAt: opensNext(hours, at) };
}

/** Whether access may be given, or last, at a moment. */
export function judgeHours({ name, hours }: Ruled, at: Date, trail: Trail): WithinHours | Refused {
  const found = hoursAt(hours, at);
  if (found.kind === 'closed') {
    const opensAt = found.opensAt?.toISOString() ?? '';
    return trail.unmet('hours-are-open', refuse('outside-hours', { namespace: name, opensAt }));
  }
  return met(found, trail);
}

/** The same where nothing is given yet: asking is possible at any time, and is told when access is given. */
export function tellHours({ hours }: Ruled, at: Date, trail: Trail): WithinHours | undefined {
  const found = hoursAt(hours, at);
  if (found.kind === 'open') return met(found, trail);
  trail.met('hours-open-later', { opensAt: found.opensAt?.toISOString() ?? '' });
  return undefined;
}

function met(open: WithinHours, trail: Trail): WithinHours {
  if (open.until) trail.met('hours-are-open', { endsAt: open.until.toISOString() });
  return open;
}

/** How long something that begins at a moment may last: what was given, and no longer than the hours. */
export function withinHours(durationMs: number, from: Date, { until }: WithinHours): number {
  return until ? Math.min(durationMs, until.getTime() - from.getTime()) : durationMs;
}

function readDays(text: string): readonly number[] | undefined {
  const days = new Set<number>();
  for (const part of text.split(',')) {
    const [first, last = first, ...more] = part.split('-').map((name) => dayNames.indexOf(name));
    if (first === undefined || last === undefined || more.length > 0) return undefined;
    if (first < 0 || last < first) return undefined;
    for (let day = first; day <= last; day += 1) days.add(day + 1);
  }
  return [...days].toSorted((a, b) => a - b);
}

function readTime(text: string): number | undefined {
  const [, hours, minutes] = /^(\d\d):([0-5]\d)$/.exec(text) ?? [];
  const all = Number(hours) * 60 + Number(minutes);
  return all <= dayMinutes ? all : undefined;
}

function isZone(name: string): boolean {
  try {
    return (
      /^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/.test(name) &&
      new Temporal.PlainDate(2026, 1, 1).toZonedDateTime(name) !== undefined
    );
  } catch {
    return false;
  }
}

function endOf(hours: OpenHours, at: Date): Date | undefined {
  const today = dateIn(hours.zone, at);
  if (!hours.days.includes(today.dayOfWeek)) return undefined;
  const start = moment(today, hours.from, hours.zone);
  const end = moment(today, hours.to, hours.zone);
  return start <= at && at < end ? end : undefined;
}

/** Clocks leave out an hour in a year, and a zone may leave out a day: what is due then comes a week later. */
const maxDaysUntilOpen = 14;

function nextStart(hours: OpenHours, now: Date): Date | undefined {
  const today = dateIn(hours.zone, now);
  for (let days = 0; days <= maxDaysUntilOpen; days += 1) {
    const day = today.add({ days });
    if (!hours.days.includes(day.dayOfWeek)) continue;
    const start = moment(day, hours.from, hours.zone);
    // What begins in an hour that the clock leaves out begins when the clock goes on, and may be over by then.
    if (start > now && endOf(hours, start)) return start;
  }
  return undefined;
}

function dateIn(zone: string, at: Date): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime())
    .toZonedDateTimeISO(zone)
    .toPlainDate();
}

/** When a clock there shows this first; where it leaves that out, when it goes on. */
function moment(day: Temporal.PlainDate, minutes: number, zone: string): Date {
  const isMidnight = minutes === dayMinutes;
  const date = isMidnight ? day.add({ days: 1 }) : day;
  const plainTime = isMidnight
    ? new Temporal.PlainTime()
    : new Temporal.PlainTime(Math.floor(minutes / 60), minutes % 60);
  const wanted = date.toPlainDateTime(plainTime);
  // Where it is left out this is before the change of the clock, and shows less.
  const shown = wanted.toZonedDateTime(zone, { disambiguation: 'earlier' });
  const isLeftOut = !shown.toPlainDateTime().equals(wanted);
  const change = isLeftOut ? shown.getTimeZoneTransition('next') : null;
  return new Date((change ?? shown).epochMilliseconds);
}

function invalid(message: string): HoursReading {
  return { kind: 'invalid', message };
}
