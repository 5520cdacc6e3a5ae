// The helper that outlives whoever started it, by a moment: it reads what its parent owns from
// standard input and, when that closes, ends the processes, removes the folders and ends itself.
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { PoliteSignal, ReaperMessage } from './reaper.ts';

// Long enough for a database to shut down; after that it is ended without being asked.
const graceMs = 2_000;
const pollMs = 20;

const groups = new Map<number, PoliteSignal>();
const folders = new Set<string>();

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line) as ReaperMessage;
  if (message.kind === 'process') groups.set(message.group, message.signal);
  if (message.kind === 'ended') groups.delete(message.group);
  if (message.kind === 'folder') folders.add(message.path);
  if (message.kind === 'removed') folders.delete(message.path);
}

for (const [group, polite] of groups) signal(group, polite);
const deadline = performance.now() + graceMs;
// The processes are not our children, so there is no event to wait for; asking is all one can do.
while (performance.now() < deadline && [...groups.keys()].some((group) => signal(group, 0))) {
  await delay(pollMs);
}
for (const group of groups.keys()) signal(group, 'SIGKILL');
for (const folder of folders) {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** False when nothing of the group is left. */
function signal(group: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, name);
  } catch {
    return false;
  }
}
