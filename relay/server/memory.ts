// What the relay must not forget over a restart of what the bot said: how far it has listened, so that nothing old is
// believed again, and what was revoked. Kept in one small file, written whole and renamed. Writing never holds up a
// cut: `keep` returns at once, and the newest state wins.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Position, Revocation } from '../control.ts';
import { grantIdPattern } from '../grant.ts';
import { isRecord } from '../jws.ts';
import { writeWhole } from './whole-file.ts';

interface MemoryState {
  readonly position: Position | undefined;
  readonly revoked: readonly Revocation[];
}

export interface Memory {
  /** The newest, whether or not it is on disk yet. */
  state(): MemoryState;
  /** Soon on disk. A write that fails is told to `failed` and tried again with the next state. */
  keep(state: MemoryState): void;
  /** Resolves when everything kept is on disk, or could not be written. */
  flush(): Promise<void>;
}

/** Thrown when the file is there but is not ours to understand. */
export class MemoryError extends Error {
  readonly code = 'memory';
}

export async function openMemory(
  dataFolder: string,
  failed: (error: unknown) => void,
): Promise<Memory> {
  const path = join(dataFolder, 'control.json');
  let state = await readState(path);
  let next: MemoryState | undefined;
  let writing: Promise<void> = Promise.resolve();
  let isWriting = false;

  async function drain(): Promise<void> {
    while (next !== undefined) {
      const current = next;
      next = undefined;
      try {
        await writeWhole(path, `${JSON.stringify({ version: 1, ...current })}\n`);
      } catch (error) {
        failed(error);
      }
    }
    isWriting = false;
  }

  return {
    state: () => state,
    keep(newest) {
      state = newest;
      next = newest;
      if (isWriting) return;
      isWriting = true;
      writing = drain();
    },
    flush: () => writing,
  };
}

async function readState(path: string): Promise<MemoryState> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { position: undefined, revoked: [] };
  }
  const state = parseState(text);
  if (state !== undefined) return state;
  // It was written whole: what is unreadable now was touched. Starting afresh would believe old messages again.
  throw new MemoryError(
    `${path} cannot be understood. Restore it, or remove it when you are sure that nobody replays what the bot said.`,
  );
}

function parseState(text: string): MemoryState | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isRecord(value) || value['version'] !== 1) return undefined;
    const { position, revoked } = value;
    if (position !== undefined && !isPosition(position)) return undefined;
    if (!Array.isArray(revoked) || !revoked.every(isRevocation)) return undefined;
    return { position, revoked };
  } catch {
    return undefined;
  }
}

function isPosition(value: unknown): value is Position {
  return (
    isRecord(value) && Number.isSafeInteger(value['epoch']) && Number.isSafeInteger(value['seq'])
  );
}

function isRevocation(value: unknown): value is Revocation {
  if (!isRecord(value)) return false;
  const { gid, until } = value;
  return typeof gid === 'string' && grantIdPattern.test(gid) && Number.isSafeInteger(until);
}
