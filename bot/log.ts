// The bot's log: one JSON line for each thing told. Errors lose everything but their words and where they happened,
// because those of GitHub's libraries carry the request with its token and the event with what people wrote. Every line
// names the delivery, the comment, the request and the grant that the work was about, where these are known.

import { pino, type DestinationStream, type Logger } from 'pino';
import { trail } from './observe/trail.ts';

/** A log on standard output, or on `destination`. An error is given as `err`, or alone. */
export function openLog(destination?: DestinationStream): Logger {
  return pino(
    {
      level: 'info',
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: plainError },
      mixin: trail,
    },
    destination,
  );
}

/** What is told of an error. Members are named one by one: what a library hangs onto its errors next year stays out. */
function plainError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, code, status, cause } = error as Error & {
    code?: unknown;
    status?: unknown;
  };
  const parts = error instanceof AggregateError ? error.errors.map(plainError) : undefined;
  return { name, message, stack, code, status, parts, cause: cause && plainError(cause) };
}
