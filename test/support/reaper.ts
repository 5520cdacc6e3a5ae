// Nothing is left behind, whatever happens to us. The first process or folder we own starts one small
// helper (reaper-main.ts) that holds the other end of a pipe; when that pipe closes, because we ended
// or were killed, it ends what we had not ended and removes what we had not removed.
// The programs under test need no branch for this: they never learn of it.
import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** How a process is asked to end before it is made to. */
export type PoliteSignal = 'SIGTERM' | 'SIGINT';

/** What we tell the helper, one JSON line each. */
export type ReaperMessage =
  | { kind: 'process'; group: number; signal: PoliteSignal }
  | { kind: 'ended'; group: number }
  | { kind: 'folder'; path: string }
  | { kind: 'removed'; path: string };

/** Ends the process group after us if it is still there. */
export function endAfterUs(group: number, signal: PoliteSignal): void {
  tell({ kind: 'process', group, signal });
}

/** The group has ended by itself: its number may soon belong to somebody else. */
export function forgetGroup(group: number): void {
  tell({ kind: 'ended', group });
}

export function removeAfterUs(path: string): void {
  tell({ kind: 'folder', path });
}

export function forgetFolder(path: string): void {
  tell({ kind: 'removed', path });
}

let pipe: Writable | undefined;

function tell(message: ReaperMessage): void {
  pipe ??= startReaper();
  pipe.write(`${JSON.stringify(message)}\n`);
}

function startReaper(): Writable {
  const main = fileURLToPath(new URL('./reaper-main.ts', import.meta.url));
  // A group of its own, so that the interrupt typed at a terminal ends us first and it last.
  const child = spawn(process.execPath, [main], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  });
  // Neither the helper nor the pipe keeps us alive: our own end is what it waits for.
  child.unref();
  (child.stdin as Writable & { unref(): void }).unref();
  child.stdin.on('error', () => undefined);
  return child.stdin;
}
