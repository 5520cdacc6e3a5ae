// What the lines of the spool add up to: the events nobody has acknowledged, the sessions that are open with their last
// figures, and the next number. In memory; spool.ts puts it on disk and brings it back.

import { readRelayEvent } from '../control-messages.ts';
import type { RelayEvent, RelayEventBody } from '../control.ts';
import { isRecord, type JsonRecord } from '../jws.ts';

/** What a session has carried: bytes client → service, service → client, and TCP connections. */
export interface Figures {
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly connections: number;
}

interface OpenSession {
  readonly session: string;
  readonly gid: string;
  readonly figures: Figures;
}

export interface Ledger {
  /** The highest number given to an event that was taken. */
  readonly last: number;
  readonly acknowledged: number;
  /** Not acknowledged, in order. */
  readonly events: readonly RelayEvent[];
  openSessions(): OpenSession[];
  /** Gives an event the next number. */
  number(body: RelayEventBody, at: Date): RelayEvent;
  take(event: RelayEvent): void;
  checkpoint(figures: readonly (Figures & { readonly session: string })[]): void;
  /** A session that was open when the file was written anew. */
  restore(session: OpenSession): void;
  acknowledge(n: number): void;
  /** The lines that say all this, and nothing that is over. */
  write(): string;
}

/** Thrown for a file that is not what we wrote. */
export class SpoolError extends Error {
  readonly code = 'spool';
}

export function emptyLedger(): Ledger {
  const open = new Map<string, OpenSession>();
  let events: RelayEvent[] = [];
  let given = 0;
  let last = 0;
  let acknowledged = 0;

  return {
    get last() {
      return last;
    },
    get acknowledged() {
      return acknowledged;
    },
    get events() {
      return events;
    },
    openSessions: () => [...open.values()],
    number(body, at) {
      given += 1;
      return { n: given, at: at.toISOString(), ...body };
    },
    take(event) {
      last = event.n;
      given = Math.max(given, last);
      if (event.n > acknowledged) events.push(event);
      if (event.type === 'session.start') {
        open.set(event.session, { session: event.session, gid: event.gid, figures: nothing });
      } else if (event.type === 'session.end') {
        open.delete(event.session);
      }
    },
    checkpoint(figures) {
      for (const { session, bytesUp, bytesDown, connections } of figures) {
        const known = open.get(session);
        if (known) open.set(session, { ...known, figures: { bytesUp, bytesDown, connections } });
      }
    },
    acknowledge(n) {
      acknowledged = Math.max(acknowledged, n);
      // When the bot knows of more events than we do, our file was lost: go on behind its last number, or it would take
      // our next events for ones that it has.
      last = Math.max(last, n);
      given = Math.max(given, n);
      events = events.filter((event) => event.n > n);
    },
    restore: (session) => void open.set(session.session, session),
    write() {
      const lines = [
        { type: 'acknowledged', n: acknowledged },
        ...events,
        // Behind the events: a session whose start is among them would lose its figures again.
        ...Array.from(open.values(), ({ session, gid, figures }) => {
          return { type: 'open', session, gid, figures };
        }),
      ];
      return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    },
  };
}

/** Adds up a file. Throws SpoolError, naming the line, for one that we did not write. */
export function readLedger(text: string, path: string): Ledger {
  const ledger = emptyLedger();
  for (const [index, line] of text.split('\n').slice(0, -1).entries()) {
    if (!takeLine(ledger, line)) {
      throw new SpoolError(
        `${path}:${index + 1} cannot be understood. Keep a copy of the file, tell whoever audits, then remove it to start anew.`,
      );
    }
  }
  return ledger;
}

function takeLine(ledger: Ledger, line: string): boolean {
  const value = parse(line);
  if (value === undefined) return false;
  switch (value['type']) {
    case 'acknowledged':
      if (!isCount(value['n'])) return false;
      ledger.acknowledge(value['n']);
      return true;
    case 'checkpoint': {
      const { figures } = value;
      if (!Array.isArray(figures) || !figures.every(isSessionFigures)) return false;
      ledger.checkpoint(figures);
      return true;
    }
    case 'open': {
      const { session, gid, figures } = value;
      if (typeof session !== 'string' || typeof gid !== 'string' || !isFigures(figures))
        return false;
      ledger.restore({ session, gid, figures });
      return true;
    }
    default: {
      const event = readRelayEvent(value);
      if (event === undefined || event.n <= ledger.last) return false;
      ledger.take(event);
      return true;
    }
  }
}

const nothing: Figures = { bytesUp: 0, bytesDown: 0, connections: 0 };

function parse(line: string): JsonRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isFigures(value: unknown): value is Figures {
  if (!isRecord(value)) return false;
  return [value['bytesUp'], value['bytesDown'], value['connections']].every(isCount);
}

function isSessionFigures(value: unknown): value is Figures & { session: string } {
  return isFigures(value) && 'session' in value && typeof value.session === 'string';
}
