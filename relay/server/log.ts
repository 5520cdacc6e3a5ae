// The relay's log: JSON lines on standard output. Never a token, a proof, a key or a byte of what is carried: callers
// hand over named facts, and there is no call that takes a request or its headers.

import pino from 'pino';

export interface Log {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  /** Something that an honest bot and an honest network do not do, or that loses evidence. Somebody should look. */
  alarm(facts: object, message: string): void;
}

export function openLog(name: string): Log {
  const logger = pino({ base: { relay: name }, timestamp: pino.stdTimeFunctions.isoTime });
  return {
    info: (facts, message) => logger.info(facts, message),
    warn: (facts, message) => logger.warn(facts, message),
    alarm: (facts, message) => logger.error({ ...facts, alarm: true }, message),
  };
}
