// Moments as people write them in a case or on a command line: ISO 8601 with an offset, or the clock of a place (RFC
// 9557), `2026-11-24T09:00[Europe/Berlin]`. One that a change of the clocks makes ambiguous is none.

export function readMoment(text: string): Date | undefined {
  try {
    const instant = text.includes('[')
      ? Temporal.ZonedDateTime.from(text, {
          disambiguation: 'reject',
          offset: 'reject',
        }).toInstant()
      : Temporal.Instant.from(text);
    return new Date(instant.epochMilliseconds);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
