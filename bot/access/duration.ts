// Durations as people write them: `90m`, `2h`, `1d2h`, or ISO 8601 `PT2H`. Read strictly: a day is 24 hours,
// months and years have no length, and nothing is rounded or guessed.

export type DurationReading =
  | { readonly kind: 'valid'; readonly ms: number }
  | { readonly kind: 'invalid'; readonly reason: DurationFault };

export type DurationFault = 'not-a-duration' | 'not-positive' | 'too-long' | 'no-months-or-years';

/** Nothing in Sallyport lasts longer than this: 365 days, in milliseconds. */
export const maxDurationMs = 365 * 24 * 60 * 60 * 1000;
/** What waits for its first use waits no longer: it would be used by somebody whom nobody thinks of any more. */
export const maxUseWithinMs = 7 * 24 * 60 * 60 * 1000;

const short = /^(?=.)(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?$/;
const iso = /^P(?=.)(?:\d{1,6}D)?(?:T(?=.)(?:\d{1,6}H)?(?:\d{1,6}M)?(?:\d{1,9}S)?)?$/;
/** For schemas: what has the form of a duration. Whether it is one of some length, readDuration says. */
export const durationPattern = `(${short.source})|(${iso.source})`;
const calendar = /^P\d+[YMW]/;

/** Reads one duration; never throws. Seconds exist only in the ISO form. */
export function readDuration(text: string): DurationReading {
  if (calendar.test(text)) return { kind: 'invalid', reason: 'no-months-or-years' };
  const written = toIso(text);
  if (written === undefined) return { kind: 'invalid', reason: 'not-a-duration' };

  const ms = Temporal.Duration.from(written).total('milliseconds');
  if (ms <= 0) return { kind: 'invalid', reason: 'not-positive' };
  if (ms > maxDurationMs) return { kind: 'invalid', reason: 'too-long' };
  return { kind: 'valid', ms };
}

/** For people: `2 h`, `1 h 30 min`, `10 s`. Parts of a second are left out, but never all of it: `0 s`. */
export function formatDuration(ms: number): string {
  const { days, hours, minutes, seconds } = parts(ms);
  const words = [
    [days, 'd'],
    [hours, 'h'],
    [minutes, 'min'],
    [seconds, 's'],
  ] as const;
  return (
    words
      .filter(([count]) => count > 0)
      .map(([count, unit]) => `${count} ${unit}`)
      .join(' ') || '0 s'
  );
}

/** For a command line: the shortest form that readDuration reads back as the same time. */
export function durationArgument(ms: number): string {
  const { days, hours, minutes, seconds } = parts(ms);
  if (seconds > 0) return `PT${Math.floor(ms / 1000)}S`;
  return `${days ? `${days}d` : ''}${hours ? `${hours}h` : ''}${minutes ? `${minutes}m` : ''}`;
}

function toIso(text: string): string | undefined {
  if (iso.test(text)) return text;
  const match = short.exec(text);
  if (!match) return undefined;
  const [, days = '0', hours = '0', minutes = '0'] = match;
  return `P${days}DT${hours}H${minutes}M`;
}

function parts(ms: number) {
  const total = Math.max(0, Math.floor(ms / 1000));
  return {
    days: Math.floor(total / 86_400),
    hours: Math.floor(total / 3600) % 24,
    minutes: Math.floor(total / 60) % 60,
    seconds: total % 60,
  };
}
