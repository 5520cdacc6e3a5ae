// Waits of the client's tests: on events, each with a bound, so that what never comes is named instead of hanging.

import { once, type EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { within } from '../../support/within.ts';

/** The next event of this name, with what came along; an 'error' that comes first rejects. */
export function soon(emitter: EventEmitter, event: string): ReturnType<typeof once> {
  return within(`the event "${event}"`, once(emitter, event));
}

/** The next piece of what comes on a connection. */
export async function textFrom(socket: Socket): Promise<string> {
  const [chunk] = (await soon(socket, 'data')) as [Buffer];
  return chunk.toString();
}

/** What a connection fails with, such as ECONNRESET. */
export async function errorCode(socket: Socket): Promise<string | undefined> {
  const [error] = (await soon(socket, 'error')) as [NodeJS.ErrnoException];
  return error.code;
}

/** Looks at once, and again whenever `changed` has this event, until there is something to see. */
export async function seen<T>(
  what: string,
  changed: EventEmitter,
  look: () => T | undefined,
): Promise<T> {
  const search = async (): Promise<T> => {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await once(changed, 'change');
    }
  };
  return within(what, search());
}
