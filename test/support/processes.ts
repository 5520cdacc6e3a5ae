// Programs as processes of their own: started, watched, ended. Waiting is on what they print or on
// their end, never on time passing. Each runs in a process group of its own with a small environment,
// so that neither the terminal's interrupt nor the settings of whoever runs the tests reach it, and
// is ended with everything it started, also when we are killed ourselves (see reaper.ts).
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { endAfterUs, forgetGroup, type PoliteSignal } from './reaper.ts';

export interface Program {
  /** Called so in messages. */
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  /** Added to PATH, HOME and the like; nothing else of ours is handed on. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** What asks it to end; SIGTERM unless the program means something else by it. */
  readonly stopSignal?: PoliteSignal;
  readonly onLine?: (line: Line) => void;
}

export interface Line {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningProcess extends AsyncDisposable {
  readonly pid: number;
  /** Its end, with all output read. */
  readonly exited: Promise<Exit>;
  /** What it has printed so far, one line after another; `stream` narrows it to one of the two. */
  output(stream?: Line['stream']): string;
  /** The first line, past or coming, that `match` makes something of. Rejects when it ends or `withinMs` pass first. */
  line<T>(match: (text: string) => T | undefined, withinMs?: number): Promise<T>;
  write(text: string): void;
  signal(name: NodeJS.Signals): void;
  /** Asks it to end, and after `graceMs` makes it; resolves when it has ended, at once when it had before. */
  stop(graceMs?: number): Promise<Exit>;
  /** Ends it, and everything it started, without asking. */
  kill(): Promise<Exit>;
}

const maxLines = 20_000; // a demo left running for a week must not fill the memory
const defaultWaitMs = 20_000;
const defaultGraceMs = 5_000;

/** Starts a program; a command that cannot be started rejects. */
export async function startProcess(program: Program): Promise<RunningProcess> {
  const child = spawn(program.command, program.args ?? [], {
    detached: true,
    stdio: 'pipe',
    env: { ...smallEnvironment(), ...program.env },
    ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
    ...(program.uid === undefined ? {} : { uid: program.uid }),
    ...(program.gid === undefined ? {} : { gid: program.gid }),
  });
  const pid = await spawned(child);
  endAfterUs(pid, program.stopSignal ?? 'SIGTERM');
  child.stdin.on('error', () => undefined); // it may end before it has read all of it

  const lines: Line[] = [];
  const watchers = new Set<(line: Line) => void>();
  const add = (line: Line): void => {
    lines.push(line);
    if (lines.length > maxLines) lines.shift();
    program.onLine?.(line);
    for (const watch of watchers) watch(line);
  };
  const read = [follow(child.stdout, 'stdout', add), follow(child.stderr, 'stderr', add)];
  const group = groupOf(pid);
  const exited = ended(child, group, Promise.all(read));

  function line<T>(match: (text: string) => T | undefined, withinMs = defaultWaitMs): Promise<T> {
    for (const { text } of lines) {
      const found = match(text);
      if (found !== undefined) return Promise.resolve(found);
    }
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const fail = (why: string): void => {
      reject(new Error(`${program.name} ${why}. It printed:\n${text(lines.slice(-40))}`));
    };
    const timer = setTimeout(() => fail(`did not print that within ${withinMs} ms`), withinMs);
    const watch = ({ text }: Line): void => {
      const found = match(text);
      if (found !== undefined) resolve(found);
    };
    watchers.add(watch);
    void exited.then(({ code, signal }) => fail(`ended first (${signal ?? code})`));
    return promise.finally(() => {
      clearTimeout(timer);
      watchers.delete(watch);
    });
  }

  function stop(graceMs = defaultGraceMs): Promise<Exit> {
    group.signal(program.stopSignal ?? 'SIGTERM');
    const timer = setTimeout(() => group.signal('SIGKILL'), graceMs);
    return exited.finally(() => clearTimeout(timer));
  }

  function kill(): Promise<Exit> {
    group.signal('SIGKILL');
    return exited;
  }

  return {
    pid,
    exited,
    output: (stream) => text(stream ? lines.filter((each) => each.stream === stream) : lines),
    line,
    write: (words) => void child.stdin.write(words),
    signal: (name) => void child.kill(name),
    stop,
    kill,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

// A shell's settings, a proxy or SALLYPORT_… of whoever runs the tests must not change the outcome.
function smallEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TERM', 'SystemRoot', 'TEMP', 'USERPROFILE'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function spawned(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid ?? 0));
  });
}

async function follow(
  from: Readable,
  stream: Line['stream'],
  add: (line: Line) => void,
): Promise<void> {
  for await (const text of createInterface({ input: from })) add({ stream, text });
}

async function ended(child: ChildProcess, group: Group, allRead: Promise<unknown>): Promise<Exit> {
  const exit = await new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      // What it started may hold its output open; without this, waiting for the last line never ends.
      group.end();
      resolve({ code, signal });
    });
  });
  await allRead;
  return exit;
}

interface Group {
  signal(name: NodeJS.Signals): void;
  /** Kills what is left of it, once; from then on its number may belong to somebody else. */
  end(): void;
}

function groupOf(pid: number): Group {
  let isOver = false;
  function signal(name: NodeJS.Signals): void {
    if (isOver) return;
    try {
      process.kill(-pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  return {
    signal,
    end() {
      signal('SIGKILL');
      isOver = true;
      forgetGroup(pid);
    },
  };
}

function text(lines: readonly Line[]): string {
  return lines.map((line) => line.text).join('\n');
}
