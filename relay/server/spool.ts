// The relay's record of sessions, until the bot has it: an append-only file of JSON lines. Promises that an event whose
// append has resolved is on disk and reaches the bot, in order and at least once, whatever dies; and that a session
// which was open when the relay died is reported ended, once, with the last figures that were written down.

import { open, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { RelayEvent, RelayEventBody } from '../control.ts';
import { emptyLedger, readLedger, type Figures, type Ledger } from './ledger.ts';
import { syncFolder, writeWhole } from './whole-file.ts';

export interface Spool {
  /** Resolves when the event is on disk. Rejects when it could not be written; then it has not happened. */
  append(body: RelayEventBody): Promise<RelayEvent>;
  /** The figures of live sessions, in case this process dies. */
  checkpoint(figures: readonly (Figures & { readonly session: string })[]): Promise<void>;
  /** The bot has committed every event up to this one. False when it claims more than there ever were. */
  acknowledge(n: number): boolean;
  /** Events the bot has not acknowledged, after `n`, in order, at most `most`. */
  pending(after: number, most: number): RelayEvent[];
  pendingCount(): number;
  /** Called whenever new events are on disk. */
  onEvent(listener: () => void): void;
  /** A write failed: this process trusts the disk no more, and every append rejects. */
  isBroken(): boolean;
  /** Resolves when everything handed over so far is on disk, or could not be written. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export async function openSpool(dataFolder: string, now: () => Date): Promise<Spool> {
  const path = join(dataFolder, 'events.jsonl');
  const ledger = await recover(path);
  const file = await openAppender(path, ledger);
  let announce: () => void = () => undefined;

  async function append(body: RelayEventBody): Promise<RelayEvent> {
    // Numbered when its turn comes, so that a write that fails leaves no hole in the numbers.
    const numbered: { event?: RelayEvent } = {};
    await file.write({
      line: () => (numbered.event = ledger.number(body, now())),
      written: () => numbered.event && ledger.take(numbered.event),
    });
    announce();
    return numbered.event as RelayEvent;
  }

  // Whoever was open when the last process died did not outlive it.
  for (const { session, gid, figures } of ledger.openSessions()) {
    const reason = 'relay-restart';
    await append({ type: 'session.end', session, gid, reason, ...figures, inferred: true });
  }

  return {
    append,
    async checkpoint(figures) {
      if (figures.length === 0) return;
      await file.write({
        line: () => ({ type: 'checkpoint', figures }),
        written: () => ledger.checkpoint(figures),
      });
    },
    acknowledge(n) {
      const isKnown = n <= ledger.last;
      if (n <= ledger.acknowledged) return isKnown;
      ledger.acknowledge(n);
      // Nobody waits for this line: without it the bot is told again what it already has.
      file.write({ line: () => ({ type: 'acknowledged', n }) }).catch(() => undefined);
      file.compact();
      return isKnown;
    },
    pending: (after, most) => {
      const skipped = Math.max(0, after + 1 - (ledger.events[0]?.n ?? 0));
      return ledger.events.slice(skipped, skipped + most);
    },
    pendingCount: () => ledger.events.length,
    onEvent: (listener) => (announce = listener),
    isBroken: () => file.isBroken(),
    flush: () => file.flush(),
    close: () => file.close(),
  };
}

interface Entry {
  line(): object;
  written?(): void;
}

interface Appender {
  /** Entries of one turn of the event loop share one write and one fsync. */
  write(entry: Entry): Promise<void>;
  /** Writes the file anew when most of it is over. */
  compact(): void;
  isBroken(): boolean;
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** A smaller file is not worth writing anew. */
const compactAboveBytes = 1024 * 1024;

async function openAppender(path: string, ledger: Ledger): Promise<Appender> {
  let file = await open(path, 'a', 0o600);
  await syncFolder(path);
  let bytes = (await stat(path)).size;
  let compactAt = compactAboveBytes;
  let isBroken = false;
  let batch: Entry[] | undefined;
  let last: Promise<void> = Promise.resolve();

  /** One step after another. After one has failed none is tried: the state of the file is not known. */
  function inTurn(step: () => Promise<void>): Promise<void> {
    last = last.then(step).catch((error: unknown) => {
      isBroken = true;
      throw error;
    });
    last.catch(() => undefined);
    return last;
  }

  async function flush(entries: readonly Entry[]): Promise<void> {
    batch = undefined;
    const lines = entries.map((entry) => `${JSON.stringify(entry.line())}\n`);
    const text = Buffer.from(lines.join(''));
    await file.appendFile(text);
    await file.datasync();
    bytes += text.length;
    for (const entry of entries) entry.written?.();
  }

  async function rewrite(): Promise<void> {
    const text = ledger.write();
    if (Buffer.byteLength(text) * 2 < bytes) {
      await writeWhole(path, text);
      await file.close();
      file = await open(path, 'a', 0o600);
      bytes = Buffer.byteLength(text);
    }
    compactAt = Math.max(compactAboveBytes, bytes * 2);
  }

  return {
    write(entry) {
      if (batch === undefined) {
        const entries: Entry[] = [];
        batch = entries;
        void inTurn(() => flush(entries));
      }
      batch.push(entry);
      return last;
    },
    compact() {
      if (bytes < compactAt) return;
      // At most one at a time, and later entries go into a batch behind it.
      compactAt = Infinity;
      batch = undefined;
      inTurn(rewrite).catch(() => undefined);
    },
    isBroken: () => isBroken,
    flush: () => last.catch(() => undefined),
    async close() {
      await last.catch(() => undefined);
      await file.close();
    },
  };
}

/** Reads the file; a last line without its end is what a crash leaves, and is cut off. */
async function recover(path: string): Promise<Ledger> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return emptyLedger();
    throw error;
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) await truncate(path, Buffer.byteLength(whole));
  return readLedger(whole, path);
}
