// The hours in which access is given and lasts: days of the week and times of day in a time zone, as policy writes them
// (`mon-fri 08:00-18:00 Europe/Berlin`). Pure over a moment; what a clock shows there, summer time included, is Temporal's.

import { maxDurationMs, maxUseWithinMs } from './duration.ts';
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

/** As a policy has them: null where access is given at any time. */
interface Ruled {
  readonly name: string;
  readonly hours: readonly OpenHours[] | null;
}

export interface WithinHours {
  readonly kind: 'open';
  /** When they close; null where they never do while anything that is given now could last. */
  readonly until: Date | null;
}

/** For what is given at any time. */
export const anyTime: WithinHours = { kind: 'open', until: null };

/** How the hours stand at a moment; those that meet are one. `opensAt` is undefined only where they never open. */
export function hoursAt(
  hours: Ruled['hours'],
  at: Date,
): WithinHours | { readonly kind: 'closed'; readonly opensAt: Date | undefined } {
  if (hours === null) return anyTime;
  const { isOpen, until } = stretchAt(hours, at.getTime());
  const ends = until === null ? null : new Date(until);
  return isOpen ? { kind: 'open', until: ends } : { kind: 'closed', opensAt: ends ?? undefined };
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

/** Milliseconds since 1970, as everything below. */
type Moment = number;

/** One stretch of time in which hours are open, or closed, as it is seen from any moment of it that is looked at. */
interface Stretch {
  readonly isOpen: boolean;
  /** When they close or open; null where that is never, or so late that nothing given now lasts until then. */
  readonly until: Moment | null;
  /** It is seen like this from this moment on, and before the other one. */
  readonly from: Moment;
  readonly before: Moment;
}

/**
 * The stretch that was looked at last, for each list: a policy never changes once it is read, and calendars are slow.
 * So the hours of an office are looked up twice a day, and not once for every decision.
 */
const lastStretches = new WeakMap<readonly OpenHours[], Stretch>();

function stretchAt(all: readonly OpenHours[], at: Moment): Stretch {
  const last = lastStretches.get(all);
  if (last && last.from <= at && at < last.before) return last;
  const stretch = findStretch(all, at);
  lastStretches.set(all, stretch);
  return stretch;
}

/** Nothing ends later than this after it is given: it waits for its first claim, and then it lasts. */
const longestMs = maxUseWithinMs + maxDurationMs;
/** Hours that never close are looked through this much further, so that the next days know it as well. */
const aheadMs = 24 * 60 * 60_000;

function findStretch(all: readonly OpenHours[], at: Moment): Stretch {
  const closes = openUntil(all, at, at + longestMs + aheadMs);
  if (closes === at) {
    const opens = opensNext(all, at);
    return { isOpen: false, until: opens ?? null, from: at, before: opens ?? Infinity };
  }
  const isFar = closes - at > longestMs;
  if (isFar) return { isOpen: true, until: null, from: at, before: closes - longestMs };
  return { isOpen: true, until: closes, from: at, before: closes };
}

/** When they close, or some moment beyond `enough` until which they are open; `now` while they are closed. */
function openUntil(all: readonly OpenHours[], now: Moment, enough: Moment): Moment {
  let until = now;
  while (until <= enough) {
    const later = Math.max(until, ...all.flatMap((hours) => endOf(hours, until) ?? []));
    if (later === until) break;
    until = later;
  }
  return until;
}

function opensNext(all: readonly OpenHours[], now: Moment): Moment | undefined {
  const starts = all.flatMap((hours) => nextStart(hours, now) ?? []);
  return starts.length === 0 ? undefined : Math.min(...starts);
}

/** When it ends that is open at a moment. */
function endOf(hours: OpenHours, at: Moment): Moment | undefined {
  const today = dateIn(hours.zone, at);
  if (!hours.days.includes(today.dayOfWeek)) return undefined;
  const end = moment(today, hours.to, hours.zone);
  return moment(today, hours.from, hours.zone) <= at && at < end ? end : undefined;
}

/** Clocks leave out an hour in a year, and a zone may leave out a day: what is due then comes a week later. */
const maxDaysUntilOpen = 14;

function nextStart(hours: OpenHours, now: Moment): Moment | undefined {
  const today = dateIn(hours.zone, now);
  for (let days = 0; days <= maxDaysUntilOpen; days += 1) {
    const day = today.add({ days });
    if (!hours.days.includes(day.dayOfWeek)) continue;
    const start = moment(day, hours.from, hours.zone);
    // What begins in an hour that the clock leaves out begins when the clock goes on, and may be over by then.
    if (start > now && endOf(hours, start) !== undefined) return start;
  }
  return undefined;
}

function dateIn(zone: string, at: Moment): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate();
}

/** When a clock there shows this first; where it leaves that out, when it goes on. */
function moment(day: Temporal.PlainDate, minutes: number, zone: string): Moment {
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
  return (change ?? shown).epochMilliseconds;
}

function invalid(message: string): HoursReading {
  return { kind: 'invalid', message };
}
